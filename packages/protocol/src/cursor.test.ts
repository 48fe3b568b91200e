import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  baseOfDelta,
  baseOfEvents,
  coverageOf,
  decideRecovery,
  linkageOf,
  offsetOfEvent,
  type Recovery,
} from './cursor.js';
import type { ChannelKind } from './channel/kind.js';

describe('P-DATA-1 the cursor rule', () => {
  test.each([
    { base: 3, offset: 5, expected: 'duplicate', why: 'the range ends before the cursor' },
    { base: 8, offset: 10, expected: 'duplicate', why: 'the range ends at the cursor' },
    { base: 9, offset: 11, expected: 'apply', why: 'the range overlaps the cursor' },
    { base: 10, offset: 11, expected: 'apply', why: 'the range begins at the cursor' },
    { base: 10, offset: 99, expected: 'apply', why: 'offsets may jump (P-POS-2)' },
    { base: 11, offset: 12, expected: 'hole', why: 'one offset is missing' },
    { base: 50, offset: 90, expected: 'hole', why: 'many are missing' },
  ] as const)('at cursor 10, ($base, $offset] is $expected: $why', ({ base, offset, expected }) => {
    expect(coverageOf(10, base, offset)).toBe(expected);
  });

  test('whatever the order and repetition of frames, applied offsets strictly increase and no hole is jumped', () => {
    const frame = fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 200 }), (frames) => {
        let cursor = 0;
        for (const [base, span] of frames) {
          const verdict = coverageOf(cursor, base, base + span);
          if (verdict !== 'apply') continue;
          expect(base).toBeLessThanOrEqual(cursor);
          expect(base + span).toBeGreaterThan(cursor);
          cursor = base + span;
        }
      }),
    );
  });
});

describe('where a frame begins', () => {
  test('P-DATA-3 a delta without b begins one before o', () => {
    expect(baseOfDelta({ o: 7 })).toBe(6);
    expect(baseOfDelta({ o: 7, b: 2 })).toBe(2);
  });

  test('P-DATA-4 events without b begin as many before o as there are events', () => {
    expect(baseOfEvents({ t: 'e', n: 1, o: 7, v: 'a' })).toBe(6);
    expect(baseOfEvents({ t: 'e', n: 1, o: 7, vs: ['a', 'b', 'c'] })).toBe(4);
    expect(baseOfEvents({ t: 'e', n: 1, o: 7, b: 1, vs: ['a'] })).toBe(1);
  });

  test('P-DATA-4 offsets of events are counted back from o, or told by os', () => {
    const consecutive = { t: 'e', n: 1, o: 7, vs: ['a', 'b', 'c'] } as const;
    expect([0, 1, 2].map((index) => offsetOfEvent(consecutive, index))).toEqual([5, 6, 7]);
    const sparse = { ...consecutive, b: 1, os: [3, 6, 7] };
    expect([0, 1, 2].map((index) => offsetOfEvent(sparse, index))).toEqual([3, 6, 7]);
  });
});

describe('P-NODE-2 a publication of a broker', () => {
  const head = { epoch: 'E', offset: 10 };
  test.each([
    ['another epoch is a fork', 'F', 10, 11, 'fork'],
    ['an offset that is known is a duplicate', 'E', 9, 10, 'duplicate'],
    ['a link to the head is applied', 'E', 10, 11, 'apply'],
    ['a link over holes in the numbering is applied', 'E', 10, 40, 'apply'],
    ['a link to something later is a hole', 'E', 11, 12, 'hole'],
    ['a link to something earlier with a new offset is a hole', 'E', 8, 12, 'hole'],
  ] as const)('%s', (_name, epoch, previous, offset, expected) => {
    expect(linkageOf(head, epoch, previous, offset)).toBe(expected);
  });
});

describe('P-SUB-4 the decision table', () => {
  const head = { epoch: 'E', offset: 100, floor: 40 };
  const rows: readonly [string, { epoch: string; offset: number } | null, Record<ChannelKind, Recovery>][] = [
    ['no cursor', null, { state: { mode: 'full' }, collection: { mode: 'full' }, stream: { mode: 'tail' } }],
    [
      'at the head',
      { epoch: 'E', offset: 100 },
      { state: { mode: 'same' }, collection: { mode: 'same' }, stream: { mode: 'same' } },
    ],
    [
      'behind',
      { epoch: 'E', offset: 60 },
      { state: { mode: 'full' }, collection: { mode: 'range' }, stream: { mode: 'range' } },
    ],
    [
      'exactly at the floor',
      { epoch: 'E', offset: 40 },
      { state: { mode: 'full' }, collection: { mode: 'range' }, stream: { mode: 'range' } },
    ],
    [
      'below the floor',
      { epoch: 'E', offset: 39 },
      {
        state: { mode: 'full' },
        collection: { mode: 'full' },
        stream: { mode: 'reset', why: 'trimmed', lost: [39, 40] },
      },
    ],
    [
      'ahead of the head',
      { epoch: 'E', offset: 101 },
      { state: { mode: 'full' }, collection: { mode: 'full' }, stream: { mode: 'reset', why: 'regress' } },
    ],
    [
      'P-SUB-9 of another epoch, though the offset is known',
      { epoch: 'F', offset: 60 },
      { state: { mode: 'full' }, collection: { mode: 'full' }, stream: { mode: 'reset', why: 'epoch' } },
    ],
  ];
  const cells = rows.flatMap(([name, since, byKind]) =>
    (['state', 'collection', 'stream'] as const).map((kind) => [kind, name, since, byKind[kind]] as const),
  );
  test.each(cells)('%s, cursor %s', (kind, _name, since, expected) => {
    expect(decideRecovery(kind, head, since)).toEqual(expected);
  });
});
