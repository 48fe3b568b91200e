import { describe, expect, it } from 'vitest';
import { holdings, MARKER, PRICE_BYTES, priceAt, shuffled, seededRandom, WORKLOADS } from './workload.js';

describe('a price update', () => {
  const ticks = Array.from({ length: 5_000 }, (_, at) => at * 37);

  it('has the same length for every symbol at every tick', () => {
    const lengths = new Set(
      [0, 9, 63].flatMap((symbol) => ticks.map((tick) => JSON.stringify(priceAt(symbol, tick)).length)),
    );
    expect([...lengths]).toEqual([PRICE_BYTES]);
  });

  it('carries the marker once, in a field that moves with every tick', () => {
    for (const tick of ticks) {
      const before = priceAt(7, tick);
      const after = priceAt(7, tick + 1);
      expect(JSON.stringify(after).split(MARKER)).toHaveLength(2);
      expect(after.ts).not.toBe(before.ts);
      expect(after.price).not.toBe(before.price);
    }
  });
});

describe('holdings', () => {
  it('give every connection as many different symbols as the workload says', () => {
    const held = holdings(WORKLOADS.watchlist, 1);
    expect(held).toHaveLength(WORKLOADS.watchlist.connections);
    for (const symbols of held) expect(new Set(symbols).size).toBe(WORKLOADS.watchlist.held);
  });

  it('are the same for the same seed and differ between connections and seeds', () => {
    expect(holdings(WORKLOADS.watchlist, 1)).toEqual(holdings(WORKLOADS.watchlist, 1));
    expect(holdings(WORKLOADS.watchlist, 1)).not.toEqual(holdings(WORKLOADS.watchlist, 2));
    expect(new Set(holdings(WORKLOADS.watchlist, 1).map(String)).size).toBe(WORKLOADS.watchlist.connections);
  });
});

it('a shuffled list holds what the list held', () => {
  expect(shuffled([1, 2, 3, 4, 5], seededRandom(3)).sort()).toEqual([1, 2, 3, 4, 5]);
});
