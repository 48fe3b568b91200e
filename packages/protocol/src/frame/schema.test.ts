import { describe, expect, test } from 'vitest';
import { deltaFrameSchema, fullFrameSchema } from './schema.js';

/** As it comes from the wire: a literal `__proto__` in code would be a prototype. */
const fromWire = (members: string): unknown => JSON.parse(`{"n":1,"o":1,${members}}`);
const keys = '{"__proto__":{"a":1},"constructor":{"b":1}}';

describe('P-FRAME-6 a key called __proto__ is data like any other', () => {
  test.each([
    ['records of a collection', fullFrameSchema, `"t":"f","k":${keys}`],
    ['fields that are set', deltaFrameSchema, `"t":"d","s":${keys}`],
    ['records that are replaced', deltaFrameSchema, `"t":"d","u":${keys}`],
    ['records that are patched', deltaFrameSchema, `"t":"d","p":${keys}`],
    ['fields that are taken away', deltaFrameSchema, '"t":"d","q":{"__proto__":["a"],"toString":["b"]}'],
  ] as const)('%s', (_what, schema, members) => {
    const frame = fromWire(members);
    expect(JSON.parse(JSON.stringify(schema.parse(frame)))).toEqual(frame);
    expect(JSON.stringify(schema.parse(frame))).toContain('__proto__');
  });
});

test.each([
  ['a list of records', fullFrameSchema, '"t":"f","k":[{"a":1}]'],
  ['no records', fullFrameSchema, '"t":"f","k":null'],
  ['a patch that is none', deltaFrameSchema, '"t":"d","p":{"a":1}'],
  ['fields that are no list', deltaFrameSchema, '"t":"d","q":{"a":"b"}'],
  ['fields that are no names', deltaFrameSchema, '"t":"d","q":{"a":[1]}'],
] as const)('P-FRAME-7 %s: it does not fit', (_what, schema, members) => {
  expect(schema.safeParse(fromWire(members)).success).toBe(false);
});
