import {
  type DeltaFrame,
  type EventsFrame,
  type FullFrame,
  MAX_PARTS,
  type Position,
  type RecoveryMode,
  type ResetFrame,
  type SubscribedEntry,
} from '@tickwire/protocol';
import { describe, expect, test } from 'vitest';
import { createSequencer, type SequencedFrame, type Sequencer } from './sequencer.js';

const entry = (m: RecoveryMode, o: number, more: Partial<SubscribedEntry> = {}): SubscribedEntry => ({
  c: 'c',
  n: 1,
  kind: 'state',
  e: 'A',
  o,
  m,
  ...more,
});
const f = (o: number, more: Partial<FullFrame> = {}): FullFrame => ({ t: 'f', n: 1, o, ...more });
const d = (o: number, more: Partial<DeltaFrame> = {}): DeltaFrame => ({ t: 'd', n: 1, o, ...more });
const e = (o: number, more: Partial<EventsFrame> = {}): EventsFrame => ({ t: 'e', n: 1, o, v: 0, ...more });
const rst = (o: number, more: Partial<ResetFrame> = {}): ResetFrame => ({
  t: 'rst',
  n: 1,
  e: 'A',
  o,
  why: 'epoch',
  ...more,
});

/** Accepts and, where there is something to apply, commits. */
function take(sequencer: Sequencer, frame: SequencedFrame): string {
  const verdict = sequencer.accept(frame);
  if (typeof verdict === 'string') return verdict;
  sequencer.commit(verdict);
  return 'apply';
}

/** A cursor at (A, 10), at the head. */
function at10(): Sequencer {
  const sequencer = createSequencer();
  sequencer.attach(entry('full', 10), null);
  take(sequencer, f(10));
  return sequencer;
}

/** The cursor (A, 10) is void: a whole value is on its way. */
function void10(epoch = 'A'): Sequencer {
  const sequencer = at10();
  sequencer.attach(entry('full', 5, { e: epoch }), { epoch: 'A', offset: 10 });
  return sequencer;
}

/** The entry in force is of another epoch than the cursor. */
function foreign(): Sequencer {
  const sequencer = at10();
  sequencer.attach(entry('range', 12, { e: 'B' }), sequencer.cursor);
  return sequencer;
}

describe('the cursor rule (P-DATA-1)', () => {
  const rows: [string, () => Sequencer, SequencedFrame, string, Position | null][] = [
    ['d that follows', at10, d(11), 'apply', { epoch: 'A', offset: 11 }],
    ['d that overlaps', at10, d(15, { b: 3 }), 'apply', { epoch: 'A', offset: 15 }],
    ['d that jumps without a hole', at10, d(99, { b: 10 }), 'apply', { epoch: 'A', offset: 99 }],
    ['d known', at10, d(10), 'ignore', { epoch: 'A', offset: 10 }],
    ['d old', at10, d(7, { b: 1 }), 'ignore', { epoch: 'A', offset: 10 }],
    ['d behind a hole', at10, d(12), 'hole', { epoch: 'A', offset: 10 }],
    ['d behind a hole, with base', at10, d(20, { b: 11 }), 'hole', { epoch: 'A', offset: 10 }],
    ['e that follows', at10, e(11), 'apply', { epoch: 'A', offset: 11 }],
    ['e with several', at10, e(13, { vs: [1, 2, 3] }), 'apply', { epoch: 'A', offset: 13 }],
    ['e that overlaps', at10, e(12, { vs: [1, 2, 3, 4] }), 'apply', { epoch: 'A', offset: 12 }],
    ['e known', at10, e(9), 'ignore', { epoch: 'A', offset: 10 }],
    ['e behind a hole', at10, e(13, { vs: [1, 2] }), 'hole', { epoch: 'A', offset: 10 }],
    ['f newer', at10, f(12), 'apply', { epoch: 'A', offset: 12 }],
    ['f at the cursor', at10, f(10), 'apply', { epoch: 'A', offset: 10 }],
    ['f old', at10, f(9), 'ignore', { epoch: 'A', offset: 10 }],
    ['f old but of another epoch', at10, f(1, { e: 'B' }), 'apply', { epoch: 'B', offset: 1 }],
    ['rst ahead', at10, rst(20), 'apply', { epoch: 'A', offset: 20 }],
    ['rst at the cursor', at10, rst(10), 'ignore', { epoch: 'A', offset: 10 }],
    ['rst of another epoch', at10, rst(3, { e: 'B' }), 'apply', { epoch: 'B', offset: 3 }],
    ['void: d, so the whole value before it is lost', void10, d(11), 'hole', { epoch: 'A', offset: 10 }],
    ['void: e, so the reset before it is lost', void10, e(11), 'hole', { epoch: 'A', offset: 10 }],
    ['void: f behind', void10, f(5), 'apply', { epoch: 'A', offset: 5 }],
    [
      'void, other epoch: f takes the epoch of the entry',
      () => void10('B'),
      f(5),
      'apply',
      { epoch: 'B', offset: 5 },
    ],
    ['void: rst behind', void10, rst(2), 'apply', { epoch: 'A', offset: 2 }],
    // What is asked next has no cursor (P-SUB-6).
    ['foreign entry: d', foreign, d(11), 'ignore', null],
    ['foreign entry: e', foreign, e(11), 'ignore', null],
    ['foreign entry: f', foreign, f(4), 'apply', { epoch: 'B', offset: 4 }],
    ['an offset that is none', at10, d(11.5), 'ignore', { epoch: 'A', offset: 10 }],
    ['an offset below 0', () => createSequencer(), f(-1), 'ignore', null],
    ['an offset of another type', at10, d('11' as unknown as number), 'ignore', { epoch: 'A', offset: 10 }],
  ];
  test.each(rows)('%s', (_, make, frame, verdict, cursor) => {
    const sequencer = make();
    expect(take(sequencer, frame)).toBe(verdict);
    expect(sequencer.cursor).toEqual(cursor);
  });

  test('after a hole nothing but a whole value, a reset or an answer counts', () => {
    const sequencer = at10();
    expect(take(sequencer, d(12))).toBe('hole');
    expect(sequencer.atHead).toBe(false);
    expect(take(sequencer, d(11))).toBe('ignore');
    expect(take(sequencer, d(13))).toBe('ignore');
    expect(sequencer.attach(entry('range', 13), { epoch: 'A', offset: 10 })).toBe(true);
    expect(take(sequencer, d(13, { b: 10 }))).toBe('apply');
    expect(sequencer.atHead).toBe(true);
  });
});

