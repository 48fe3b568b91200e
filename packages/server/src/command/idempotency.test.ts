import { describe, expect, test } from 'vitest';
import { TickwireError } from '@tickwire/protocol';
import { VirtualClock } from '@tickwire/testing';
import { fingerprint } from './fingerprint.js';
import {
  type Claim,
  DEFAULT_IDEMPOTENCY,
  type IdempotencyOptions,
  IdempotencyStore,
  type Outcome,
} from './idempotency.js';

const done: Outcome = { ok: true, value: 7 };

function setUp(options: IdempotencyOptions = {}) {
  const clock = new VirtualClock();
  const store = new IdempotencyStore(clock, {
    ...DEFAULT_IDEMPOTENCY,
    ...options,
  } as typeof DEFAULT_IDEMPOTENCY);
  const claim = (key: string, input: unknown = 1, principal = 'ann') =>
    store.claim(principal, 'm', key, fingerprint(input));
  return { clock, store, claim };
}

function finish(claim: Claim, outcome: Outcome): void {
  if (claim.type !== 'start') throw new Error(`expected to start, got ${claim.type}`);
  claim.finish(outcome);
}

const codeOf = (claim: Claim) => (claim.type === 'refuse' ? claim.error.code : claim.type);

describe('one key', () => {
  test('P-CMD-5 known and finished: its outcome is replayed', () => {
    const { claim } = setUp();
    finish(claim('k'), done);
    expect(claim('k')).toEqual({ type: 'replay', outcome: done });
  });

  test('P-CMD-5 known and running: in_flight, with a time to ask again', () => {
    const { claim } = setUp();
    claim('k');
    const again = claim('k');
    expect(again).toMatchObject({ type: 'refuse', error: { code: 'in_flight', executed: 'maybe' } });
    expect(again.type === 'refuse' && again.error.retryAfterMs).toBeGreaterThan(0);
  });

  test('P-CMD-5 another input: key_reused, while it runs and afterwards', () => {
    const { claim } = setUp();
    const first = claim('k', { a: 1 });
    expect(codeOf(claim('k', { a: 2 }))).toBe('key_reused');
    finish(first, done);
    expect(codeOf(claim('k', { a: 2 }))).toBe('key_reused');
    expect(codeOf(claim('k', { a: 1 }))).toBe('replay');
  });

  test('the order of fields is no other input', () => {
    expect(fingerprint({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(fingerprint({ b: [{ d: 3, c: 2 }], a: 1 }));
    expect(fingerprint({ a: '1' })).not.toBe(fingerprint({ a: 1 }));
    expect(fingerprint([1, [2]])).not.toBe(fingerprint([[1], 2]));
  });

  test('principals and commands do not share keys', () => {
    const { claim, store } = setUp();
    finish(claim('k', 1, 'ann'), done);
    expect(codeOf(claim('k', 1, 'bob'))).toBe('start');
    expect(codeOf(store.claim('ann', 'other', 'k', fingerprint(1)))).toBe('start');
  });

  test('surely not done and worth trying later: the key is as good as new', () => {
    const { claim } = setUp();
    finish(claim('k'), { ok: false, error: new TickwireError('unavailable', '') });
    expect(codeOf(claim('k'))).toBe('start');
  });

  test('any other failure is replayed: nobody runs twice what may have been done', () => {
    const { claim } = setUp();
    for (const code of ['internal', 'app.insufficientFunds', 'forbidden']) {
      finish(claim(code), {
        ok: false,
        error: new TickwireError(code, '', { executed: code === 'internal' ? 'maybe' : 'no' }),
      });
      expect(codeOf(claim(code))).toBe('replay');
    }
  });

  test('after its time an outcome is forgotten, a running one never', async () => {
    const { claim, clock } = setUp({ ttlMs: 1_000 });
    finish(claim('k'), done);
    const running = claim('r');
    await clock.advance(1_000);
    expect(codeOf(claim('k'))).toBe('start');
    expect(codeOf(claim('r'))).toBe('in_flight');
    finish(running, done);
  });
});

describe('bounds', () => {
  test('above the keys of a principal the oldest outcome goes; while all run, limit', () => {
    const { claim, store } = setUp({ maxKeysPerPrincipal: 2 });
    finish(claim('a'), done);
    claim('b');
    expect(codeOf(claim('c'))).toBe('start');
    expect(codeOf(claim('d'))).toBe('limit');
    expect(store.size).toBe(2);
  });

  test('above the principals the one who used a key longest ago goes, unless something of his runs', () => {
    const { claim, store } = setUp({ maxPrincipals: 2 });
    const running = claim('k', 1, 'ann');
    finish(claim('k', 1, 'bob'), done);
    finish(claim('k', 1, 'cyd'), done);
    expect(store.size).toBe(2);
    expect(codeOf(claim('k', 1, 'ann'))).toBe('in_flight');
    finish(running, done);
  });
});
