import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { defineContract } from '../contract/contract.js';
import { type AnySchema, collection, command, state, stream } from '../contract/definition.js';
import { canonicalJson, type JsonValue } from './canonical-json.js';
import { contractIdentity, describeContract } from './contract-identity.js';
import { describeSchema } from './describe-schema.js';

const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex');
const text = (schema: AnySchema) => canonicalJson(describeSchema(schema));

const Price = z.object({
  bid: z.number().min(0),
  symbol: z.string().max(32),
  at: z.iso.datetime(),
  side: z.enum(['buy', 'sell']).optional(),
  levels: z.array(z.tuple([z.number(), z.int()])).max(50),
  venue: z.uuid().nullable(),
});
const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(Price, { staleAfterMs: 5_000, timeField: 'at' }),
    'positions/{userId}': collection(z.object({ id: z.string(), size: z.number() }), { key: 'id' }),
    alerts: stream(z.object({ text: z.string() }), { history: { size: 100, ttlMs: 1_000 } }),
  },
  commands: {
    place: command({
      input: z.object({ size: z.int().default(1) }),
      output: z.null(),
      errors: { poor: z.object({ needed: z.string() }) },
      idempotent: true,
    }),
  },
});

test('golden: the description of a contract', () => {
  expect(canonicalJson(describeContract(market) as unknown as JsonValue)).toMatchInlineSnapshot(
    `"{"channels":{"alerts":{"kind":"stream","params":[],"schema":{"fields":{"text":{"type":"string"}},"others":"ignored","type":"object"}},"positions/{userId}":{"key":"id","kind":"collection","params":["userId"],"schema":{"fields":{"id":{"type":"string"},"size":{"type":"number"}},"others":"ignored","type":"object"}},"price/{symbol}":{"kind":"state","params":["symbol"],"schema":{"fields":{"at":{"formats":[{"format":"datetime"}],"type":"string"},"bid":{"minimum":0,"type":"number"},"levels":{"items":{"items":[{"type":"number"},{"formats":["int"],"type":"number"}],"type":"tuple"},"maxLength":50,"type":"array"},"side":{"optional":true,"type":"enum","values":["buy","sell"]},"symbol":{"maxLength":32,"type":"string"},"venue":{"formats":[{"format":"uuid"}],"nullable":true,"type":"string"}},"others":"ignored","type":"object"},"timeField":"at"}},"commands":{"place":{"errors":{"poor":{"fields":{"needed":{"type":"string"}},"others":"ignored","type":"object"}},"idempotent":true,"input":{"fields":{"size":{"default":true,"formats":["int"],"type":"number"}},"others":"ignored","type":"object"},"output":{"type":"null"}}},"name":"market","revision":1,"version":"1.0.0"}"`,
  );
});

test('golden: the identity of a contract', () => {
  expect(contractIdentity(market, sha256Hex)).toMatchInlineSnapshot(`
    {
      "channels": {
        "alerts": "8880a4d1d5f7ad4d61f2735e3ff533c3",
        "positions/{userId}": "b4921a70c54d159d4158237f353de0f6",
        "price/{symbol}": "9a5293f2618da42fe427ef5f6ad06731",
      },
      "commands": {
        "place": "e9b2621c5cb177da99a8afe8b9e44b7f",
      },
      "hash": "e38988659c18251dadf45aea15cf6c1e",
      "name": "market",
      "version": "1.0.0",
    }
  `);
});

