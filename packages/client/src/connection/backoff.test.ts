import { describe, expect, test } from 'vitest';
import { RECONNECT_DEFAULTS, withDefaults, type ReconnectOptions } from '../options.js';
import { backoffDelayMs } from './backoff.js';
import { silenceLimitMs } from './liveness.js';

const delays = (options: ReconnectOptions, random = 0.5): number[] =>
  Array.from({ length: 8 }, (_, level) =>
    backoffDelayMs(withDefaults(RECONNECT_DEFAULTS, options), level, random),
  );

describe('backoffDelayMs', () => {
  test('full jitter by default: anywhere between nothing and the bound', () => {
    expect(delays({}, 0)).toEqual([
      250, 375, 562.5, 843.75, 1_265.625, 1_898.4375, 2_847.65625, 4_271.484375,
    ]);
    expect(Math.max(...delays({}, 0.999_999))).toBeLessThan(1);
  });

  test('3 s to 30 s', () => {
    expect(delays({ initialDelayMs: 3_000, maxDelayMs: 30_000, multiplier: 2, jitter: 0 })).toEqual([
      3_000, 6_000, 12_000, 24_000, 30_000, 30_000, 30_000, 30_000,
    ]);
  });

  test('1 s to 30 s by 1.5', () => {
    expect(delays({ initialDelayMs: 1_000, multiplier: 1.5, jitter: 0 }).map(Math.round)).toEqual([
      1_000, 1_500, 2_250, 3_375, 5_063, 7_594, 11_391, 17_086,
    ]);
  });

  test('a fixed 3 s', () => {
    expect(new Set(delays({ initialDelayMs: 3_000, multiplier: 1, jitter: 0 }))).toEqual(new Set([3_000]));
  });

  test('half jitter stays in the upper half', () => {
    expect(
      backoffDelayMs({ ...RECONNECT_DEFAULTS, initialDelayMs: 1_000, jitter: 0.5 }, 0, 0.999_999),
    ).toBeCloseTo(500, 1);
  });

  test('no level overflows', () => {
    expect(backoffDelayMs(RECONNECT_DEFAULTS, 5_000, 0)).toBe(30_000);
  });
});

describe('silenceLimitMs', () => {
  test('is interval and grace', () => {
    expect(silenceLimitMs({ every: 5_000, grace: 3_000 })).toBe(8_000);
  });

  test.each([
    [undefined, 35_000],
    [{}, 35_000],
    [{ every: 0, grace: 0 }, 1_500],
    [{ every: -1, grace: NaN }, 35_000],
    [{ every: 1e12, grace: 1e12 }, 1_200_000],
    [{ every: '5', grace: null }, 35_000],
  ])('%j is brought into a sane range: %d', (ping, expected) => {
    expect(silenceLimitMs(ping)).toBe(expected);
  });
});
