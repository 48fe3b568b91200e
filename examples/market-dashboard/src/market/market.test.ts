import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Candle, Level, Product, Ticker, Trade } from '../contract.js';
import { readCapture } from '../feed/capture/capture.js';
import type { BookSide, FeedEvent, PriceLevel } from '../feed/feed-event.js';
import { Market, type MarketOptions } from './market.js';

/** Applies what the market publishes, as a client of its channels would. */
function watch(options: Partial<MarketOptions> = {}) {
  const products = new Map<string, Product>();
  const tickers = new Map<string, Ticker>();
  const books = new Map<string, Map<string, Level>>();
  const candles = new Map<string, Map<string, Candle>>();
  const trades: Trade[] = [];
  const bookChanges: (readonly [number, number])[] = [];
  const market = new Market({
    wallMs: () => 42,
    candleIntervalMs: 1_000,
    candlesOf: 'trades',
    ...options,
    sink: {
      products: (upsert) => {
        for (const product of upsert) products.set(product.id, product);
      },
      ticker: (product, ticker) => tickers.set(product, ticker),
      book: (product, upsert, remove) => {
        bookChanges.push([upsert.length, remove.length]);
        const book = books.get(product) ?? new Map<string, Level>();
        books.set(product, book);
        for (const key of remove) expect(book.delete(key)).toBe(true);
        for (const level of upsert) book.set(level.key, level);
      },
      candles: (product, upsert, remove) => {
        const series = candles.get(product) ?? new Map<string, Candle>();
        candles.set(product, series);
        for (const key of remove) series.delete(key);
        for (const candle of upsert) series.set(candle.key, candle);
      },
      trade: (trade) => trades.push(trade),
    },
  });
  return { market, products, tickers, books, candles, trades, bookChanges };
}

const level = (side: BookSide, price: string, size: string): PriceLevel => ({ side, price, size });
const snapshot = (levels: readonly PriceLevel[], depth: number | null = null): FeedEvent => ({
  type: 'bookSnapshot',
  product: 'A-B',
  levels,
  depth,
});
const update = (...changes: readonly PriceLevel[]): FeedEvent => ({
  type: 'bookUpdate',
  product: 'A-B',
  changes,
  checksum: null,
});
const trade = (id: string, price: string, timeMs: number): FeedEvent => ({
  type: 'trade',
  product: 'A-B',
  id,
  price,
  size: '1',
  side: 'buy',
  timeMs,
});

describe('Market books', () => {
  test('an update of many levels is one change, and a removal of nothing is none', () => {
    const { market, books, bookChanges } = watch();
    market.apply(snapshot([level('bid', '1.10', '5'), level('ask', '1.20', '6')]), 0);
    market.apply(update(level('bid', '1.1', '0'), level('bid', '1.09', '7'), level('ask', '1.20', '8')), 1);
    market.apply(update(level('ask', '9.99', '0.000')), 2);
    expect(bookChanges).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect([...(books.get('A-B')?.values() ?? [])]).toEqual([
      { key: 'ask:1.2', side: 'ask', price: '1.20', size: '8' },
      { key: 'bid:1.09', side: 'bid', price: '1.09', size: '7' },
    ]);
  });

  test('a second snapshot replaces the book and names what went', () => {
    const { market, books, bookChanges } = watch();
    market.apply(snapshot([level('bid', '1', '5'), level('bid', '2', '5')]), 0);
    market.apply(snapshot([level('bid', '2', '6'), level('ask', '3', '1'), level('ask', '4', '0')]), 1);
    expect(bookChanges[1]).toEqual([2, 1]);
    expect([...(books.get('A-B')?.keys() ?? [])].sort()).toEqual(['ask:3', 'bid:2']);
  });

  test('a book of limited depth loses its worst level, and does not get it back by itself', () => {
    const { market, books } = watch();
    market.apply(snapshot([level('ask', '10', '1'), level('ask', '11', '1'), level('ask', '12', '1')], 2), 0);
    expect([...(books.get('A-B')?.keys() ?? [])]).toEqual(['ask:10', 'ask:11']);
    market.apply(update(level('ask', '9', '1')), 1);
    expect([...(books.get('A-B')?.keys() ?? [])].sort()).toEqual(['ask:10', 'ask:9']);
    market.apply(update(level('ask', '13', '1')), 2);
    market.apply(update(level('ask', '9', '0')), 3);
    expect([...(books.get('A-B')?.keys() ?? [])]).toEqual(['ask:10']);
  });

  test('a product is announced with its places, and a source without tickers gets one of its book', () => {
    const { market, products, tickers } = watch();
    market.apply(snapshot([level('bid', '1.105', '5.25'), level('ask', '1.2', '6')]), 5.5);
    expect(products.get('A-B')).toEqual({
      id: 'A-B',
      base: 'A',
      quote: 'B',
      order: 0,
      priceDecimals: 3,
      sizeDecimals: 2,
    });
    expect(tickers.get('A-B')).toMatchObject({
      last: null,
      bid: '1.105',
      ask: '1.2',
      timeMs: 6,
      publishedAtMs: 42,
    });
  });

  test('a ticker of the source is passed on as it came, and the book no longer makes its own', () => {
    const { market, tickers } = watch();
    const figures = { last: '1.1500', bid: '1.10', ask: '1.20', open24h: '1', high24h: null, low24h: null };
    market.apply({ type: 'ticker', product: 'A-B', ...figures, volume24h: '9.0', timeMs: 7 }, 0);
    market.apply(snapshot([level('bid', '2', '5'), level('ask', '3', '6')]), 0);
    expect(tickers.get('A-B')).toEqual({
      product: 'A-B',
      ...figures,
      volume24h: '9.0',
      timeMs: 7,
      publishedAtMs: 42,
    });
  });
});

