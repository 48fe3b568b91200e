import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkValue, parseValue } from './check.js';
import { copyJson, isSameJson, MAX_VALUE_DEPTH, NotJson } from './json-value.js';

const sharesNothing = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return true;
  if (a === b) return false;
  return Object.keys(a).every((key) =>
    sharesNothing((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
};

describe('copyJson', () => {
  test('is what JSON would make of it, and shares nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const copy = copyJson(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        expect(sharesNothing(value, copy)).toBe(true);
        expect(isSameJson(value, copy) || JSON.stringify(value).includes('0')).toBe(true);
      }),
    );
  });

  test.each([
    NaN,
    Infinity,
    -Infinity,
    1n,
    Symbol('x'),
    () => 1,
    undefined,
    new Date(),
    new Map(),
    [undefined],
    { a: [1n] },
  ])('refuses what JSON cannot say: %s', (value) => expect(() => copyJson(value)).toThrow(NotJson));

  test.each<[string, unknown]>([
    ['a text', 'x\ud800'],
    ['a text inside', { a: ['\udc00x'] }],
    ['a name', { '\ud800': 1 }],
  ])('P-MODEL-4 refuses half a surrogate pair: %s', (_where, value) => {
    expect(() => copyJson(value)).toThrow(NotJson);
    expect(copyJson({ '😀': '😀' })).toEqual({ '😀': '😀' });
  });

  test('fields that are undefined are dropped, keys every object has are data', () => {
    const copy = copyJson(JSON.parse('{"__proto__":{"admin":true},"a":1}')) as object;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.hasOwn(copy, '__proto__')).toBe(true);
    expect(copyJson({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(Object.is(copyJson(-0), 0)).toBe(true);
  });

  test('refuses what is nested deeper than a peer would take', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < MAX_VALUE_DEPTH; depth++) value = [value];
    expect(copyJson(value)).toEqual(value);
    expect(() => copyJson([value])).toThrow(NotJson);
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(() => copyJson(deep)).toThrow(NotJson);
  });
});

test('isSameJson agrees with the text, whatever the order of fields', () => {
  const canonical = (value: unknown): string =>
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : Object.is(each, -0)
          ? 0
          : each,
    );
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => copyJson(value));
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(isSameJson(a, b)).toBe(canonical(a) === canonical(b));
      expect(isSameJson(a, a)).toBe(true);
    }),
  );
});

describe('checkValue', () => {
  const schema = z.object({ a: z.number(), b: z.string().default('x'), any: z.unknown().optional() });

  test('fills defaults, drops what the schema does not name, copies what it passes through', () => {
    const any = { deep: [1] };
    const checked = checkValue(schema, { a: 1, extra: 2, any });
    expect(checked).toEqual({ ok: true, value: { a: 1, b: 'x', any: { deep: [1] } } });
    any.deep.push(2);
    expect(checked).toMatchObject({ value: { any: { deep: [1] } } });
  });

  test('says where, at most eight times, and never what', () => {
    const many = z.object({ list: z.array(z.number()).max(100) });
    const checked = checkValue(many, { list: Array(50).fill('canary') });
    expect(checked).toMatchObject({ ok: false });
    const { where } = checked as { where: string };
    expect(where).toMatch(/^see list\.0, .* and 42 more$/);
    expect(where).not.toContain('canary');
  });

  test('a schema that is asynchronous, and one that throws, refuse', () => {
    expect(
      checkValue(
        z.string().refine(async () => true),
        'x',
      ).ok,
    ).toBe(false);
    expect(
      checkValue(
        z.string().refine(() => {
          throw new Error('x');
        }),
        'x',
      ).ok,
    ).toBe(false);
  });

  test('parseValue throws bad_input, surely not done', () => {
    expect(() => parseValue(schema, { a: 'no' }, 'The value')).toThrow(
      expect.objectContaining({ code: 'bad_input', executed: 'no' }) as Error,
    );
    expect(() => parseValue(z.undefined(), undefined, 'The value')).toThrow(/undefined/);
  });
});
