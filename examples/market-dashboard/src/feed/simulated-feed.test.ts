import { describe, expect, test } from 'vitest';
import type { FeedEvent } from './feed-event.js';
import { createManualClock } from './manual-clock.js';
import { createSimulatedFeed } from './simulated-feed.js';
import { MarketSimulator } from './simulator/market-simulator.js';

function run(updatesPerSecond: number) {
  const clock = createManualClock();
  const events: FeedEvent[] = [];
  const feed = createSimulatedFeed({
    simulator: new MarketSimulator({ seed: 5, firstTradeId: 1 }),
    clock,
    updatesPerSecond,
    onEvent: (event) => events.push(event),
  });
  feed.start();
  return { clock, events, feed };
}

describe('createSimulatedFeed', () => {
  test('keeps the asked rate on average', () => {
    const { clock, events } = run(200);
    clock.advance(60_000);
    expect(events.length / 60).toBeGreaterThan(180);
    expect(events.length / 60).toBeLessThan(220);
  });

  test('a new rate holds from the next step on', () => {
    const { clock, events, feed } = run(100);
    clock.advance(1_000);
    feed.setRate(10_000);
    const before = events.length;
    clock.advance(5_000);
    expect((events.length - before) / 5).toBeGreaterThan(7_500);
    expect((events.length - before) / 5).toBeLessThan(12_500);
  });

  test('a pause stops every event, and what was missed is not made up for', () => {
    const { clock, events, feed } = run(200);
    clock.advance(1_000);
    feed.pause();
    const before = events.length;
    clock.advance(600_000);
    expect(events.length).toBe(before);
    feed.resume();
    clock.advance(1_000);
    expect(events.length - before).toBeLessThan(1_000);
    expect(events.length).toBeGreaterThan(before);
  });

  test('trades carry the wall time of the step they happened in', () => {
    const { clock, events } = run(2_000);
    clock.advance(2_000);
    const times = events.flatMap((event) => (event.type === 'trade' ? [event.timeMs] : []));
    expect(times.length).toBeGreaterThan(10);
    expect(times).toEqual([...times].sort((one, two) => one - two));
    expect(times[0]).toBeGreaterThanOrEqual(1_700_000_000_000);
    expect(times.at(-1)).toBeLessThanOrEqual(clock.wallMs());
  });
});
