import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClaimRequest } from '../ports/idempotency-store.js';
import {
  claimed,
  completed,
  known,
  type CommandRecord,
  type MaybeRecord,
  released,
} from './command-record.js';

const NOW_MS = 1_000;
const done = { v: 7 };

const alive: CommandRecord = {
  fingerprint: 'same',
  run: 'first',
  leaseEndsMs: NOW_MS + 1,
  expiresMs: NOW_MS + 100,
  outcome: null,
};
const lost: CommandRecord = { ...alive, leaseEndsMs: NOW_MS };
const ended: CommandRecord = { ...alive, outcome: done };

const STATES = {
  absent: undefined,
  running: alive,
  lost,
  done: ended,
  'done after the lease': { ...lost, outcome: done },
  'forgotten, was lost': { ...lost, expiresMs: NOW_MS },
  'forgotten, was done': { ...ended, expiresMs: NOW_MS },
} satisfies Record<string, MaybeRecord>;

type State = keyof typeof STATES;

const request = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  fingerprint: 'same',
  run: 'second',
  leaseMs: 10,
  ttlMs: 100,
  replacesLost: false,
  ...more,
});
const secondRun = {
  fingerprint: 'same',
  run: 'second',
  leaseEndsMs: NOW_MS + 10,
  expiresMs: NOW_MS + 100,
  outcome: null,
};

describe('P-CMD-5, P-CMD-8 every state of a record and every claim', () => {
  const everyState = Object.keys(STATES) as State[];
  const fresh: readonly State[] = ['absent', 'forgotten, was lost', 'forgotten, was done'];
  const rows: (readonly [State, string, Partial<ClaimRequest>, object, 'stays' | 'begins'])[] = [
    ...fresh.map((state) => [state, 'the same input', {}, { status: 'claimed' }, 'begins'] as const),
    ...everyState
      .filter((state) => !fresh.includes(state))
      .flatMap((state) =>
        [false, true].map(
          (replacesLost) =>
            [
              state,
              'another input',
              { fingerprint: 'other', replacesLost },
              { status: 'reused' },
              'stays',
            ] as const,
        ),
      ),
    ['running', 'the same input', {}, { status: 'running' }, 'stays'],
    ['running', 'the same input, idempotent', { replacesLost: true }, { status: 'running' }, 'stays'],
    ['lost', 'the same input', {}, { status: 'lost' }, 'stays'],
    ['lost', 'the same input, idempotent', { replacesLost: true }, { status: 'claimed' }, 'begins'],
    ...(['done', 'done after the lease'] as const).flatMap((state) =>
      [false, true].map(
        (replacesLost) =>
          [state, 'the same input', { replacesLost }, { status: 'done', outcome: done }, 'stays'] as const,
      ),
    ),
  ];

  test.each(rows)('%s, claimed with %s %j: %j, and the record %s', (state, _what, more, answer, then) => {
    const record = STATES[state];
    expect(claimed(record, request(more), NOW_MS)).toEqual([answer, then === 'stays' ? record : secondRun]);
  });

  test('every state is claimed with the same input and with another', () => {
    for (const state of everyState) {
      const inputs = rows.filter(([name]) => name === state).map(([, what]) => what);
      expect(inputs).toContain('the same input');
      if (!fresh.includes(state)) expect(inputs).toContain('another input');
    }
  });
});

describe('every state of a record and every end of a run', () => {
  const outcome = { v: 'late' };
  test.each<[State, string, MaybeRecord, MaybeRecord]>([
    ['absent', 'first', undefined, undefined],
    ['running', 'first', { ...alive, outcome }, undefined],
    ['running', 'other', alive, alive],
    ['lost', 'first', { ...lost, outcome }, undefined],
    ['lost', 'other', lost, lost],
    ['done', 'first', ended, ended],
    ['done', 'other', ended, ended],
  ])('%s, by the run "%s"', (state, run, afterCompletion, afterRelease) => {
    expect(completed(STATES[state], run, outcome)).toEqual(afterCompletion);
    expect(released(STATES[state], run)).toEqual(afterRelease);
  });
});

test.each<[State, object | null]>([
  ['absent', null],
  ['running', { status: 'running', fingerprint: 'same' }],
  ['lost', { status: 'lost', fingerprint: 'same' }],
  ['done', { status: 'done', fingerprint: 'same', outcome: done }],
  ['done after the lease', { status: 'done', fingerprint: 'same', outcome: done }],
  ['forgotten, was lost', null],
  ['forgotten, was done', null],
])('%s reads as %j', (state, expected) => {
  expect(known(STATES[state], NOW_MS)).toEqual(expected);
});

test('a record outlives its lease, however short its time is', () => {
  const [, record] = claimed(undefined, request({ leaseMs: 50, ttlMs: 1 }), NOW_MS);
  expect(claimed(record, request({ run: 'third' }), NOW_MS + 49)[0]).toEqual({ status: 'running' });
});

describe('whatever happens in whatever order', () => {
  const event = fc.oneof(
    fc.record({
      do: fc.constant('claim' as const),
      fingerprint: fc.constantFrom('a', 'b'),
      replacesLost: fc.boolean(),
    }),
    fc.record({ do: fc.constantFrom('complete' as const, 'release' as const), run: fc.nat(5) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 9, 10, 11, 50) }),
  );

  test('P-CMD-8 a key is claimed again only if its run gave it back, its time is over, or it is lost and idempotent', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let record: MaybeRecord;
        let nowMs = 0;
        let runs = 0;
        /** The model: the run that has the key, and what became of it. */
        let holder: { run: string; leaseEndsMs: number; expiresMs: number; done: boolean } | null = null;
        for (const step of events) {
          if (holder !== null && nowMs >= holder.expiresMs) holder = null;
          if (step.do === 'wait') {
            nowMs += step.ms;
          } else if (step.do === 'claim') {
            const run = String(runs);
            const asked = { ...step, run, leaseMs: 10, ttlMs: 100 };
            const [answer, after]: readonly [{ readonly status: string }, MaybeRecord] = claimed(
              record,
              asked,
              nowMs,
            );
            record = after;
            if (answer.status !== 'claimed') continue;
            const isLost: boolean = holder !== null && !holder.done && nowMs >= holder.leaseEndsMs;
            expect(holder === null || (isLost && step.replacesLost)).toBe(true);
            holder = { run, leaseEndsMs: nowMs + 10, expiresMs: nowMs + 100, done: false };
            runs++;
          } else {
            const run = String(step.run);
            record = step.do === 'complete' ? completed(record, run, done) : released(record, run);
            if (holder?.run !== run || holder.done) continue;
            if (step.do === 'complete') holder.done = true;
            else holder = null;
          }
        }
      }),
    );
  });

  test('what was told as done stays as it was told until its time is over', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('complete', 'release', 'claim'), { maxLength: 20 }), (steps) => {
        let record: MaybeRecord = ended;
        for (const step of steps) {
          if (step === 'claim') [, record] = claimed(record, request({ replacesLost: true }), NOW_MS + 99);
          else if (step === 'complete') record = completed(record, 'first', { v: 'other' });
          else record = released(record, 'first');
        }
        expect(record).toEqual(ended);
      }),
    );
  });
});
