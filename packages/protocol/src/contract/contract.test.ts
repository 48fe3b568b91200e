import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { defineContract } from './contract.js';
import { collection, command, state, stream } from './definition.js';

const Price = z.object({ bid: z.number(), ask: z.number(), at: z.number() });
const Position = z.object({ id: z.string(), symbol: z.string() });
const Alert = mini.object({ text: mini.string() });

function defined(
  channels: Record<string, unknown>,
  commands: Record<string, unknown> = {},
  name = 'market',
  version = '1.0.0',
) {
  return () =>
    defineContract({
      name,
      version,
      channels: channels as Record<string, never>,
      commands: commands as Record<string, never>,
    });
}

test('a contract holds what it was given, with defaults, and is frozen', () => {
  const market = defineContract({
    name: 'market',
    version: '1.0.0',
    channels: {
      'price/{symbol}': state(Price, { staleAfterMs: 5_000, timeField: 'at' }),
      'positions/{userId}': collection(Position, { key: 'id' }),
      alerts: stream(Alert, { history: { size: 100, ttlMs: 3_600_000 } }),
    },
    commands: { place: command({ input: Position, output: Position, errors: { poor: Alert } }) },
  });
  expect(market.channels['price/{symbol}']).toEqual({
    kind: 'state',
    schema: Price,
    staleAfterMs: 5_000,
    timeField: 'at',
  });
  expect(market.channels['positions/{userId}'].key).toBe('id');
  expect(market.channels.alerts.history).toEqual({ size: 100, ttlMs: 3_600_000 });
  expect(market.commands.place).toMatchObject({
    idempotent: false,
    timeoutMs: undefined,
    errors: { poor: Alert },
  });
  for (const part of [
    market,
    market.channels,
    market.commands,
    market.channels.alerts,
    market.channels.alerts.history,
    market.commands.place,
    market.commands.place.errors,
  ]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test('changing the object that was given changes nothing', () => {
  const channels = { alerts: state(Price) };
  const contract = defineContract({ name: 'a', version: '1.0.0', channels });
  Object.assign(channels, { more: state(Price) });
  expect(Object.keys(contract.channels)).toEqual(['alerts']);
});

describe('mistakes are refused at the call, in a sentence', () => {
  const ok = state(Price);
  test.each([
    ['name', defined({}, {}, 'my market'), 'Contract name "my market" must begin with a letter'],
    ['empty name', defined({}, {}, ''), 'Contract name "" must begin'],
    ['reserved name', defined({}, {}, 'tickwire'), 'Contract name "tickwire" is reserved'],
    [
      'version',
      defined({}, {}, 'a', '1.0'),
      'Contract version "1.0" must be a semantic version like "1.0.0".',
    ],
    ['version with a leading zero', defined({}, {}, 'a', '01.0.0'), 'Contract version "01.0.0"'],
    ['pattern', defined({ 'price/{symbol': ok }), 'segment 2: "{symbol" must be a name'],
    ['parameter first', defined({ '{symbol}': ok }), 'segment 1: "{symbol}" must be a name'],
    ['duplicate parameter', defined({ 'a/{x}/{x}': ok }), 'parameter "x" is there twice'],
    [
      'overlap',
      defined({ 'a/{x}': ok, 'a/b': ok }),
      'Channels "a/{x}" and "a/b" overlap: one id could be both.',
    ],
    ['overlap under two names', defined({ 'a/{x}/c': ok, 'a/b/{y}': ok }), 'overlap'],
    ['reserved channel', defined({ 'tw.stats': ok }), 'Channel "tw.stats" is reserved'],
    ['channel named like an object part', defined({ constructor: ok }), 'has a name every object has'],
    [
      'no definition',
      defined({ a: Price }),
      'Channel "a" must be made with state(), collection() or stream().',
    ],
    [
      'command among channels',
      defined({ a: command({ input: Price, output: Price }) }),
      'must be made with state()',
    ],
    ['no schema', defined({ a: state({} as never) }), 'Channel "a" needs a Zod 4 schema'],
    [
      'staleAfterMs',
      defined({ a: state(Price, { staleAfterMs: 0.5 }) }),
      'staleAfterMs is 0.5 and must be a whole number',
    ],
    ['no key', defined({ a: collection(Position, {} as never) }), "a collection needs { key: 'the field"],
    ['no options', defined({ a: collection(Position, undefined as never) }), 'a collection needs'],
    ['no history', defined({ a: stream(Alert, {} as never) }), 'history.size is undefined'],
    [
      'history.size',
      defined({ a: stream(Alert, { history: { size: -1, ttlMs: 1 } }) }),
      'history.size is -1',
    ],
    [
      'history.ttlMs',
      defined({ a: stream(Alert, { history: { size: 1, ttlMs: 0 } }) }),
      'history.ttlMs is 0',
    ],
    [
      'command name',
      defined({}, { 'place order': command({ input: Price, output: Price }) }),
      'Command "place order" must begin',
    ],
    [
      'reserved command',
      defined({}, { 'tickwire.ping': command({ input: Price, output: Price }) }),
      'is reserved',
    ],
    ['no command', defined({}, { place: state(Price) }), 'Command "place" must be made with command().'],
    [
      'no input',
      defined({}, { place: command({ output: Price } as never) }),
      'Command "place" needs a Zod 4 schema as input.',
    ],
    [
      'error name',
      defined({}, { place: command({ input: Price, output: Price, errors: { 'a b': Price } }) }),
      'error "a b": must begin',
    ],
    [
      'timeoutMs',
      defined({}, { place: command({ input: Price, output: Price, timeoutMs: 1e12 }) }),
      'timeoutMs is 1000000000000',
    ],
  ])('%s', (_, define, sentence) => {
    expect(define).toThrow(TypeError);
    expect(define).toThrow(sentence);
  });

  test('all of them at once', () => {
    expect(defined({ '1': ok, 'a/{x}': ok, 'a/b': ok }, {}, '', 'x')).toThrow(
      /name[^]*version[^]*segment 1[^]*overlap/,
    );
  });
});

test('names that only look reserved are fine', () => {
  expect(defined({ twitter: state(Price), 'two/{x}': state(Price), tickwires: state(Price) })).not.toThrow();
});