describe('Market trades and candles', () => {
  test('a trade a recording holds twice is published once; another pass makes it another trade', () => {
    const { market, trades } = watch();
    market.apply(trade('7', '1', 0), 0);
    market.apply(trade('7', '1', 0), 0);
    market.apply(trade('7', '1', 0), 0, 2);
    expect(trades.map(({ id }) => id)).toEqual(['7', '7~2']);
  });

  test('candles open where the last one closed, stretch and close on the prices they saw', () => {
    const { market, candles } = watch();
    for (const [price, atMs] of [
      ['5.0', 1_000],
      ['7.10', 1_200],
      ['4.9', 1_900],
      ['6', 2_000],
    ] as const) {
      market.apply(trade(`${atMs}`, price, atMs), atMs);
    }
    market.publishCandles();
    expect([...(candles.get('A-B')?.values() ?? [])]).toEqual([
      { key: '1000', openMs: 1_000, open: '5.0', high: '7.10', low: '4.9', close: '4.9' },
      { key: '2000', openMs: 2_000, open: '4.9', high: '6', low: '4.9', close: '6' },
    ]);
  });

  test('old candles fall off, and another pass begins with none', () => {
    const { market, candles } = watch({ candlesKept: 2 });
    for (let second = 1; second <= 4; second++) {
      market.remember(trade(`${second}`, `${second}`, second * 1_000));
    }
    market.publishCandles();
    expect([...(candles.get('A-B')?.keys() ?? [])]).toEqual(['3000', '4000']);
    market.apply(trade('1', '1', 1_000), 1_000, 2);
    market.publishCandles();
    expect([...(candles.get('A-B')?.keys() ?? [])]).toEqual(['1000']);
  });
});

const captures = fileURLToPath(new URL('../../../../../shared/captures/', import.meta.url));
const recorded = (name: string): string => `${captures}${name}`;

describe.skipIf(!existsSync(captures))(
  'Market on recorded traffic, where it lies beside the checkout',
  () => {
    const replay = async (name: string) => {
      const capture = await readCapture(readFileSync(recorded(name), 'utf8').split('\n'));
      const watched = watch({ candlesOf: 'mid' });
      for (const entry of capture.entries) {
        for (const event of entry.events) watched.market.apply(event, entry.atMs);
      }
      return { ...watched, capture };
    };

    test("every checksum Kraken sent is met by our book, and every client's book holds the same levels", async () => {
      const { capture, market, books } = await replay('kraken-books.ws.txt');
      expect(market.checksums).toEqual({ matched: 4_269, failed: 0 });
      expect(capture.counts).toMatchObject({ unknown: 0, unreadable: 0 });
      for (const book of books.values()) {
        const bids = [...book.values()].filter(({ side }) => side === 'bid').length;
        expect(bids).toBeLessThanOrEqual(1_000);
        expect(bids).toBeGreaterThan(0);
      }
    });

    test('Coinbase: ten products, 97 trades, nothing that was not understood', async () => {
      const { capture, trades, tickers } = await replay('coinbase-l2-ticker-matches.ws.txt');
      expect(capture.products).toHaveLength(10);
      expect(new Set(trades.map(({ id }) => id)).size).toBe(97);
      expect(trades).toHaveLength(97);
      expect(tickers.size).toBe(10);
      expect(capture.counts).toMatchObject({ unknown: 0, unreadable: 0 });
    });
  },
);
