import { expect, test } from 'vitest';
import { timesOf } from './times.js';

test('percentiles are measurements that were made, not between two of them', () => {
  const measuredMs = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(timesOf(measuredMs)).toEqual({ count: 200, p50Ms: 100, p99Ms: 198, maxMs: 200 });
  expect(timesOf([7.4])).toEqual({ count: 1, p50Ms: 7, p99Ms: 7, maxMs: 7 });
});

test('one that never came is the greatest, and nothing measured is no measurement', () => {
  expect(timesOf([1, Infinity]).maxMs).toBe(Infinity);
  expect(() => timesOf([])).toThrow(RangeError);
});
