// What a Coinbase capture ends with, in as few lines as it takes and with nothing of the demo: the judge of the replay.

export interface ReplayEnd {
  /** Per product: size by `side price`, strings as the exchange wrote them. */
  readonly books: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Per product: the last ticker message. */
  readonly tickers: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** `product id` of every match, in order. */
  readonly trades: readonly string[];
}

type Message = Readonly<Record<string, string>> & {
  readonly asks?: readonly (readonly [string, string])[];
  readonly bids?: readonly (readonly [string, string])[];
  readonly changes?: readonly (readonly [string, string, string])[];
};

export function replayReference(capture: string): ReplayEnd {
  const books = new Map<string, Map<string, string>>();
  const tickers = new Map<string, Message>();
  const trades: string[] = [];
  for (const line of capture.split('\n')) {
    const received = /^[\d.]+: (.*)$/.exec(line)?.[1];
    if (received === undefined) continue;
    const message = JSON.parse(received) as Message;
    const { type, product_id: product = '' } = message;
    if (type === 'snapshot') {
      const book = new Map<string, string>();
      for (const [price, size] of message.bids ?? []) book.set(`bid ${price}`, size);
      for (const [price, size] of message.asks ?? []) book.set(`ask ${price}`, size);
      books.set(product, book);
    } else if (type === 'l2update') {
      for (const [side, price, size] of message.changes ?? []) {
        const key = `${side === 'buy' ? 'bid' : 'ask'} ${price}`;
        if (Number(size) === 0) books.get(product)?.delete(key);
        else books.get(product)?.set(key, size);
      }
    } else if (type === 'ticker') tickers.set(product, message);
    else if (type === 'match') trades.push(`${product} ${message['trade_id']}`);
  }
  return { books, tickers, trades };
}
