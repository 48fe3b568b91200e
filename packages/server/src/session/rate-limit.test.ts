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

test('no rate is no limit, not even of what comes at the same moment', () => {
  const bucket = new TokenBucket(Infinity, 2, 0);
  for (let n = 0; n < 10; n++) expect(bucket.take(0)).toBe(0);
  const endless = new TokenBucket(1, Infinity, 0);
  for (let n = 0; n < 10; n++) expect(endless.take(0, 1_000)).toBe(0);
});

test('the bucket of a key has the rate and burst of whoever came last', () => {
  const buckets = new TokenBuckets();
  const bucket = buckets.of('ann', 1, 2, 0);
  buckets.of('ann', 1_000, 100, 0);
  for (let n = 0; n < 100; n++) expect(bucket.take(0)).toBe(0);
  expect(bucket.take(0)).toBe(1);
});

test('coming back with other limits and returning to the old ones buys nothing', () => {
  const buckets = new TokenBuckets();
  const bucket = buckets.of('ann', 1, 100, 0);
  bucket.take(0, 80);
  for (const burst of [10, 1_000, 100]) buckets.of('ann', 1, burst, 0);
  expect(bucket.take(0, 100)).toBeGreaterThan(0);
  buckets.of('ann', 1, Infinity, 0);
  expect(bucket.take(0, 100)).toBe(0);
});
