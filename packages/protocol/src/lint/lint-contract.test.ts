import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { defineContract } from '../contract/contract.js';
import { type AnySchema, collection, command, state, stream } from '../contract/definition.js';
import { assertContract, lintContract } from './lint-contract.js';

const Nothing = z.object({});

function lintInput(input: AnySchema): string[] {
  const contract = defineContract({
    name: 'test',
    version: '1.0.0',
    channels: {},
    commands: { run: command({ input, output: Nothing }) },
  });
  return lintContract(contract).map(({ code, path }) => `${code} ${path}`);
}

function lintData(schema: AnySchema): string[] {
  const contract = defineContract({ name: 'test', version: '1.0.0', channels: { a: state(schema) } });
  return lintContract(contract).map(({ code, path }) => `${code} ${path}`);
}

describe('input from clients must be bounded and described', () => {
  test.each<[string, AnySchema, string[]]>([
    ['string', z.object({ a: z.string() }), ['unbounded_string commands.run.input.a']],
    ['string of mini', mini.object({ a: mini.string() }), ['unbounded_string commands.run.input.a']],
    [
      'string with a least length',
      z.object({ a: z.string().min(1) }),
      ['unbounded_string commands.run.input.a'],
    ],
    ['format that is open', z.object({ a: z.email() }), ['unbounded_string commands.run.input.a']],
    ['open expression', z.object({ a: z.string().regex(/^a+$/) }), ['unbounded_string commands.run.input.a']],
    ['array', z.object({ a: z.array(z.int()) }), ['unbounded_array commands.run.input.a']],
    ['string in an array', z.array(z.string()).max(5), ['unbounded_string commands.run.input[]']],
    ['tuple with a rest', z.tuple([z.int()], z.int()), ['unbounded_array commands.run.input']],
    ['record', z.record(z.string().max(5), z.int()), ['unbounded_record commands.run.input']],
    [
      'record key',
      z.record(z.string(), z.int()),
      ['unbounded_record commands.run.input', 'unbounded_string commands.run.input{key}'],
    ],
    [
      'loose object',
      z.looseObject({}),
      ['unbounded_object commands.run.input', 'untyped_input commands.run.input{}'],
    ],
    ['any', z.object({ a: z.any() }), ['untyped_input commands.run.input.a']],
    ['unknown', z.object({ 'a b': z.unknown() }), ['untyped_input commands.run.input["a b"]']],
    [
      'deep inside',
      z.object({ a: z.object({ b: z.string().optional() }).nullable() }),
      ['unbounded_string commands.run.input.a.b'],
    ],
    [
      'union in an array',
      z.array(z.union([z.object({ a: z.int() }), z.object({ b: z.int() })])).max(3),
      ['union_in_array commands.run.input[]'],
    ],
    ['template literal', z.templateLiteral(['a', z.string()]), ['unbounded_string commands.run.input']],
    [
      'unsafe expression',
      z
        .string()
        .max(5)
        .regex(/^(a+)+$/),
      ['unsafe_regex commands.run.input'],
    ],
    [
      'unsafe expression of mini',
      mini.string().check(mini.maxLength(5), mini.regex(/(a|a)*/)),
      ['unsafe_regex commands.run.input'],
    ],
  ])('%s', (_, schema, found) => {
    expect(lintInput(schema)).toEqual(found);
  });

  test.each<[string, AnySchema]>([
    ['of an address', z.email({ pattern: /^(a+)+$/ }).max(100)],
    ['of the host of a URL', z.url({ hostname: /^(a+)+$/ }).max(100)],
    ['of the protocol of a URL', mini.url({ protocol: /^(a+)+$/ }).check(mini.maxLength(100))],
    ['of a format of its own', z.stringFormat('symbol', /^(a+)+$/).max(100)],
    [
      'of a format that stands in a check',
      z
        .string()
        .max(100)
        .check(z.email({ pattern: /^(a+)+$/ })),
    ],
    ['of a part of a template', z.templateLiteral([z.string().regex(/^(?:a|a){1,30}$/), '.'])],
    [
      'that the parts of a template are together',
      z.templateLiteral([z.string().max(900), '-', z.string().max(900), '!']),
    ],
  ])('an unsafe expression %s', (_, schema) => {
    expect(lintInput(schema)).toEqual(['unsafe_regex commands.run.input']);
  });

  test.each<[string, AnySchema]>([
    ['of an address', z.email({ pattern: /^[a-z]{1,20}@desk$/ })],
    ['of the host of a URL', z.url({ hostname: /^[a-z]{1,20}$/ }).max(100)],
    ['that Zod brings', z.hostname().max(253)],
    ['that Zod brings, given', z.email({ pattern: z.regexes.html5Email }).max(254)],
    ['of a template', z.templateLiteral([z.string().max(20), '-', z.int(), 'px']).check(mini.maxLength(99))],
  ])('a safe expression %s is not refused', (_, schema) => {
    expect(lintInput(schema)).toEqual([]);
  });

  test('unions in unions that do not say which part is meant', () => {
    const nest = (
      levels: number,
      union: (options: [z.ZodObject, z.ZodObject, z.ZodObject]) => z.ZodType,
    ): z.ZodType => {
      let filter: z.ZodType = z.object({ field: z.string().max(20) });
      for (let level = 0; level < levels; level++) {
        filter = union([
          z.object({ t: z.literal('and'), of: filter }),
          z.object({ t: z.literal('not'), of: filter }),
          z.object({ t: z.literal('or'), of: filter, strict: z.boolean() }),
        ]);
      }
      return z.object({ filter });
    };
    // The innermost place from which on it is too much, once.
    expect(lintInput(nest(10, (options) => z.union(options)))).toEqual([
      `nested_unions commands.run.input.filter${'|0.of'.repeat(6)}`,
    ]);
    expect(lintInput(nest(3, (options) => z.union(options)))).toEqual([]);
    expect(lintInput(nest(10, (options) => z.discriminatedUnion('t', options as never)))).toEqual([]);
    expect(lintData(nest(10, (options) => z.union(options)))).toEqual([]);
  });

  test('recursion has no end', () => {
    const Tree = z.object({
      name: z.string().max(5),
      get children() {
        return z.array(Tree).max(2);
      },
    });
    expect(lintInput(Tree)).toEqual(['unbounded_depth commands.run.input.children[]']);
    expect(lintData(Tree)).toEqual([]);
    type Lazy = { readonly next: Lazy | null };
    const Chain: z.ZodType<Lazy> = z.lazy(() => z.object({ next: Chain.nullable() }));
    expect(lintInput(Chain)).toEqual(['unbounded_depth commands.run.input.next']);
  });
});

