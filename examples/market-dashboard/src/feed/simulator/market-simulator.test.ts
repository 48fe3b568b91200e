import { describe, expect, test } from 'vitest';
import { canonicalDecimal, isZero, levelKey, type FeedEvent, type PriceLevel } from '../feed-event.js';
import { MarketSimulator, NATURAL_UPDATES_PER_SECOND } from './market-simulator.js';

function simulate(seed: number, seconds: number) {
  const simulator = new MarketSimulator({ seed, firstTradeId: 1_000 });
  const start = simulator.snapshot(0);
  const events: FeedEvent[] = [];
  simulator.advance(seconds, 0, seconds * 1_000, (event) => events.push(event));
  return { simulator, start, events };
}

/** The books as a receiver of the events would keep them. */
function replayBooks(events: readonly FeedEvent[]): Map<string, Map<string, PriceLevel>> {
  const books = new Map<string, Map<string, PriceLevel>>();
  for (const event of events) {
    if (event.type === 'bookSnapshot') books.set(event.product, new Map());
    const book = books.get(event.product) ?? new Map<string, PriceLevel>();
    const levels =
      event.type === 'bookSnapshot' ? event.levels : event.type === 'bookUpdate' ? event.changes : [];
    for (const level of levels) {
      if (isZero(level.size)) book.delete(levelKey(level.side, level.price));
      else book.set(levelKey(level.side, level.price), level);
    }
  }
  return books;
}

describe('MarketSimulator', () => {
  test('the same seed gives the same market, another seed another one', () => {
    expect(simulate(1, 30).events).toEqual(simulate(1, 30).events);
    expect(simulate(1, 30).events).not.toEqual(simulate(2, 30).events);
  });

  test('advancing in many steps gives the same market as one step', () => {
    const whole = simulate(1, 20).events;
    const simulator = new MarketSimulator({ seed: 1, firstTradeId: 1_000 });
    const events: FeedEvent[] = [];
    for (let step = 0; step < 200; step++) {
      simulator.advance(0.1, step * 100, step * 100 + 100, (event) => events.push(event));
    }
    const untimed = (event: FeedEvent): FeedEvent => ('timeMs' in event ? { ...event, timeMs: 0 } : event);
    expect(events.map(untimed)).toEqual(whole.map(untimed));
  });

  test('updates add up to the snapshot: no level is forgotten or left behind', () => {
    const { simulator, start, events } = simulate(3, 120);
    const kept = replayBooks([...start, ...events]);
    const fresh = replayBooks(simulator.snapshot(0));
    expect([...kept.keys()]).toEqual(simulator.products.map((product) => product.id));
    for (const [product, book] of fresh) {
      expect(Object.fromEntries([...(kept.get(product) ?? [])].sort())).toEqual(
        Object.fromEntries([...book].sort()),
      );
    }
  });

  test('a book is never crossed and never runs empty', () => {
    const { start, events } = simulate(4, 300);
    const tickers = [...start, ...events].filter((event) => event.type === 'ticker');
    expect(tickers.length).toBeGreaterThan(1_000);
    for (const { bid, ask } of tickers) {
      expect(bid).not.toBeNull();
      expect(ask).not.toBeNull();
      expect(Number(bid)).toBeLessThan(Number(ask));
    }
  });

  test('trade ids are consecutive over all products', () => {
    const trades = simulate(5, 120).events.filter((event) => event.type === 'trade');
    expect(trades.length).toBeGreaterThan(200);
    expect(new Set(trades.map((trade) => trade.product)).size).toBeGreaterThan(5);
    expect(trades.map((trade) => trade.id)).toEqual(trades.map((_, index) => String(1_000 + index)));
  });

  test('the natural rate is the stated one, and market orders come in clusters', () => {
    const { events } = simulate(6, 900);
    const rate = events.length / 900;
    expect(rate / NATURAL_UPDATES_PER_SECOND).toBeGreaterThan(0.85);
    expect(rate / NATURAL_UPDATES_PER_SECOND).toBeLessThan(1.15);
    const perSecond = new Array<number>(900).fill(0);
    for (const event of events) {
      if (event.type !== 'trade') continue;
      const second = Math.min(899, Math.floor(event.timeMs / 1_000));
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
    const mean = perSecond.reduce((sum, count) => sum + count, 0) / perSecond.length;
    const variance = perSecond.reduce((sum, count) => sum + (count - mean) ** 2, 0) / perSecond.length;
    // A Poisson process has variance = mean.
    expect(variance / mean).toBeGreaterThan(1.5);
  });

  test('prices keep their number of places and stay near their start for an hour', () => {
    const { simulator, events } = simulate(7, 3_600);
    for (const spec of simulator.products) {
      const last = events.findLast((event) => event.type === 'ticker' && event.product === spec.id);
      const price = last?.type === 'ticker' ? (last.last ?? '') : '';
      expect(price.split('.')[1]).toHaveLength(spec.priceDecimals);
      expect(Math.abs(Number(price) / spec.price - 1)).toBeLessThan(0.1);
    }
  });
});

describe('canonicalDecimal', () => {
  test('drops places that say nothing, and only those', () => {
    const pairs = [
      ['7.6100', '7.61'],
      ['7.00', '7'],
      ['100', '100'],
      ['0.00001305', '0.00001305'],
      ['0.0', '0'],
    ];
    for (const [given, canonical] of pairs) expect(canonicalDecimal(given ?? '')).toBe(canonical);
  });
});
