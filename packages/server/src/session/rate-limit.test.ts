import { expect, test } from 'vitest';
import { TokenBucket, TokenBuckets } from './rate-limit.js';

test('a burst passes, then the rate; a refusal says how long to wait and costs nothing', () => {
  const bucket = new TokenBucket(50, 200, 0);
  for (let n = 0; n < 200; n++) expect(bucket.take(0)).toBe(0);
  expect(bucket.take(0)).toBe(20);
  expect(bucket.take(10)).toBe(10);
  expect(bucket.take(20)).toBe(0);
  expect(bucket.take(20)).toBe(20);
});

test('refusals are counted until half the burst is back', () => {
  const bucket = new TokenBucket(50, 200, 0);
  for (let n = 0; n < 205; n++) bucket.take(0);
  expect(bucket.refused).toBe(5);
  expect(bucket.take(1_000)).toBe(0);
  expect(bucket.refused).toBe(5);
  bucket.take(10_000);
  expect(bucket.refused).toBe(0);
});

test('time that goes back gives nothing and takes nothing', () => {
  const bucket = new TokenBucket(1, 1, 1_000);
  expect(bucket.take(1_000)).toBe(0);
  expect(bucket.take(0)).toBeGreaterThan(0);
  expect(bucket.take(1_000)).toBe(0);
});

test('a key has one bucket, and full ones are forgotten', () => {
  const buckets = new TokenBuckets();
  const first = buckets.of('ann', 1, 1, 0);
  first.take(0);
  expect(buckets.of('ann', 1, 1, 0)).toBe(first);
  for (let n = 0; n < 3_000; n++) buckets.of(`other ${n}`, 1, 1, 0);
  expect(buckets.of('ann', 1, 1, 0)).toBe(first);
});
