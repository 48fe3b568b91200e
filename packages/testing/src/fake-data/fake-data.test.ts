import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import { trading } from '@tickwire/protocol/trading';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { safeParse, type $ZodType } from 'zod/v4/core';
import { createTestClient } from '../test-client/test-client.js';
import { BTC, market } from '../test-support/market.js';
import { createFakeData } from './fake-data.js';

/** A contract whose one channel has this schema. */
const holding = (schema: z.ZodType) =>
  defineContract({ name: 'one', version: '1.0.0', channels: { it: state(schema) } });

const fits = (schema: unknown, value: unknown): unknown => {
  const { success, error } = safeParse(schema as $ZodType, value);
  return success ? 'fits' : { value, error };
};

describe('for the trading contract', () => {
  test('every value of every channel and command fits its schema, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const fake = createFakeData(trading, { seed });
        for (const name of Object.keys(trading.channels) as (keyof typeof trading.channels)[]) {
          expect(fits(trading.channels[name].schema, fake.item(name))).toBe('fits');
        }
        for (const name of Object.keys(trading.commands) as (keyof typeof trading.commands)[]) {
          const { input, output, errors } = trading.commands[name];
          expect(fits(input, fake.input(name))).toBe('fits');
          expect(fits(output, fake.output(name))).toBe('fits');
          for (const [error, schema] of Object.entries(errors)) {
            expect(fits(schema, fake.errorData(name, error as never))).toBe('fits');
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a real server takes all of it', async () => {
    const fake = createFakeData(trading);
    const double = createTestClient(trading);
    for (const name of Object.keys(trading.channels) as (keyof typeof trading.channels)[]) {
      const params = fake.params(name);
      const handle = double.client.channel(name, params);
      handle.retain();
      await double.push(name, ...((name.includes('{') ? [params] : []) as []), fake.item(name) as never);
      expect(handle.getSnapshot()).toMatchObject({ status: 'live', error: null });
    }
    await double.close();
  });
});

describe('what is made', () => {
  test('is the same for equal seeds, and another for others', () => {
    const draw = (seed: number) => {
      const fake = createFakeData(trading, { seed });
      return [fake.items('trades/{symbol}', 5), fake.input('placeOrder'), fake.params('book/{symbol}')];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('carries the parameters in fields of their name, and a time near the clock of tests', () => {
    const quote = createFakeData(trading).item('quotes/{symbol}', { symbol: 'BTC-USD' });
    expect(quote.symbol).toBe('BTC-USD');
    expect(Math.abs(quote.at - 1_750_000_000_000)).toBeLessThan(86_400_001);
  });

  test('carries the parameters also in fields that may be left out, and in no others', () => {
    const schema = z.union([
      z.object({ kind: z.literal('a'), symbol: z.string().optional() }),
      z.strictObject({ kind: z.literal('b') }),
      z.looseObject({ kind: z.literal('c'), symbol: z.enum(['ETH-USD']).optional() }),
    ]);
    const contract = defineContract({
      name: 'one',
      version: '1.0.0',
      channels: { 'it/{symbol}/{side}': state(schema) },
    });
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const made = createFakeData(contract, { seed }).item('it/{symbol}/{side}', {
        symbol: 'BTC-USD',
        side: 'buy',
      });
      seen.add(made.kind);
      expect(made).not.toHaveProperty('side');
      if (made.kind === 'a') expect(made.symbol).toBe('BTC-USD');
      else expect(made).not.toHaveProperty('symbol', 'BTC-USD');
    }
    expect(seen).toEqual(new Set(['a', 'b', 'c']));
  });

  test('has defaults filled in where it is read, and is JSON', () => {
    const fake = createFakeData(market);
    const price = fake.item('price/{symbol}', BTC);
    expect(price.currency).toBeTypeOf('string');
    expect(JSON.parse(JSON.stringify(price))).toEqual(price);
  });

  test('records of a collection have keys of their own', () => {
    const orders = createFakeData(trading).items('orders/{accountId}', 50);
    expect(new Set(orders.map(({ id }) => id)).size).toBe(50);
  });

  test.each([
    ['uuid', z.uuid()],
    ['uuid v7', z.uuidv7()],
    ['guid', z.guid()],
    ['email', z.email()],
    ['url', z.url()],
    ['datetime', z.iso.datetime()],
    ['datetime with an offset', z.iso.datetime({ offset: true })],
    ['local datetime', z.iso.datetime({ local: true })],
    ['datetime to the second', z.iso.datetime({ precision: 0 })],
    ['date', z.iso.date()],
    ['time', z.iso.time()],
    ['duration', z.iso.duration()],
    ['ipv4', z.ipv4()],
    ['ipv6', z.ipv6()],
    ['cidrv4', z.cidrv4()],
    ['cidrv6', z.cidrv6()],
    ['mac', z.mac()],
    ['cuid2', z.cuid2()],
    ['ulid', z.ulid()],
    ['xid', z.xid()],
    ['ksuid', z.ksuid()],
    ['nanoid', z.nanoid()],
    ['base64', z.base64()],
    ['base64url', z.base64url()],
    ['e164', z.e164()],
    ['emoji', z.emoji()],
    ['jwt', z.jwt()],
    ['hostname', z.hostname()],
    ['hex', z.hex()],
    ['prefix and suffix', z.string().startsWith('ord_').endsWith('_x')],
    ['part', z.string().includes('/')],
    ['upper case', z.string().uppercase().max(4)],
    ['lower case', z.string().lowercase().min(30)],
    ['exact length', z.string().length(7)],
    ['at most one character', z.string().max(1)],
    ['decimal', z.string().regex(/^-?(?:0|[1-9]\d{0,29})(?:\.\d{1,18})?$/)],
    ['isin', z.string().regex(/^[A-Z]{2}[A-Z0-9]{9}\d$/)],
    ['named group and reference', z.string().regex(/^(?<side>buy|sell):\d{2,4}-\1$/)],
    ['looking ahead', z.string().regex(/^(?=.*\d)[a-z0-9]{6,12}$/)],
    ['letters of any language', z.string().regex(/^\p{Lu}\p{L}+$/u)],
    ['everything but', z.string().regex(/^[^\s/]{3,5}\S\W$/)],
    ['code points', z.string().regex(/^\x41\u0042\u{43}[\b-\t]?\.$/u)],
    ['template', z.templateLiteral(['px:', z.number(), '/', z.enum(['a', 'b'])])],
    [
      'expression and bounds',
      z
        .string()
        .regex(/^[a-z0-9-]+$/)
        .min(8)
        .max(64),
    ],
    [
      'bounds and expression',
      z
        .string()
        .min(20)
        .max(40)
        .regex(/^[a-z]*$/),
    ],
    [
      'expression and exact length',
      z
        .string()
        .regex(/^[A-Z][a-z]+(?: [A-Z][a-z]+)*$/)
        .length(31),
    ],
    [
      'words up to a length',
      z
        .string()
        .regex(/^[a-z]+(?:-[a-z]+)+$/)
        .max(5),
    ],
    [
      'one of two expressions that is long enough',
      z
        .string()
        .regex(/^(?:ab?|x\d{2,})$/)
        .min(12),
    ],
    ['expression without anchors', z.string().regex(/\d/).min(12)],
    ['expression with an anchor', z.string().regex(/-\d$/).min(12)],
    [
      'expression and the prefix it has',
      z
        .string()
        .regex(/^ord_[a-z]{3,}$/)
        .startsWith('ord_')
        .min(12),
    ],
    [
      'pairs up to a length',
      z
        .string()
        .regex(/^(?:ab)*$/)
        .min(11)
        .max(13),
    ],
    [
      'reference and a length',
      z
        .string()
        .regex(/^([a-z]+)=\1$/)
        .min(9)
        .max(30),
    ],
    ['prefix and at most', z.string().startsWith('abc-').max(6)],
    ['prefix and exact length', z.string().startsWith('abc-').length(4)],
    ['prefix and at least', z.string().startsWith('abc-').min(30)],
    ['short email', z.email().max(12)],
    ['long email', z.email().min(40)],
    ['short url', z.url().max(20)],
    ['long url', z.url().min(60).max(80)],
    ['short hostname', z.hostname().max(8)],
    ['whole number', z.int().min(3).max(5)],
    ['between', z.number().gt(0).lt(1)],
    ['a narrow range', z.number().gt(0).lt(0.000_1)],
    ['below', z.number().lt(-10)],
    ['one value', z.number().min(5).max(5)],
    ['steps', z.number().multipleOf(0.05).min(1).max(2)],
    ['steps of ten', z.int().multipleOf(10)],
    ['int32', z.int32()],
    ['uint32', z.uint32()],
    ['float32', z.float32()],
    ['positive', z.number().positive()],
    ['nullable', z.nullable(z.string())],
    ['list', z.array(z.boolean()).min(2).max(3)],
    ['list of a length', z.array(z.null()).length(4)],
    ['tuple', z.tuple([z.string(), z.number()])],
    ['record', z.record(z.string().regex(/^k\d$/), z.number())],
    ['record of an enum', z.record(z.enum(['a', 'b']), z.number())],
    ['literals', z.literal(['a', 1, null])],
    ['union', z.union([z.string(), z.object({ a: z.number() })])],
    ['intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))],
    ['strict object', z.strictObject({ a: z.optional(z.string()) })],
    ['loose object', z.looseObject({ a: z.string() })],
    ['unknown', z.object({ a: z.unknown(), b: z.any() })],
    ['readonly', z.readonly(z.object({ a: z.string() }))],
    ['needed after all', z.object({ a: z.nonoptional(z.optional(z.string())) })],
    ['default', z.object({ a: z.string().default('x'), b: z.string().prefault('y') })],
    ['refined', z.number().refine((n) => Math.floor(n) % 2 === 0)],
    ['refined as a whole', z.object({ a: z.int(), b: z.int() }).refine(({ a, b }) => a <= b)],
    ['a field called __proto__', z.object({ ['__proto__']: z.string() })],
  ])('fits: %s', (_, schema) => {
    for (let seed = 0; seed < 30; seed++) {
      const value = createFakeData(holding(schema), { seed }).item('it');
      expect(fits(schema, value)).toBe('fits');
    }
  });

  test('ends where a schema holds itself', () => {
    interface Tree {
      readonly name: string;
      readonly leaves: readonly Tree[];
      readonly next?: Tree | undefined;
    }
    const schema: z.ZodType<Tree> = z.lazy(() =>
      z.object({ name: z.string(), leaves: z.array(schema), next: schema.optional() }),
    );
    expect(fits(schema, createFakeData(holding(schema)).item('it'))).toBe('fits');
  });

  test('ends where a union holds itself, whatever the seed', () => {
    interface Sum {
      readonly op: 'n' | 'add' | 'mul';
    }
    const Expression: z.ZodType<Sum> = z.lazy(() =>
      z.discriminatedUnion('op', [
        z.object({ op: z.literal('add'), l: Expression, r: Expression }),
        z.object({ op: z.literal('mul'), l: Expression, r: Expression, also: z.array(Expression).min(1) }),
        z.object({ op: z.literal('n'), value: z.number() }),
      ]),
    );
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    const depths = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const value = createFakeData(holding(Expression), { seed }).item('it');
      expect(fits(Expression, value)).toBe('fits');
      depths.add(depthOf(value));
    }
    expect(Math.max(...depths)).toBeGreaterThan(2);
    expect(Math.max(...depths)).toBeLessThan(10);
  });

  test('leaves out the part of a union that never ends', () => {
    const Endless: z.ZodType = z.lazy(() => z.object({ next: Endless }));
    const schema = z.union([Endless, z.number()]);
    for (let seed = 0; seed < 10; seed++)
      expect(createFakeData(holding(schema), { seed }).item('it')).toBeTypeOf('number');
  });

  test('takes another part of a union where one cannot be made', () => {
    const schema = z.union([z.string().regex(/^a$/).min(2), z.number()]);
    expect(createFakeData(holding(schema)).item('it')).toBeTypeOf('number');
  });
});

describe('what cannot be made', () => {
  const odd = z.object({
    legs: z.array(z.object({ isin: z.string().refine((text) => text.endsWith('!?')) })).min(1),
  });

  const endless: z.ZodType = z.lazy(() => z.object({ next: endless }));
  const itself: z.ZodType = z.lazy(() => itself);

  test('is told with its place, and can be said', () => {
    const contract = holding(odd);
    expect(() => createFakeData(contract).item('it')).toThrow(
      "Fake data: no value for it.legs[].isin: none of 200 values that were made fits the schema. Say how it is made: overrides: { 'it.legs[].isin': (random) => … }.",
    );
    const fake = createFakeData(contract, {
      overrides: { 'it.legs[].isin': (random) => `${random.int(1, 9)}!?` },
    });
    expect(fits(odd, fake.item('it'))).toBe('fits');
    const wrong = createFakeData(contract, { overrides: { 'it.legs[].isin': () => 'no' } });
    expect(() => wrong.item('it')).toThrow('what overrides["it.legs[].isin"] makes does not fit the schema');
  });

  test.each([
    ['an expression with an unknown property', z.string().regex(/^\p{Script=Greek}$/u), 'cannot be made'],
    ['a type JSON has not', z.bigint(), 'a schema of type bigint cannot be made'],
    ['never', z.never(), 'a schema of type never cannot be made'],
    ['what must hold itself', endless, 'for it: a schema in it holds itself without an end. Say how'],
    ['what is itself', itself, 'for it: a schema in it holds itself without an end. Say how'],
  ])('%s', (_, schema, message) => {
    expect(() => createFakeData(holding(schema)).item('it')).toThrow(message);
  });

  test('more records than there are keys', () => {
    const contract = defineContract({
      name: 'one',
      version: '1.0.0',
      channels: { sides: collection(z.object({ side: z.enum(['buy', 'sell']) }), { key: 'side' }) },
    });
    expect(createFakeData(contract).items('sides', 2)).toHaveLength(2);
    expect(() => createFakeData(contract).items('sides', 3)).toThrow(
      'only 2 of 3 records of sides have a "side" of their own',
    );
  });

  test('names the contract does not have', () => {
    const contract = defineContract({
      name: 'one',
      version: '1.0.0',
      channels: { a: stream(z.string(), { history: { size: 1, ttlMs: 1 } }) },
      commands: { go: command({ input: z.object({}), output: z.string() }) },
    });
    const fake = createFakeData(contract);
    expect(() => fake.item('b' as 'a')).toThrow('The contract has no channel "b". It has: a.');
    expect(() => fake.input('stop' as 'go')).toThrow('The contract has no command "stop". It has: go.');
    expect(() => fake.errorData('go', 'oops' as never)).toThrow(
      'The contract has no declared error "oops". It has: none.',
    );
  });
});
