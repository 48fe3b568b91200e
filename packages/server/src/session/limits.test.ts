import { expect, test } from 'vitest';
import { Market } from '../test-support/market.js';
import { DEFAULT_LIMITS, principalLimits, serverLimits } from './limits.js';

test('what is not given is the default, whichever way it is not given', () => {
  expect(serverLimits(undefined)).toEqual(DEFAULT_LIMITS);
  expect(serverLimits({ maxDepth: undefined, maxIdleMs: null })).toEqual(DEFAULT_LIMITS);
  expect(serverLimits({ maxDepth: 5, maxSubscriptions: Infinity })).toEqual({
    ...DEFAULT_LIMITS,
    maxDepth: 5,
    maxSubscriptions: Infinity,
  });
});

test.each([0, -1, NaN, '5', {}])('%s is no limit, and is said so when the server is made', (limit) => {
  expect(() => new Market({ limits: { maxIdleMs: limit as number } })).toThrow(
    new TypeError('limits.maxIdleMs must be a number above 0; Infinity is no limit.'),
  );
});

test('of a principal only its own limits are read', () => {
  expect(principalLimits({ maxSubscriptions: 5, maxDepth: 0, other: 1 })).toEqual({ maxSubscriptions: 5 });
  expect(principalLimits(null)).toEqual({});
  expect(() => principalLimits({ maxConnections: 0 })).toThrow(TypeError);
  expect(() => principalLimits('many')).toThrow(TypeError);
});
