// A made-up recording in the Coinbase format: small, seeded, and with the oddities real ones have.

const PRODUCTS = ['AAA-USD', 'BBB-EUR', 'CCC-BTC'] as const;

/** A generator of whole numbers below `limit`, the same for the same seed. */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * limit);
  };
}

/** Lines of a capture of `seconds` seconds. */
export function makeCapture(seed: number, seconds: number): string {
  const roll = dice(seed);
  const lines = ['wss://feed.example <-> 1000000.0', 'wss://feed.example <- 1000000.1: {"type":"subscribe"}'];
  let atSeconds = 1_000_000.5;
  let tradeId = 700;
  const say = (message: object): void => {
    lines.push(`${atSeconds.toFixed(6)}: ${JSON.stringify(message)}`);
  };
  const price = (): string => (100 + roll(60) / 10).toFixed(2);
  const size = (): string => (roll(5) === 0 ? '0.000' : (1 + roll(900) / 10).toFixed(3));
  const time = (): string => new Date(atSeconds * 1_000).toISOString();

  say({ type: 'subscriptions', channels: [] });
  for (const product_id of PRODUCTS) {
    const asks = Array.from({ length: 12 }, (_, index) => [(106 + index / 10).toFixed(2), '5.000']);
    const bids = Array.from({ length: 12 }, (_, index) => [(99 - index / 10).toFixed(2), '4.000']);
    say({ type: 'snapshot', product_id, asks, bids });
    say({
      type: 'last_match',
      trade_id: 1,
      product_id,
      price: '100.00',
      size: '1',
      side: 'buy',
      time: time(),
    });
  }
  while (atSeconds < 1_000_000.5 + seconds) {
    atSeconds += roll(40) / 1_000;
    const product_id = PRODUCTS[roll(PRODUCTS.length)] ?? PRODUCTS[0];
    const kind = roll(12);
    if (kind === 0) {
      const trade_id = tradeId++;
      say({ type: 'match', trade_id, product_id, price: price(), size: '1.5', side: 'sell', time: time() });
    } else if (kind === 1) {
      const [best_bid, best_ask] = [price(), price()];
      say({
        type: 'ticker',
        product_id,
        price: price(),
        best_bid,
        best_ask,
        open_24h: '99.50',
        time: time(),
      });
    } else if (kind === 2) {
      say({ type: 'auction', product_id, note: 'nobody knows this message' });
    } else {
      const changes = Array.from({ length: 1 + roll(3) }, () => [
        roll(2) === 0 ? 'buy' : 'sell',
        price(),
        size(),
      ]);
      say({ type: 'l2update', product_id, changes, time: time() });
    }
  }
  lines.push('', '');
  return lines.join('\n');
}