describe('one meaning, one description', () => {
  const inMini = mini.object({
    venue: mini.nullable(mini.uuid()),
    levels: mini.array(mini.tuple([mini.number(), mini.int()])).check(mini.maxLength(50)),
    side: mini.optional(mini.enum(['sell', 'buy'])),
    at: mini.iso.datetime(),
    symbol: mini.string().check(mini.maxLength(32)),
    bid: mini.number().check(mini.gte(0)),
  });

  test.each<[string, AnySchema, AnySchema]>([
    ['classic and mini, any order of fields', Price, inMini],
    ['nullable and a union with null', z.string().nullable(), z.union([z.null(), z.string()])],
    [
      'optional nullable and nullable optional',
      z.object({ a: z.int().nullable().optional() }),
      z.object({ a: z.int().optional().nullable() }),
    ],
    ['enum and union of literals', z.enum(['a', 'b']), z.union([z.literal('b'), z.literal('a')])],
    ['literal with two values', z.enum(['a', 'b']), z.literal(['b', 'a'])],
    ['union in another order', z.union([z.string(), z.int()]), z.union([z.int(), z.string()])],
    [
      'union in a union',
      z.union([z.string(), z.int(), z.boolean()]),
      z.union([z.union([z.boolean(), z.string()]), z.int()]),
    ],
    [
      'discriminated or not',
      z.union([z.object({ t: z.literal('a') }), z.object({ t: z.literal('b') })]),
      z.discriminatedUnion('t', [z.object({ t: z.literal('b') }), z.object({ t: z.literal('a') })]),
    ],
    ['two bounds and the tighter one', z.string().max(10).max(5).min(1), z.string().min(1).max(5)],
    ['length and both bounds', z.string().length(3), z.string().min(3).max(3)],
    ['int() and z.int()', z.number().int(), z.int()],
    ['format as a method and by itself', z.string().check(z.uuid()), z.uuid()],
    ['descriptions and examples', z.string().describe('a').meta({ title: 'b' }), z.string()],
    ['descriptions of mini', mini.string().check(mini.describe('a')), z.string()],
    ['readonly and brands', z.object({ a: z.int().brand('x').readonly() }), z.object({ a: z.int() })],
    ['lazy', z.lazy(() => z.string()), z.string()],
    [
      'values of defaults',
      z.object({ a: z.int().default(1) }),
      z.object({ a: z.int().default(() => Date.now()) }),
    ],
    [
      'required() of an optional field, and a field that never was',
      z.object({ a: z.string().optional() }).required(),
      z.object({ a: z.string() }),
    ],
    [
      'optional again',
      z.object({ a: z.optional(z.nonoptional(z.string().optional())) }),
      z.object({ a: z.string().optional() }),
    ],
    [
      'union of what cannot be confused, in another order',
      z.union([z.object({}), z.array(z.object({})), z.string()]),
      z.union([z.string(), z.array(z.object({})), z.object({})]),
    ],
    [
      'strict objects in another order',
      z.union([z.strictObject({ a: z.int() }), z.strictObject({ b: z.int() })]),
      z.union([z.strictObject({ b: z.int() }), z.strictObject({ a: z.int() })]),
    ],
    ['the expression of Zod, given', z.email({ pattern: z.regexes.email }), z.email()],
    ['formats of Zod by name', z.hostname(), z.stringFormat('hostname', z.regexes.hostname)],
    ['flags of an expression that only matter to loops', z.string().regex(/a/g), z.string().regex(/a/)],
  ])('%s', (_, a, b) => {
    expect(text(a)).toBe(text(b));
  });
});

describe('another meaning, another description', () => {
  const schemas: Record<string, AnySchema> = {
    string: z.string(), int: z.int(), number: z.number(), int32: z.int32(), min: z.number().min(1), above: z.number().gt(1), multiple: z.number().multipleOf(2),
    max5: z.string().max(5), max6: z.string().max(6), uuid: z.uuid(), uuidv7: z.uuidv7(), email: z.email(), datetime: z.iso.datetime(), precise: z.iso.datetime({ precision: 3 }),
    offset: z.iso.datetime({ offset: true }), regexA: z.string().regex(/a/), regexI: z.string().regex(/a/i), starts: z.string().startsWith('a'), startsB: z.string().startsWith('b'),
    includes: z.string().includes('a'), refined: z.string().refine(() => true), trimmed: z.string().trim().max(5), nullable: z.string().nullable(), array: z.array(z.string()), bounded: z.array(z.string()).max(5),
    tuple: z.tuple([z.string()]), rest: z.tuple([z.string()], z.string()), record: z.record(z.string(), z.string()), keys: z.record(z.enum(['a']), z.string()),
    loosely: z.looseRecord(z.string(), z.string()), partial: z.partialRecord(z.enum(['a']), z.string()), object: z.object({}), strict: z.strictObject({}), loose: z.looseObject({}), field: z.object({ a: z.string() }),
    optional: z.object({ a: z.string().optional() }), withDefault: z.object({ a: z.string().default('') }), other: z.object({ b: z.string() }), enumA: z.enum(['a']), enumB: z.enum(['b']), one: z.literal(1), oneText: z.literal('1'),
    union: z.union([z.string(), z.number()]), both: z.intersection(z.object({}), z.object({ a: z.string() })), null: z.null(), boolean: z.boolean(), unknown: z.unknown(), any: z.any(), template: z.templateLiteral(['a', z.int()]),
    templateB: z.templateLiteral(['b', z.int()]), url: z.url(), https: z.url({ protocol: /^https$/ }), host: z.url({ hostname: /^a$/ }), hostI: z.url({ hostname: /^a$/i }),
    ownEmail: z.email({ pattern: /^a@b$/ }), otherEmail: z.email({ pattern: /^c@d$/ }), symbol: z.stringFormat('symbol', /^[A-Z]{1,5}$/), symbolB: z.stringFormat('symbol', /^[0-9]{1,9}$/),
    first: z.union([z.object({ n: z.int() }), z.object({ n: z.int(), m: z.int() })]), last: z.union([z.object({ n: z.int(), m: z.int() }), z.object({ n: z.int() })]),
    firstList: z.union([z.array(z.object({ n: z.int() })), z.array(z.object({ m: z.int() }))]), lastList: z.union([z.array(z.object({ m: z.int() })), z.array(z.object({ n: z.int() }))]),
    json: z.json(),
  }; // prettier-ignore

  test('no two of them are described alike', () => {
    const byText = new Map(Object.entries(schemas).map(([name, schema]) => [text(schema), name]));
    expect([...byText.values()]).toEqual(Object.keys(schemas));
  });
});