describe('an answer moves the cursor (P-SUB-6)', () => {
  const sent = { epoch: 'A', offset: 10 };

  test('same: at the head at once', () => {
    const sequencer = at10();
    expect(sequencer.attach(entry('same', 10), sent)).toBe(true);
    expect(sequencer.atHead).toBe(true);
  });

  test('same, but not where the cursor is: a hole', () => {
    const sequencer = at10();
    expect(sequencer.attach(entry('same', 12), sent)).toBe(false);
  });

  test('same or range without a cursor, or with one of another epoch: a hole', () => {
    expect(createSequencer().attach(entry('same', 0), null)).toBe(false);
    expect(createSequencer().attach(entry('range', 4), null)).toBe(false);
    expect(at10().attach(entry('range', 12, { e: 'B' }), sent)).toBe(false);
  });

  test('range: at the head when the offset of the answer is reached', () => {
    const sequencer = at10();
    sequencer.attach(entry('range', 14), sent);
    take(sequencer, e(12, { vs: [1, 2] }));
    expect(sequencer.atHead).toBe(false);
    take(sequencer, e(14, { vs: [1, 2] }));
    expect(sequencer.atHead).toBe(true);
  });

  test('tail: from where the server says, or at the head', () => {
    const sequencer = createSequencer();
    sequencer.attach(entry('tail', 20, { b: 18 }), null);
    expect(sequencer.cursor).toEqual({ epoch: 'A', offset: 18 });
    expect(sequencer.atHead).toBe(false);
    const other = createSequencer();
    other.attach(entry('tail', 20), null);
    expect(other.cursor).toEqual({ epoch: 'A', offset: 20 });
    expect(other.atHead).toBe(true);
  });

  test('tail once more, because the question was sent again: what was given is not given twice (P-SUB-2, P-APP-2)', () => {
    const sequencer = createSequencer();
    sequencer.attach(entry('tail', 20, { b: 18 }), null);
    expect(take(sequencer, e(20, { vs: [1, 2] }))).toBe('apply');
    expect(sequencer.attach(entry('tail', 20, { b: 18 }), null)).toBe(true);
    expect(sequencer.atHead).toBe(true);
    expect(take(sequencer, e(20, { vs: [1, 2] }))).toBe('ignore');
    expect(take(sequencer, e(21))).toBe('apply');
  });

  test('tail of another epoch than what was given since: a hole, and asked with the cursor, so that it is told', () => {
    const sequencer = createSequencer();
    sequencer.attach(entry('tail', 20, { b: 18 }), null);
    expect(sequencer.attach(entry('tail', 3, { e: 'B', b: 1 }), null)).toBe(false);
    expect(take(sequencer, e(3, { vs: [1, 2] }))).toBe('ignore');
    expect(sequencer.cursor).toEqual({ epoch: 'A', offset: 18 });
  });

  test('full for a cursor ahead of the head takes the reader back, as it must', () => {
    const sequencer = at10();
    sequencer.attach(entry('full', 4), sent);
    expect(take(sequencer, f(4))).toBe('apply');
    expect(sequencer.cursor?.offset).toBe(4);
    expect(sequencer.atHead).toBe(true);
  });

  test('full, while another connection has moved the cursor on: the old value is ignored, and nothing goes back', () => {
    const sequencer = at10();
    take(sequencer, d(11));
    take(sequencer, d(12));
    sequencer.attach(entry('full', 11), sent);
    expect(take(sequencer, f(11))).toBe('ignore');
    expect(sequencer.cursor?.offset).toBe(12);
    expect(sequencer.atHead).toBe(true);
    expect(take(sequencer, d(12))).toBe('ignore');
    expect(take(sequencer, d(13))).toBe('apply');
  });

  test('another epoch in between: what the answer promised was of the old one, whose offsets mean nothing any more', () => {
    const sequencer = at10();
    expect(take(sequencer, f(3, { e: 'B' }))).toBe('apply');
    expect(sequencer.atHead).toBe(true);
    expect(take(sequencer, rst(1, { e: 'C' }))).toBe('apply');
    expect(sequencer.atHead).toBe(true);
  });

  test('a value of offset 0 is a value', () => {
    const sequencer = createSequencer();
    sequencer.attach(entry('full', 0), null);
    expect(sequencer.atHead).toBe(false);
    expect(take(sequencer, f(0))).toBe('apply');
    expect(sequencer.atHead).toBe(true);
  });
});

