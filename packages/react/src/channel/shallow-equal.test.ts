import { expect, test } from 'vitest';
import { shallowEqual } from './shallow-equal.js';

test('objects and arrays are equal when their values are the same one level down', () => {
  expect(shallowEqual({ bid: 1, ask: Number.NaN }, { ask: Number.NaN, bid: 1 })).toBe(true);
  expect(shallowEqual([1, 'a'], [1, 'a'])).toBe(true);
});

test('another value, a missing key, an extra key and another depth differ', () => {
  expect(shallowEqual({ bid: 1 }, { bid: 2 })).toBe(false);
  expect(shallowEqual({ bid: undefined }, { ask: undefined })).toBe(false);
  expect(shallowEqual({ bid: 1 }, { bid: 1, ask: 2 })).toBe(false);
  expect(shallowEqual([1], [1, 2])).toBe(false);
  expect(shallowEqual({ at: {} }, { at: {} })).toBe(false);
});

test('objects of different make differ, and maps and dates are equal only to themselves', () => {
  expect(shallowEqual([], {})).toBe(false);
  expect(shallowEqual(null, {})).toBe(false);
  expect(shallowEqual(new Map([['a', 1]]), new Map([['a', 2]]))).toBe(false);
  expect(shallowEqual(new Date(1), new Date(2))).toBe(false);
  expect(shallowEqual(new URL('a:b'), new URL('a:c'))).toBe(false);
  const map = new Map();
  expect(shallowEqual(map, map)).toBe(true);
});