test('recursion ends, through getters and through lazy alike', () => {
  const Tree = z.object({
    get children() {
      return z.array(Tree);
    },
  });
  expect(describeSchema(Tree)).toEqual({
    type: 'object',
    others: 'ignored',
    fields: { children: { type: 'array', items: { type: 'ref', up: 2 } } },
  });
  type Chain = { readonly next: Chain | null };
  const Lazy: z.ZodType<Chain> = z.lazy(() => z.object({ next: Lazy.nullable() }));
  expect(text(Lazy)).toContain('"type":"ref"');
});

describe('the identity of a contract', () => {
  const identity = contractIdentity(market, sha256Hex);

  test('does not change with order, name, version or what is the server’s matter', () => {
    const same = defineContract({
      name: 'other',
      version: '2.0.0',
      channels: {
        alerts: stream(z.object({ text: z.string() }), { history: { size: 5, ttlMs: 5 }, staleAfterMs: 9 }),
        'positions/{userId}': collection(z.object({ size: z.number(), id: z.string() }), { key: 'id' }),
        'price/{symbol}': state(Price, { timeField: 'at' }),
      },
      commands: {
        place: command({
          input: z.object({ size: z.int().default(2) }),
          output: z.null(),
          errors: { poor: z.object({ needed: z.string() }) },
          idempotent: true,
          timeoutMs: 5,
        }),
      },
    });
    expect(contractIdentity(same, sha256Hex)).toEqual({ ...identity, name: 'other', version: '2.0.0' });
  });

  test('a change in one channel changes the hash of that channel and of the contract, and no other', () => {
    const changed = defineContract({
      name: 'market',
      version: '1.0.0',
      channels: { ...market.channels, alerts: state(z.object({ text: z.string() })) },
      commands: market.commands,
    });
    const { hash, channels, commands } = contractIdentity(changed, sha256Hex);
    expect(hash).not.toBe(identity.hash);
    expect(channels['alerts']).not.toBe(identity.channels['alerts']);
    expect({ ...channels, alerts: '' }).toEqual({ ...identity.channels, alerts: '' });
    expect(commands).toEqual(identity.commands);
  });

  test('hashes are 128 bits, and a hash function that is none is refused', () => {
    expect(identity.hash).toMatch(/^[0-9a-f]{32}$/);
    expect(() => contractIdentity(market, () => 'abc')).toThrow('64 lower-case hexadecimal digits');
  });
});

describe('canonical JSON', () => {
  test('the example of RFC 8785', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });
  test('names are sorted by UTF-16 code units', () => {
    expect(canonicalJson({ '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 })).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    );
  });
  test('what JSON cannot say is refused', () => {
    for (const value of [NaN, Infinity, '\ud800']) expect(() => canonicalJson(value)).toThrow(TypeError);
  });
  test('any JSON value comes back equal, whatever the order of its names', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = canonicalJson(value as JsonValue);
        expect(canonicalJson(JSON.parse(once) as JsonValue)).toBe(once);
      }),
    );
  });
});