describe('a value in parts (P-DATA-7)', () => {
  const whole = (sequencer: Sequencer, ...frames: SequencedFrame[]) =>
    frames.map((frame) => sequencer.accept(frame)).at(-1);

  test('is one frame at the last part; the cursor waits for it', () => {
    const sequencer = void10();
    const merged = whole(
      sequencer,
      f(20, { k: { a: 1 }, i: 0, more: 1 }),
      f(20, { k: { b: 2 }, i: 1, more: 1 }),
      f(20, { k: { c: 3 }, i: 2 }),
    );
    expect(merged).toMatchObject({ t: 'f', o: 20, k: { a: 1, b: 2, c: 3 } });
    expect(sequencer.cursor?.offset).toBe(10);
  });

  test('puts all fields of a delta together, and a key called __proto__ reaches no prototype', () => {
    const first = JSON.parse(
      '{"t":"d","n":1,"o":11,"u":{"__proto__":{"x":1}},"x":["a"],"i":0,"more":1}',
    ) as DeltaFrame;
    const merged = whole(
      at10(),
      first,
      d(11, { p: { b: { y: 1 } }, q: { b: ['z'] }, x: ['c'], i: 1 }),
    ) as DeltaFrame;
    expect(Object.keys(merged.u ?? {})).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(merged).toMatchObject({ p: { b: { y: 1 } }, q: { b: ['z'] }, x: ['a', 'c'] });
  });

  test('a part that is not the next is a hole', () => {
    expect(whole(at10(), d(11, { i: 1, more: 1 }))).toBe('hole');
    expect(whole(at10(), d(11, { i: 0, more: 1 }), d(11, { i: 2 }))).toBe('hole');
  });

  test('parts are dropped when another frame comes, and what follows shows the hole', () => {
    const sequencer = at10();
    expect(take(sequencer, d(11, { i: 0, more: 1 }))).toBe('ignore');
    expect(take(sequencer, d(12))).toBe('hole');
  });

  test('parts are dropped when the connection goes', () => {
    const sequencer = at10();
    take(sequencer, d(11, { i: 0, more: 1 }));
    sequencer.detach();
    expect(take(sequencer, d(11, { i: 1 }))).toBe('hole');
  });

  test('parts without end are a hole', () => {
    const sequencer = at10();
    const verdicts = Array.from({ length: MAX_PARTS + 1 }, (_, i) => sequencer.accept(d(11, { i, more: 1 })));
    expect(verdicts.at(-2)).toBe('ignore');
    expect(verdicts.at(-1)).toBe('hole');
  });
});

test('what was invalidated has no cursor until a whole value comes', () => {
  const sequencer = at10();
  sequencer.invalidate();
  expect(sequencer.cursor).toBeNull();
  expect(take(sequencer, d(11))).toBe('ignore');
  sequencer.attach(entry('full', 11), null);
  expect(take(sequencer, f(11))).toBe('apply');
  expect(sequencer.cursor).toEqual({ epoch: 'A', offset: 11 });
});
