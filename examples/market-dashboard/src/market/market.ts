// From feed events to what the channels hold. Knows the contract's records, not the server that carries them.
import type { Candle, Level, Product, Ticker, Trade } from '../contract.js';
import type { BookUpdateEvent, Decimal, FeedEvent, TickerEvent } from '../feed/feed-event.js';
import { CandleSeries } from './candles.js';
import { FullBook } from './full-book.js';
import { krakenChecksum } from './kraken-checksum.js';

/** Where the market's state goes. */
export interface MarketSink {
  readonly products: (upsert: readonly Product[]) => void;
  readonly ticker: (product: string, ticker: Ticker) => void;
  readonly book: (product: string, upsert: readonly Level[], remove: readonly string[]) => void;
  readonly candles: (product: string, upsert: readonly Candle[], remove: readonly string[]) => void;
  readonly trade: (trade: Trade) => void;
}

export interface MarketOptions {
  readonly sink: MarketSink;
  readonly wallMs: () => number;
  readonly candleIntervalMs: number;
  readonly candlesOf: 'trades' | 'mid';
  /** @defaultValue 240 */
  readonly candlesKept?: number;
}

interface Entry {
  info: Product;
  readonly book: FullBook;
  readonly candles: CandleSeries;
  /** Trade ids of this pass: a recording of two connections may hold a trade twice. */
  readonly tradeIds: Set<string>;
  hasTicker: boolean;
  announced: string;
}

const TRADE_IDS_REMEMBERED = 100_000;

const placesOf = (decimal: Decimal): number => decimal.split('.')[1]?.length ?? 0;

export class Market {
  readonly checksums = { matched: 0, failed: 0 };
  readonly #entries = new Map<string, Entry>();
  readonly #options: Required<MarketOptions>;
  #pass = 1;

  constructor(options: MarketOptions) {
    this.#options = { candlesKept: 240, ...options };
  }

  /** Names products before they have data, so that the watch-list has its order from the start. */
  announce(products: readonly string[]): void {
    for (const product of products) this.#entry(product);
  }

  /** Applies one event that happened at `atMs` in its source's time, on run `pass` of the recording. */
  apply(event: FeedEvent, atMs: number, pass = 1): void {
    if (pass !== this.#pass) this.#beginPass(pass);
    const entry = this.#entry(event.product);
    switch (event.type) {
      case 'bookSnapshot': {
        const { upsert, remove } = entry.book.replace(event);
        this.#refine(entry, upsert);
        this.#options.sink.book(event.product, upsert, remove);
        this.#headChanged(entry, atMs);
        return;
      }
      case 'bookUpdate': {
        const { upsert, remove } = entry.book.update(event);
        this.#verify(entry, event);
        if (upsert.length > 0 || remove.length > 0) this.#options.sink.book(event.product, upsert, remove);
        this.#headChanged(entry, atMs);
        return;
      }
      case 'ticker':
        entry.hasTicker = true;
        this.#options.sink.ticker(event.product, this.#toTicker(event));
        return;
      case 'trade': {
        if (entry.tradeIds.has(event.id)) return;
        if (entry.tradeIds.size >= TRADE_IDS_REMEMBERED) entry.tradeIds.clear();
        entry.tradeIds.add(event.id);
        const { product, id, price, size, side, timeMs } = event;
        this.#options.sink.trade({
          product,
          id: pass === 1 ? id : `${id}~${pass}`,
          price,
          size,
          side,
          timeMs: Math.round(timeMs),
        });
        if (this.#options.candlesOf === 'trades') entry.candles.add(price, timeMs);
        return;
      }
    }
  }

  /** Lets candles know of trades that happened before anybody watched; publishes nothing. */
  remember(event: FeedEvent): void {
    if (event.type === 'trade') this.#entry(event.product).candles.add(event.price, event.timeMs);
  }

  /** Publishes the candles that changed since the last call. Called a few times a second, not once a trade. */
  publishCandles(): void {
    for (const [product, { candles }] of this.#entries) {
      const change = candles.take();
      if (change) this.#options.sink.candles(product, change.upsert, change.remove);
    }
  }

  #entry(product: string): Entry {
    const known = this.#entries.get(product);
    if (known) return known;
    const [base = product, quote = ''] = product.split(/[-/]/);
    const entry: Entry = {
      info: { id: product, base, quote, order: this.#entries.size, priceDecimals: 0, sizeDecimals: 0 },
      book: new FullBook(),
      candles: new CandleSeries({
        intervalMs: this.#options.candleIntervalMs,
        kept: this.#options.candlesKept,
      }),
      tradeIds: new Set(),
      hasTicker: false,
      announced: '',
    };
    this.#entries.set(product, entry);
    this.#options.sink.products([entry.info]);
    return entry;
  }

  /** A product is shown with as many places as its book uses. */
  #refine(entry: Entry, levels: readonly Level[]): void {
    let { priceDecimals, sizeDecimals } = entry.info;
    for (const { price, size } of levels) {
      priceDecimals = Math.max(priceDecimals, placesOf(price));
      sizeDecimals = Math.max(sizeDecimals, placesOf(size));
    }
    if (priceDecimals === entry.info.priceDecimals && sizeDecimals === entry.info.sizeDecimals) return;
    entry.info = { ...entry.info, priceDecimals, sizeDecimals };
    this.#options.sink.products([entry.info]);
  }

  #verify(entry: Entry, { checksum }: BookUpdateEvent): void {
    if (checksum === null) return;
    this.checksums[krakenChecksum(entry.book) === checksum ? 'matched' : 'failed'] += 1;
  }

  /** Best prices moved: candles of the middle follow, and a source without tickers gets one made of its book. */
  #headChanged(entry: Entry, atMs: number): void {
    const bid = entry.book.best('bid')?.price ?? null;
    const ask = entry.book.best('ask')?.price ?? null;
    const head = `${bid} ${ask}`;
    if (head === entry.announced) return;
    entry.announced = head;
    if (this.#options.candlesOf === 'mid' && bid !== null && ask !== null) {
      const mid = (Number(bid) + Number(ask)) / 2;
      entry.candles.add(mid.toFixed(entry.info.priceDecimals), atMs);
    }
    if (entry.hasTicker) return;
    this.#options.sink.ticker(
      entry.info.id,
      this.#toTicker({
        type: 'ticker',
        product: entry.info.id,
        last: null,
        bid,
        ask,
        open24h: null,
        high24h: null,
        low24h: null,
        volume24h: null,
        timeMs: Math.round(atMs),
      }),
    );
  }

  #toTicker({ type: _, timeMs, ...figures }: TickerEvent): Ticker {
    return {
      ...figures,
      timeMs: timeMs === null ? null : Math.round(timeMs),
      publishedAtMs: Math.round(this.#options.wallMs()),
    };
  }

  #beginPass(pass: number): void {
    this.#pass = pass;
    for (const entry of this.#entries.values()) {
      entry.candles.clear();
      entry.tradeIds.clear();
      entry.announced = '';
    }
  }
}
