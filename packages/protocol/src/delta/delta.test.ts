import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyCollectionDelta, buildCollectionDelta, TouchedKeys } from './collection-delta.js';
import { applyStateDelta, buildStateDelta } from './state-delta.js';
import { touchFields, type Touched } from './touched-fields.js';

const overWire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const document = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'),
  fc.constantFrom<unknown>(null, 0, 1, 'x', [1], { n: 1 }),
  {
    noNullPrototype: true,
  },
);

describe('P-DATA-3 a state’s delta is absolute', () => {
  test('applied to any value of its range it gives the value at the end', () => {
    fc.assert(
      fc.property(fc.array(document, { minLength: 2, maxLength: 8 }), (history) => {
        let touched: Touched | undefined;
        for (let at = 1; at < history.length; at++)
          touched = touchFields(touched, history[at - 1], history[at]);
        const last = history.at(-1);
        if (!(touched instanceof Set)) throw new Error('documents are plain objects');
        const delta = overWire(buildStateDelta(touched, last));
        for (const held of history)
          expect(applyStateDelta(overWire(held), delta ?? {})).toEqual(overWire(last));
      }),
    );
  });

  test('a field that changed and changed back is named: a comparison of end points would leave it wrong', () => {
    let touched = touchFields(undefined, { p: 1, q: 1 }, { p: 2, q: 1 });
    touched = touchFields(touched, { p: 2, q: 1 }, { p: 1, q: 1 });
    expect(buildStateDelta(touched as Set<string>, { p: 1, q: 1 })).toEqual({ s: { p: 1 } });
  });

  test('null is a value, absence is not', () => {
    const touched = touchFields(undefined, { next_open: 'x', gone: 1 }, { next_open: null });
    expect(buildStateDelta(touched as Set<string>, { next_open: null })).toEqual({
      s: { next_open: null },
      x: ['gone'],
    });
  });

  test.each([
    ['an array', [1]],
    ['null', null],
    ['text', 'x'],
    ['nothing', undefined],
    ['a class', new Date(0)],
  ])('%s is sent whole and cannot be patched', (_name, value) => {
    expect(touchFields(undefined, value, { a: 1 })).toBe('whole');
    expect(touchFields(undefined, { a: 1 }, value)).toBe('whole');
    expect(applyStateDelta(value, { s: { a: 1 } })).toBeNull();
  });
});

describe('P-DATA-3 a collection’s delta is absolute', () => {
  const change = fc.tuple(fc.constantFrom('k1', 'k2', '__proto__'), fc.option(document, { nil: undefined }));
  test.each([{ patch: true }, { patch: false }])(
    'applied to any value of its range it gives the value at the end (%o)',
    (options) => {
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), fc.nat(19), (changes, from) => {
          const records = new Map<string, unknown>();
          const history: Map<string, unknown>[] = [];
          const touched = new TouchedKeys();
          changes.forEach(([key, record], at) => {
            if (at === from) touched.clear();
            if (at >= from) {
              history.push(new Map(records));
              touched.touch(key, records.get(key), record);
            }
            if (record === undefined) records.delete(key);
            else records.set(key, record);
          });
          const delta = overWire(buildCollectionDelta(touched.entries(), (key) => records.get(key), options));
          if (!options.patch) expect([delta.p, delta.q]).toEqual([undefined, undefined]);
          for (const held of history) {
            const applied = new Map(held);
            expect(applyCollectionDelta(applied, delta)).not.toBeNull();
            expect(applied).toEqual(records);
          }
        }),
      );
    },
  );

  test('a record removed and made again inside the range is sent whole', () => {
    const touched = new TouchedKeys();
    touched.touch('k', { a: 1, b: 1 }, undefined);
    touched.touch('k', undefined, { a: 2 });
    expect(buildCollectionDelta(touched.entries(), () => ({ a: 2 }), { patch: true })).toEqual({
      u: { k: { a: 2 } },
    });
  });

  test('P-DATA-6 a patch of a record that is not there changes nothing and is a hole', () => {
    const records = new Map<string, unknown>([['known', { a: 1 }]]);
    expect(
      applyCollectionDelta(records, {
        u: { new: {} },
        p: { known: { a: 2 }, unknown: { a: 1 } },
        x: ['known'],
      }),
    ).toBeNull();
    expect(applyCollectionDelta(records, { q: { unknown: ['a'] } })).toBeNull();
    expect([...records]).toEqual([['known', { a: 1 }]]);
  });

  test('P-FRAME-6 keys of every prototype are keys like any other', () => {
    const records = new Map<string, unknown>();
    const delta = JSON.parse('{"u":{"__proto__":{"admin":true},"constructor":{"a":1},"toString":1}}') as {
      u: Record<string, unknown>;
    };
    expect([...(applyCollectionDelta(records, delta) ?? [])]).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ]);
    expect(records.get('__proto__')).toEqual({ admin: true });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