test.each<[string, AnySchema]>([
  [
    'bounded strings',
    z.object({ a: z.string().max(5), b: z.string().length(3), c: z.string().max(9).optional() }),
  ],
  [
    'formats with an end',
    z.object({ a: z.uuid(), b: z.ipv4(), c: z.iso.date(), d: z.ulid(), e: z.iso.datetime({ precision: 3 }) }),
  ],
  ['an expression with an end', z.string().regex(/^\d{1,20}(?:\.\d{1,18})?$/)],
  [
    'open formats with a greatest length',
    z.object({ a: z.email().max(254), b: z.iso.datetime().max(40), c: z.url().max(500) }),
  ],
  [
    'enums, literals, numbers',
    z.object({
      a: z.enum(['x']),
      b: z.literal([1, 'y', null]),
      c: z.int(),
      d: z.number().min(0),
      e: z.boolean(),
    }),
  ],
  ['record of an enum', z.record(z.enum(['a', 'b']), z.int())],
  [
    'discriminated union in an array',
    z
      .array(
        z.discriminatedUnion('t', [
          z.object({ t: z.literal('a') }),
          z.object({ t: z.literal('b'), n: z.int() }),
        ]),
      )
      .max(5),
  ],
  ['union of plain values in an array', z.array(z.union([z.string().max(5), z.number(), z.null()])).max(5)],
  ['union outside an array', z.union([z.object({ a: z.int() }), z.object({ b: z.int() })])],
  [
    'defaults, brands, readonly, refinements',
    z.object({ a: z.int().default(1), b: z.string().max(3).brand('b').readonly() }).refine(() => true),
  ],
  ['tuple', z.tuple([z.string().max(2), z.int()])],
  ['template literal with an end', z.templateLiteral(['v', z.enum(['1', '2'])])],
  ['trimmed string', z.string().trim().max(5)],
  ['strict object of mini', mini.strictObject({ a: mini.optional(mini.string().check(mini.maxLength(5))) })],
  ['one schema in two fields', ((Text) => z.object({ a: Text, b: z.array(Text).max(2) }))(z.string().max(5))],
])('right input: %s', (_, schema) => {
  expect(lintInput(schema)).toEqual([]);
});

