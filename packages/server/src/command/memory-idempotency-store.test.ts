import { describe, expect, test } from 'vitest';
import { VirtualClock } from '@tickwire/testing';
import { fingerprint } from './fingerprint.js';
import { DEFAULT_IDEMPOTENCY } from './idempotency-options.js';
import { type MemoryIdempotencySettings, MemoryIdempotencyStore } from './memory-idempotency-store.js';

const outcome = { v: 7 };

function setUp(bounds: Partial<MemoryIdempotencySettings> = {}) {
  const clock = new VirtualClock();
  const store = new MemoryIdempotencyStore(clock, { ...DEFAULT_IDEMPOTENCY, ...bounds });
  const keyOf = (key: string, more: object = {}) => ({
    principal: 'ann',
    contract: 'market',
    command: 'm',
    key,
    ...more,
  });
  const claim = (key: string, more: object = {}) =>
    store.claim(keyOf(key, more), {
      fingerprint: 'f',
      run: key,
      leaseMs: 500,
      ttlMs: 1_000,
      replacesLost: false,
    });
  const complete = (key: string, more: object = {}, end: object = outcome) =>
    store.complete(keyOf(key, more), key, end);
  return { clock, store, keyOf, claim, complete };
}

describe('one key', () => {
  test('P-CMD-5 running, then done; what is read is what is claimed', () => {
    const { claim, complete, store, keyOf } = setUp();
    expect(claim('k')).toEqual({ status: 'claimed' });
    expect(claim('k')).toEqual({ status: 'running' });
    complete('k');
    expect(claim('k')).toEqual({ status: 'done', outcome });
    expect(store.read(keyOf('k'))).toEqual({ status: 'done', fingerprint: 'f', outcome });
    expect(store.read(keyOf('other'))).toBeNull();
  });

  test('released, it is as good as new', () => {
    const { claim, store, keyOf } = setUp();
    claim('k');
    store.release(keyOf('k'), 'k');
    expect(store.size).toBe(0);
    expect(claim('k')).toEqual({ status: 'claimed' });
  });

  test('P-CMD-5 principals, contracts and commands do not share keys', () => {
    const { claim, complete } = setUp();
    claim('k');
    complete('k');
    for (const other of [{ principal: 'bob' }, { contract: 'other' }, { command: 'other' }]) {
      expect(claim('k', other)).toEqual({ status: 'claimed' });
    }
  });

  test('after its time it is forgotten, done or lost', async () => {
    const { claim, complete, clock } = setUp();
    claim('done');
    complete('done');
    claim('lost');
    await clock.advance(999);
    expect(claim('done').status).toBe('done');
    expect(claim('lost').status).toBe('lost');
    await clock.advance(1);
    expect(claim('done').status).toBe('claimed');
    expect(claim('lost').status).toBe('claimed');
  });
});

describe('bounds', () => {
  test('above the keys of a principal the oldest outcome goes; while all run, there is no room', () => {
    const { claim, complete, store } = setUp({ maxKeysPerPrincipal: 2 });
    claim('a');
    complete('a');
    claim('b');
    expect(claim('c')).toEqual({ status: 'claimed' });
    expect(claim('d')).toEqual({ status: 'full' });
    expect(store.size).toBe(2);
  });

  test('what is over makes room', async () => {
    const { claim, clock } = setUp({ maxKeysPerPrincipal: 1 });
    claim('a');
    expect(claim('b')).toEqual({ status: 'full' });
    await clock.advance(1_000);
    expect(claim('b')).toEqual({ status: 'claimed' });
  });

  test('above the bytes of a principal the oldest outcomes go; the newest stays, and so does what runs', () => {
    const { claim, complete, store } = setUp({ maxBytesPerPrincipal: 10_000 });
    const heavy = (characters: number) => ({ v: { text: 'x'.repeat(characters) } });
    claim('runs');
    for (const key of ['a', 'b', 'c']) {
      claim(key);
      complete(key, {}, heavy(2_000));
    }
    expect(claim('a')).toEqual({ status: 'claimed' });
    expect(['b', 'c'].map((key) => claim(key).status)).toEqual(['done', 'done']);
    expect(claim('runs')).toEqual({ status: 'running' });
    complete('a', {}, heavy(100_000));
    expect(claim('a').status).toBe('done');
    expect(store.size).toBe(2);
  });

  test('bytes that are forgotten, released or run out are counted no more', async () => {
    const { claim, complete, store, keyOf, clock } = setUp({ maxBytesPerPrincipal: 10_000 });
    for (let round = 0; round < 10; round++) {
      claim('released');
      store.release(keyOf('released'), 'released');
      claim('k');
      complete('k', {}, { v: 'x'.repeat(3_000) });
      claim('other');
      complete('other');
      expect([claim('k').status, claim('other').status]).toEqual(['done', 'done']);
      await clock.advance(1_000);
    }
  });

  test('above the principals the one who used a key longest ago goes, unless something of his runs', async () => {
    const { claim, complete, store, clock } = setUp({ maxPrincipals: 2 });
    claim('k');
    claim('k', { principal: 'bob' });
    complete('k', { principal: 'bob' });
    claim('k', { principal: 'cyd' });
    complete('k', { principal: 'cyd' });
    expect(store.size).toBe(2);
    expect(claim('k')).toEqual({ status: 'running' });
    await clock.advance(1_000);
    claim('k', { principal: 'dan' });
    claim('k', { principal: 'eve' });
    expect(store.size).toBe(2);
  });
});

describe('fingerprints', () => {
  test('the order of fields is no other input', () => {
    expect(fingerprint({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(fingerprint({ b: [{ d: 3, c: 2 }], a: 1 }));
    expect(fingerprint({ a: '1' })).not.toBe(fingerprint({ a: 1 }));
    expect(fingerprint([1, [2]])).not.toBe(fingerprint([[1], 2]));
  });

  test('they are the same in every release: stores outlive processes', () => {
    const inputs = [{ symbol: 'AAPL', qty: '1' }, null, undefined];
    expect(inputs.map(fingerprint)).toEqual(['r.1ry9div.tw61mi', '4.173lp0a.teocvu', '9.1vgkz5t.s0bvwg']);
  });
});
