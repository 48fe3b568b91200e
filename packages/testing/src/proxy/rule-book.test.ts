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

  it.each<[string, FaultRule]>([
    ['rules[0]: `then.do` is "explode"', { then: { do: 'explode' } as unknown as Fault }],
    ['rules[0]: `then.delayMs` is -1; it must be a number from 0', { then: { do: 'delay', delayMs: -1 } }],
    ['rules[0]: `then.copyDelayMs` is NaN', { then: { do: 'duplicate', copyDelayMs: NaN } }],
    ['rules[0]: `then.code` is 99', { then: { do: 'closeWithCode', code: 99 } }],
    [
      'rules[0]: `then.reason` is longer',
      { then: { do: 'closeWithCode', code: 4000, reason: 'é'.repeat(62) } },
    ],
    ['rules[0]: `then.bytesPerSecond` is 0', { then: { do: 'throttle', bytesPerSecond: 0 } }],
    ['rules[0]: `match.nth` is 0', { match: { nth: 0 }, then: DROP }],
    ['rules[0]: `match.chance` is 2', { match: { chance: 2 }, then: DROP }],
  ])('refuses a rule that cannot be: %s', (message_, rule) => {
    expect(() => new RuleBook([rule], new SeededRandom(1))).toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringContaining(message_) as string }),
    );
  });
});