describe('both ways only JSON, and only what both sides can read', () => {
  test.each<[string, AnySchema, string]>([
    ['bigint', z.bigint(), 'not_json'],
    ['date', z.date(), 'not_json'],
    ['map', z.map(z.string(), z.int()), 'not_json'],
    ['set', z.set(z.int()), 'not_json'],
    ['symbol', z.symbol(), 'not_json'],
    ['undefined', z.undefined(), 'not_json'],
    ['void', z.void(), 'not_json'],
    ['nan', z.nan(), 'not_json'],
    ['promise', z.promise(z.int()), 'not_json'],
    ['file', z.file(), 'not_json'],
    ['custom', z.custom<string>(), 'not_json'],
    ['instanceof', z.instanceof(Date), 'not_json'],
    ['literal bigint', z.literal(5n), 'not_json'],
    ['literal undefined', z.literal([undefined, 'a']), 'not_json'],
    [
      'transform',
      z
        .string()
        .max(5)
        .transform((text) => text.length),
      'one_way',
    ],
    ['preprocess', z.preprocess((value) => value, z.string().max(5)), 'one_way'],
    ['codec', z.codec(z.string().max(5), z.int(), { decode: Number, encode: String }), 'one_way'],
    ['stringbool', z.stringbool(), 'one_way'],
    ['coerce', z.coerce.number(), 'coerce'],
    ['catch', z.int().catch(5), 'catch'],
  ])('%s', (_, schema, code) => {
    expect(lintData(z.object({ field: schema }))).toEqual([`${code} channels["a"].field`]);
    expect(lintInput(z.object({ field: schema })).map((line) => line.split(' ')[0])).toContain(code);
  });

  test('undefined in an array or instead of the whole value', () => {
    expect(lintData(z.array(z.int().optional()))).toEqual(['optional_value channels["a"][]']);
    expect(lintData(z.int().optional())).toEqual(['optional_value channels["a"]']);
    expect(lintData(z.object({ a: z.union([z.int().optional(), z.null()]) }))).toEqual([]);
  });

  test('outputs, errors and every member of a union are looked at', () => {
    const contract = defineContract({
      name: 'test',
      version: '1.0.0',
      channels: { 'a/{b}': stream(z.union([z.int(), z.date()]), { history: { size: 1, ttlMs: 1 } }) },
      commands: {
        run: command({ input: Nothing, output: z.date(), errors: { late: z.object({ at: z.date() }) } }),
      },
    });
    expect(lintContract(contract).map(({ path }) => path)).toEqual([
      'channels["a/{b}"]|1',
      'commands.run.output',
      'commands.run.errors.late.at',
    ]);
  });

  test('data that goes to clients need not be bounded', () => {
    expect(
      lintData(
        z.object({
          a: z.string(),
          b: z.array(z.string()),
          c: z.record(z.string(), z.unknown()),
          d: z.json(),
        }),
      ),
    ).toEqual([]);
  });
});

describe('keys and times', () => {
  const keyed = (schema: AnySchema, key: string, timeField?: string) =>
    lintContract(
      defineContract({
        name: 'test',
        version: '1.0.0',
        channels: { a: collection(schema, { key, timeField } as never) },
      }),
    ).map(({ code }) => code);

  test.each<[string, AnySchema]>([
    ['no such field', z.object({ key: z.string() })],
    ['a number', z.object({ id: z.int() })],
    ['optional', z.object({ id: z.string().optional() })],
    ['nullable', z.object({ id: z.string().nullable() })],
    ['with a default', z.object({ id: z.string().default('a') })],
    [
      'missing in one part of a union',
      z.union([z.object({ id: z.string() }), z.object({ key: z.string() })]),
    ],
    ['no object', z.string()],
  ])('a collection key is refused: %s', (_, schema) => {
    expect(keyed(schema, 'id')).toEqual(['collection_key']);
  });

  test.each<[string, AnySchema]>([
    ['a string', z.object({ id: z.string() })],
    ['an enum', mini.object({ id: mini.enum(['a']) })],
    ['in every part of a union', z.union([z.object({ id: z.uuid() }), z.object({ id: z.literal('b') })])],
    ['in an intersection', z.intersection(z.object({ id: z.string() }), z.object({ n: z.int() }))],
  ])('a collection key is fine: %s', (_, schema) => {
    expect(keyed(schema, 'id')).toEqual([]);
  });

  test('timeField is a required number or string', () => {
    const Record = z.object({
      id: z.string(),
      at: z.number(),
      iso: z.iso.datetime(),
      maybe: z.number().optional(),
      ok: z.boolean(),
    });
    expect(keyed(Record, 'id', 'at')).toEqual([]);
    expect(keyed(Record, 'id', 'iso')).toEqual([]);
    expect(keyed(Record, 'id', 'maybe')).toEqual(['time_field']);
    expect(keyed(Record, 'id', 'ok')).toEqual(['time_field']);
    expect(keyed(Record, 'id', 'toString')).toEqual(['time_field']);
  });
});

test('assertContract throws all sentences, and nothing for a good contract', () => {
  const bad = defineContract({
    name: 'shop',
    version: '1.2.3',
    channels: { clock: state(z.object({ at: z.date() })) },
    commands: { buy: command({ input: z.object({ note: z.string() }), output: Nothing }) },
  });
  expect(() => assertContract(bad)).toThrow(
    new TypeError(
      [
        'Contract "shop" 1.2.3 has 2 problems:',
        '  channels["clock"].at is of type date: JSON has no Date; use z.iso.datetime() or a number of milliseconds. (not_json)',
        '  commands.buy.input.note is a string without a greatest length; add .max(n). (unbounded_string)',
      ].join('\n'),
    ),
  );
  expect(() =>
    assertContract(defineContract({ name: 'a', version: '1.0.0', channels: { n: state(z.int()) } })),
  ).not.toThrow();
});
