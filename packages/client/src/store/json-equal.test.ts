import fc from 'fast-check';
import { dequal } from 'dequal/lite';
import { expect, test } from 'vitest';
import { jsonEqual } from './json-equal.js';

test.each([
  [1, 1, true],
  [1, '1', false],
  [0, false, false],
  [null, {}, false],
  [[], {}, false],
  [{}, [], false],
  [[1, 2], [1, 2], true],
  [[1, 2], [2, 1], false],
  [[1], [1, null], false],
  [{ a: 1, b: { c: [] } }, { b: { c: [] }, a: 1 }, true],
  [{ a: 1 }, { b: 1 }, false],
  [{ a: null }, { b: null }, false],
  [JSON.parse('{"__proto__":1}'), {}, false],
  [JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}'), true],
  [JSON.parse('{"toString":1}'), JSON.parse('{"valueOf":1}'), false],
])('%j and %j: %j', (a: unknown, b: unknown, expected) => {
  expect(jsonEqual(a, b)).toBe(expected);
  expect(jsonEqual(b, a)).toBe(expected);
});

test('it is equality of any two values of JSON, and of a value with its copy', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(jsonEqual(a, b)).toBe(dequal(a, b));
      expect(jsonEqual(a, JSON.parse(JSON.stringify(a)))).toBe(true);
    }),
  );
});
