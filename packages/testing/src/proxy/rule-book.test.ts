import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../random/seeded-random.js';
import type { Fault, FaultMatch, FaultRule } from './fault-rule.js';
import { FrameObserver, type MessageKind, type ObservedMessage } from './observed-message.js';
import { RuleBook } from './rule-book.js';

const observer = new FrameObserver();
observer.read('{"t":"subd","id":1,"r":[{"c":"book/A","n":7},{"c":"book/B","err":{"c":"forbidden"}}]}');

function message(text: string, more: Partial<ObservedMessage> = {}): ObservedMessage {
  return {
    direction: 'toClient',
    connection: 1,
    kind: 'text',
    frames: observer.read(text),
    byteLength: text.length,
    ...more,
  };
}

const DROP: Fault = { do: 'drop' };
const DELTA = '{"t":"d","n":7,"o":4}';

function strikes(match: FaultMatch, ...messages: readonly ObservedMessage[]): readonly boolean[] {
  const book = new RuleBook([{ match, then: DROP }], new SeededRandom(1));
  return messages.map((each) => book.faultOf(each) !== null);
}

describe('RuleBook', () => {
  it('fits by direction, by the type of a frame, by channel and by alias', () => {
    const delta = message(DELTA);
    expect(strikes({}, delta)).toEqual([true]);
    expect(strikes({ direction: 'toServer' }, delta)).toEqual([false]);
    expect(strikes({ frame: 'd' }, delta, message('{"t":"f","n":7}'))).toEqual([true, false]);
    expect(strikes({ frame: ['f', 'd'] }, delta)).toEqual([true]);
    expect(strikes({ alias: 7 }, delta, message('{"t":"d","n":8}'))).toEqual([true, false]);
    expect(strikes({ channel: 'book/A' }, delta, message('{"t":"d","n":8}'))).toEqual([true, false]);
    expect(strikes({ channel: 'book/B' }, message('{"t":"sub","id":2,"ch":[{"c":"book/B"}]}'))).toEqual([
      true,
    ]);
    expect(strikes({ channel: 'book/B' }, message('{"t":"unsub","id":3,"ch":["book/B"]}'))).toEqual([true]);
  });

  it('asks type and channel of one and the same frame', () => {
    const mixed = message(`{"t":"ping","k":1}\n${DELTA}`);
    expect(strikes({ frame: 'ping', channel: 'book/A' }, mixed)).toEqual([false]);
    expect(strikes({ frame: 'd', channel: 'book/A' }, mixed)).toEqual([true]);
  });

  it('leaves the upgrade and control frames alone unless a rule names them', () => {
    const of = (kind: MessageKind) => message('', { kind, frames: [] });
    expect(strikes({}, of('upgrade'), of('ping'), of('close'), of('binary'))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(strikes({ kind: ['upgrade', 'close'] }, of('upgrade'), of('close'), of('text'))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('counts to the n-th that fits, and lets a predicate decide', () => {
    const [f, d] = [message('{"t":"f","n":7}'), message(DELTA)];
    expect(strikes({ frame: 'd', nth: 2 }, d, f, d, d)).toEqual([false, false, true, false]);
    const late = ({ frames }: ObservedMessage) => Number(frames[0]?.json['o']) > 3;
    expect(strikes({ where: late }, d, message('{"t":"d","n":7,"o":3}'))).toEqual([true, false]);
  });

  it('draws chance from the source it is given: the same seed strikes the same messages', () => {
    const run = (seed: number) => {
      const book = new RuleBook([{ match: { chance: 0.3 }, then: DROP }], new SeededRandom(seed));
      return Array.from({ length: 200 }, () => book.faultOf(message(DELTA)) !== null);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const struck = run(1).filter(Boolean).length;
    expect(struck).toBeGreaterThan(30);
    expect(struck).toBeLessThan(90);
  });

  it('lets the first rule that fits strike, and all of them count', () => {
    const rules: readonly FaultRule[] = [
      { match: { nth: 1 }, then: DROP },
      { match: { nth: 2 }, then: { do: 'duplicate' } },
      { match: { nth: 1 }, then: { do: 'reset' } },
    ];
    const book = new RuleBook(rules, new SeededRandom(1));
    expect([message(DELTA), message(DELTA), message(DELTA)].map((each) => book.faultOf(each)?.do)).toEqual([
      'drop',
      'duplicate',
      undefined,
    ]);
  });

  it.each<[string, unknown]>([
    ['rules[0]: `then.do` is "explode"', { then: { do: 'explode' } }],
    ['rules[0]: `then.do` is undefined; it must be one of delay, stall', { then: {} }],
    ['rules[0]: `then` is undefined; it must say what happens', {}],
    ['rules[0]: `then` is undefined; it must say what happens', { match: {} }],
    ['rules[0]: `then` is "drop"; it must say what happens', { then: 'drop' }],
    ['rules[0]: it is null; it must be an object', null],
    ['rules[0]: it is "drop"; it must be an object', 'drop'],
    [
      'rules[0]: `mach` means nothing here; leave it out, or write one of match, then',
      { mach: {}, then: DROP },
    ],
    ['rules[0]: `match` is null; it must be an object', { match: null, then: DROP }],
    ['rules[0]: `match` is []; it must be an object', { match: [], then: DROP }],
    ['rules[0]: `match.chanel` means nothing here', { match: { chanel: 'book/A' }, then: DROP }],
    [
      'rules[0]: `match.direction` is "server"; it must be one of toServer, toClient.',
      { match: { direction: 'server' }, then: DROP },
    ],
    [
      'rules[0]: `match.kind` is "txt"; it must be one of upgrade, text',
      { match: { kind: 'txt' }, then: DROP },
    ],
    ['rules[0]: `match.kind` is ["text","txt"]', { match: { kind: ['text', 'txt'] }, then: DROP }],
    ['rules[0]: `match.frame` is "delta"', { match: { frame: 'delta' }, then: DROP }],
    ['rules[0]: `match.frame` is "toString"', { match: { frame: 'toString' }, then: DROP }],
    ['rules[0]: `match.channel` is 7', { match: { channel: 7 }, then: DROP }],
    ['rules[0]: `match.alias` is "7"', { match: { alias: '7' }, then: DROP }],
    ['rules[0]: `match.where` is true', { match: { where: true }, then: DROP }],
    ['rules[0]: `then.delayMs` is -1; it must be a number from 0', { then: { do: 'delay', delayMs: -1 } }],
    ['rules[0]: `then.delayMs` is undefined', { then: { do: 'delay' } }],
    ['rules[0]: `then.delay` means nothing here', { then: { do: 'delay', delay: 1 } }],
    ['rules[0]: `then.copyDelayMs` is NaN', { then: { do: 'duplicate', copyDelayMs: NaN } }],
    ['rules[0]: `then.afterBytes` is 1.5', { then: { do: 'truncate', afterBytes: 1.5 } }],
    ...[99, 999, 1004, 1005, 1006, 1015, 2000, 5000, 1000.5, '1000'].map((code): [string, unknown] => [
      `rules[0]: \`then.code\` is ${JSON.stringify(code)}; it must be a code that a close frame may carry`,
      { then: { do: 'closeWithCode', code } },
    ]),
    ['rules[0]: `then.reason` is "éé', { then: { do: 'closeWithCode', code: 4000, reason: 'é'.repeat(62) } }],
    ['rules[0]: `then.reason` is 1', { then: { do: 'closeWithCode', code: 4000, reason: 1 } }],
    ['rules[0]: `then.bytesPerSecond` is 0', { then: { do: 'throttle', bytesPerSecond: 0 } }],
    ['rules[0]: `match.nth` is 0', { match: { nth: 0 }, then: DROP }],
    ['rules[0]: `match.nth` is 1.5', { match: { nth: 1.5 }, then: DROP }],
    ['rules[0]: `match.chance` is 2', { match: { chance: 2 }, then: DROP }],
    ['rules[0]: `match.chance` is "0.5"', { match: { chance: '0.5' }, then: DROP }],
  ])('refuses a rule that cannot be: %s', (message_, rule) => {
    expect(() => new RuleBook([rule as FaultRule], new SeededRandom(1))).toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringContaining(message_) as string }),
    );
  });

  it('names the rule that cannot be, and refuses what is no list', () => {
    const make = (rules: unknown) => () => new RuleBook(rules as readonly FaultRule[], new SeededRandom(1));
    expect(make([{ then: DROP }, null])).toThrow('rules[1]: it is null');
    expect(make({ then: DROP })).toThrow('rules: {"then":{"do":"drop"}} must be a list.');
    expect(make(null)).toThrow(expect.objectContaining({ code: 'bad_input' }));
  });

  it.each<FaultRule>([
    { match: undefined, then: { do: 'duplicate', copyDelayMs: undefined } },
    { match: { kind: [], nth: undefined, chance: 0 }, then: { do: 'throttle', bytesPerSecond: 1.5 } },
    ...[1000, 1003, 1007, 1014, 3000, 4999].map((code): FaultRule => ({
      then: { do: 'closeWithCode', code, reason: undefined },
    })),
  ])('takes a rule that can be: %j', (rule) => {
    expect(() => new RuleBook([rule], new SeededRandom(1))).not.toThrow();
  });
});
