import { describe, expect, test } from 'vitest';
import type { CaptureEntry } from './capture/capture.js';
import { createManualClock } from './manual-clock.js';
import { createReplay } from './replay.js';

const entry = (atMs: number, id: string): CaptureEntry => ({
  atMs,
  events: [{ type: 'trade', product: 'AAA-BBB', id, price: '1', size: '1', side: 'buy', timeMs: atMs }],
});
const entries = [entry(5_000, 'a'), entry(5_100, 'b'), entry(7_000, 'c')];

function play(options: {
  readonly speed: number;
  readonly once: boolean;
  readonly entries?: readonly CaptureEntry[];
}) {
  const clock = createManualClock();
  const seen: string[] = [];
  let finished = 0;
  const feed = createReplay({
    entries,
    ...options,
    clock,
    onEvent: (event, _atMs, pass) => {
      if (event.type === 'trade') seen.push(`${event.id}${pass}@${clock.monotonicMs()}`);
    },
    onFinished: () => finished++,
  });
  feed.start();
  return { clock, seen, feed, finished: () => finished };
}

describe('createReplay', () => {
  test('at speed 1 every entry comes at its recorded distance from the first', () => {
    const { clock, seen, finished } = play({ speed: 1, once: true });
    clock.advance(10_000);
    expect(seen).toEqual(['a1@0', 'b1@100', 'c1@2000']);
    expect(finished()).toBe(1);
  });

  test('at speed 10 it takes a tenth of the time', () => {
    const { clock, seen } = play({ speed: 10, once: true });
    clock.advance(10_000);
    expect(seen).toEqual(['a1@0', 'b1@10', 'c1@200']);
  });

  test('without a pace everything comes at once, in turns, and in order', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => entry(index * 1_000, `${index}`));
    const { clock, seen, finished } = play({ speed: Infinity, once: true, entries: many });
    clock.advance(0);
    expect(seen).toEqual(many.map((_, index) => `${index}1@0`));
    expect(finished()).toBe(1);
  });

  test('without once it begins again after a moment, and counts the passes', () => {
    const { clock, seen, finished } = play({ speed: 1, once: false });
    clock.advance(3_150);
    expect(seen).toEqual(['a1@0', 'b1@100', 'c1@2000', 'a2@3000', 'b2@3100']);
    expect(finished()).toBe(0);
  });

  test('a pause holds the recording where it is', () => {
    const { clock, seen, feed } = play({ speed: 1, once: true });
    clock.advance(1_000);
    feed.pause();
    expect(feed.isPaused()).toBe(true);
    clock.advance(60_000);
    feed.resume();
    clock.advance(999);
    expect(seen).toEqual(['a1@0', 'b1@100']);
    clock.advance(1);
    expect(seen).toEqual(['a1@0', 'b1@100', 'c1@62000']);
  });

  test('a pause from inside an event stops before the next one', () => {
    const clock = createManualClock();
    const seen: string[] = [];
    const feed = createReplay({
      entries,
      clock,
      speed: Infinity,
      once: true,
      onEvent: (event) => {
        if (event.type === 'trade') seen.push(event.id);
        feed.pause();
      },
      onFinished: () => seen.push('finished'),
    });
    feed.start();
    clock.advance(10);
    expect(seen).toEqual(['a']);
    feed.resume();
    clock.advance(10);
    feed.resume();
    clock.advance(10);
    feed.resume();
    clock.advance(10);
    expect(seen).toEqual(['a', 'b', 'c', 'finished']);
  });

  test('stop is final', () => {
    const { clock, seen, feed } = play({ speed: 1, once: true });
    clock.advance(50);
    feed.stop();
    feed.resume();
    clock.advance(60_000);
    expect(seen).toEqual(['a1@0']);
  });
});
