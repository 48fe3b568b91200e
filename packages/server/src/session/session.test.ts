import { describe, expect, test } from 'vitest';
import { TickwireError } from '@tickwire/protocol';
import { welcomeFrameSchema } from '@tickwire/protocol/schema';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import { createMemoryBroker } from '../index.js';
import { Market } from '../test-support/market.js';
import { Peer } from '../test-support/peer.js';
import { DEFAULT_LIMITS } from './limits.js';

/** What cannot be turned into a text: not even `String` of it. */
const textless = (): Error => Object.create(null) as Error;

describe('hello', () => {
  test('P-CONN-6 welcome names limits, capabilities, pings and the contract', async () => {
    const market = new Market({ contractHash: 'h1' });
    const peer = new Peer(market.server);
    peer.hello('ann', {
      caps: ['x-other', 'delta', 'delta'],
      contract: { name: 'market', ver: '0.9.0', hash: 'h1' },
    });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      {
        t: 'welcome',
        contract: { ver: '1.0.0', hash: 'h1', mode: 'exact' },
        caps: ['delta'],
        ping: { every: 25_000, grace: 10_000 },
        lim: {
          in: 65_536,
          subs: 1_000,
          batch: 200,
          inflight: 64,
          rate: 50,
          burst: 200,
          keyTtl: 86_400_000,
          chan: 255,
        },
      },
    ]);
  });

  test('P-LIM-1 what has no limit is not announced, and is none', async () => {
    const limits = Object.fromEntries(
      Object.keys(DEFAULT_LIMITS).flatMap((name) => (name === 'maxHeldBytes' ? [] : [[name, Infinity]])),
    );
    const market = new Market({ limits, idempotency: { ttlMs: Infinity } });
    const peer = new Peer(market.server);
    peer.hello('ann');
    await market.clock.settle();
    const [welcome] = peer.take();
    expect(welcomeFrameSchema.safeParse(welcome)).toMatchObject({ success: true });
    expect(welcome).toMatchObject({ lim: { chan: 255 } });
    for (let n = 0; n < 20; n++) peer.send(...Array.from({ length: 100 }, (_, k) => ({ t: 'ping', k })));
    await market.clock.settle();
    expect(new Set(peer.take().map(({ t }) => t))).toEqual(new Set(['pong']));
  });

  test('P-LIM-1 limits that are no integers are announced as what they amount to', async () => {
    const market = new Market({ limits: { maxSubscriptions: 2.5, maxMessageBytes: 999.5 } });
    const peer = new Peer(market.server);
    peer.hello('ann');
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'welcome', lim: { subs: 3, in: 999 } }]);
  });

  test.each([
    ['unchecked', undefined],
    ['compat', { name: 'market', ver: '2.0.0', hash: 'unknown' }],
  ])('P-CONN-7 %s', async (mode, contract) => {
    const market = new Market({ contractHash: 'h1' });
    const peer = new Peer(market.server);
    peer.hello('ann', contract === undefined ? {} : { contract });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ contract: { mode } }]);
  });

  test('P-CONN-7 a client of another contract is refused with 4102', async () => {
    const market = new Market();
    const peer = new Peer(market.server);
    peer.hello('ann', { contract: { name: 'other', ver: '1.0.0' } });
    expect(peer.take()).toMatchObject([{ t: 'reject', err: { c: 'contract_incompatible' } }]);
    expect(peer.closeCode).toBe(4102);
  });

  test('P-CONN-2 the fallback subprotocol is told which versions there are, and closed with 4101', () => {
    const market = new Market();
    const peer = new Peer(market.server, { subprotocol: 'tickwire' });
    expect(peer.take()).toMatchObject([
      { t: 'reject', err: { c: 'unsupported_version', d: { supported: ['tickwire.v1+json'] } } },
    ]);
    expect(peer.closeCode).toBe(4101);
  });

  test('P-CONN-5 a token where logs keep it is refused with a hint', () => {
    const market = new Market();
    const peer = new Peer(market.server, { exposedToken: true });
    expect(peer.take()).toMatchObject([{ t: 'reject', err: { c: 'unauthenticated' } }]);
    expect(peer.closeCode).toBe(4200);
  });

  test('P-CONN-6 frames sent along with hello are handled in order once the application has decided', async () => {
    const market = new Market();
    let decide: (answer: object) => void = () => undefined;
    market.login = () => new Promise((resolve) => (decide = resolve));
    const peer = new Peer(market.server);
    peer.send(
      { t: 'ping', k: 1 },
      { t: 'hello', v: 1 },
      { t: 'req', id: 1, m: 'add', v: { a: 1 } },
      { t: 'ping', k: 2 },
    );
    await market.clock.settle();
    expect(peer.take()).toEqual([]);
    decide({ principal: { id: 'ann' } });
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['welcome', 'pong', 'res', 'pong']);
  });

  test('P-CONN-6 refused: nothing that was held is done', async () => {
    const market = new Market();
    market.login = () => Promise.reject(new Error('no'));
    const peer = new Peer(market.server);
    peer.send({ t: 'hello', v: 1 }, { t: 'req', id: 1, m: 'add', v: { a: 1 } });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'reject', err: { c: 'unauthenticated', x: 'no' } }]);
    expect(market.added).toBe(0);
  });
});

test('what authenticate throws that is no TickwireError is a warning: it may be a fault of the hook', async () => {
  const market = new Market();
  market.login = () => {
    throw new TypeError('undefined is not a user');
  };
  new Peer(market.server).hello('a');
  await market.clock.settle();
  market.login = () => {
    throw new TickwireError('token_expired', '');
  };
  new Peer(market.server).hello('b');
  await market.clock.settle();
  expect(market.logs.filter((line) => line.endsWith('authenticate refused'))).toEqual([
    'warn authenticate refused',
    'info authenticate refused',
  ]);
});

describe('authenticate', () => {
  const refusal = async (login: Market['login'], waitMs = 0) => {
    const market = new Market();
    market.login = login;
    const peer = new Peer(market.server);
    peer.hello('secret');
    await market.clock.advance(waitMs);
    const [reject] = peer.take();
    expect(market.server.stats()).toMatchObject({ connections: 0, unauthenticated: 0 });
    expect(JSON.stringify([reject, market.logs])).not.toContain('secret');
    return [(reject as unknown as { err: { c: string } }).err.c, peer.closeCode];
  };

  test.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
      'unauthenticated',
      4200,
    ],
    ['rejects', () => Promise.reject(new Error('secret')), 'unauthenticated', 4200],
    ['answers nothing', () => undefined as unknown as object, 'unauthenticated', 4200],
    ['answers no principal', () => ({}), 'unauthenticated', 4200],
    ['answers with a promise as principal', () => ({ principal: Promise.resolve(1) }), 'internal', 4304],
    [
      'answers with an expiry that is no moment',
      () => ({ principal: 1, expiresAtMs: NaN }),
      'internal',
      4304,
    ],
    [
      'answers with an expiry that has passed',
      () => ({ principal: 1, expiresAtMs: 5 }),
      'token_expired',
      4201,
    ],
    [
      'answers with limits that are none',
      () => Promise.resolve({ principal: 1, limits: { maxSubscriptions: 0 } }),
      'internal',
      4304,
    ],
    [
      'answers with limits that are no object',
      () => Promise.resolve({ principal: 1, limits: 5 }),
      'internal',
      4304,
    ],
    ['rejects with what has no text', () => Promise.reject(textless()), 'unauthenticated', 4200],
    [
      'throws an error of ours without a code',
      () => Promise.reject(new TickwireError(404 as never, '')),
      'unauthenticated',
      4200,
    ],
    [
      'says banned',
      () => {
        throw new TickwireError('banned', 'secret');
      },
      'banned',
      4103,
    ],
    [
      'says unavailable',
      () => {
        throw new TickwireError('unavailable', 'secret');
      },
      'unavailable',
      4305,
    ],
  ])('one that %s is refused', async (_how, login, code, closeCode) => {
    expect(await refusal(login)).toEqual([code, closeCode]);
  });

  test('one that is too slow is refused with unavailable, and its late answer is thrown away', async () => {
    expect(await refusal(() => new Promise(() => undefined), 5_000)).toEqual(['unavailable', 4305]);
  });

  test('limits that are null are none', async () => {
    const market = new Market();
    market.login = () => Promise.resolve({ principal: { id: 'ann' }, limits: null });
    const peer = new Peer(market.server);
    peer.hello('ann');
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'welcome', lim: { subs: 1_000 } }]);
  });

  test('limits of a principal go over those of the server', async () => {
    const market = new Market();
    market.login = () => ({ principal: { id: 'ann' }, limits: { maxSubscriptions: 1, maxConnections: 1 } });
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }, { c: 'quote/B' }] });
    await market.clock.settle();
    const entries = peer.take().flatMap((frame) => (frame.t === 'subd' ? frame.r : []));
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ c: 'quote/A', m: 'full' }),
        { c: 'quote/B', err: expect.objectContaining({ c: 'limit' }) as unknown },
      ]) as unknown[],
    );
    const second = new Peer(market.server);
    second.hello('ann');
    expect(second.take()).toMatchObject([{ t: 'reject', err: { c: 'limit' } }]);
    peer.handler.onClose(1000);
    const third = new Peer(market.server);
    third.hello('ann');
    await market.clock.settle();
    expect(third.take()).toMatchObject([{ t: 'welcome' }]);
  });
});

describe('authorize', () => {
  const entryOf = async (market: Market, channel: string) => {
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: channel }] });
    await market.clock.advance(5_000);
    return peer.take()[0];
  };

  test('P-SUB-10 forbidden, unknown and not canonical look the same', async () => {
    const market = new Market();
    market.rules.set('A', () => false);
    const refusals = [];
    for (const c of ['quote/A', 'nothing/A', 'quote/%41', 'quote', '', '../quote/A', '__proto__']) {
      const frame = (await entryOf(market, c)) as unknown as { r: { c: string; err: unknown }[] };
      expect(frame.r).toHaveLength(1);
      expect(frame.r[0]?.c).toBe(c);
      refusals.push(JSON.stringify(frame.r[0]?.err));
    }
    expect(new Set(refusals)).toEqual(new Set([JSON.stringify({ c: 'forbidden', x: 'no' })]));
    expect(market.server.stats().channels).toBe(0);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
    [
      'throws what has no text',
      () => {
        throw textless();
      },
    ],
    ['rejects with what has no text', () => Promise.reject(textless())],
    [
      'answers with something that cannot even be asked whether it is a promise',
      () => Object.defineProperty({}, 'then', { get: () => expect.fail('asked') }) as Promise<boolean>,
    ],
    ['never answers', () => new Promise<boolean>(() => undefined)],
    ['answers something true that is not true', () => 1 as unknown as boolean],
  ])('a rule that %s refuses', async (_how, rule) => {
    const market = new Market();
    market.rules.set('A', rule);
    expect(await entryOf(market, 'quote/A')).toMatchObject({ r: [{ err: { c: 'forbidden' } }] });
  });

  test('P-SUB-11 it is asked on every sub, also on one with a cursor', async () => {
    const market = new Market();
    const { epoch } = await market.quote('A').set({ bid: 1, ask: 1 });
    const peer = await market.reader('quote/A');
    market.rules.set('A', () => false);
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'quote/A', e: epoch, o: 1 }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ c: 'quote/A', err: { c: 'forbidden' } }] }]);
    await market.quote('A').set({ bid: 2, ask: 1 });
    await market.clock.settle();
    expect(peer.take()).toEqual([]);
  });
});

describe('sub and unsub', () => {
  test('P-SUB-3 each channel once, whatever was asked how often', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: Array.from({ length: 200 }, () => ({ c: 'quote/A' })) });
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'f']);
    expect(market.server.stats().subscriptions).toBe(1);
  });

  test('P-SUB-10 more than 200 channels in one sub: limit, and none of them', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: Array.from({ length: 201 }, (_, n) => ({ c: `quote/S${n}` })) });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'err', id: 1, err: { c: 'limit' } }]);
  });

  test('P-SUB-1 a sub of a channel that is read already brings it from that cursor to the head', async () => {
    const market = new Market();
    const { epoch } = await market.tape('A').append({ n: 1 }, { n: 2 });
    const peer = await market.reader('tape/A');
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'tape/A', e: epoch, o: 1 }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', id: 2, r: [{ m: 'range' }] },
      { t: 'e', o: 2, v: { n: 2 } },
    ]);
    await market.tape('A').append({ n: 3 });
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'e', n: 1, o: 3, v: { n: 3 } }]);
  });

  test('P-SUB-12 unsub lists what it was asked, also what was not read; nothing comes after it', async () => {
    const market = new Market();
    const peer = await market.reader('quote/A');
    void market.quote('A').set({ bid: 1, ask: 1 });
    peer.send({ t: 'unsub', id: 2, ch: ['quote/A', 'quote/never'] });
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'unsubd', id: 2, ch: ['quote/A', 'quote/never'] }]);
  });

  test('P-SUB-3 asked twice, answered in the other order: neither answer ends what the other began', async () => {
    const market = new Market();
    const answers: ((allowed: boolean) => void)[] = [];
    market.rules.set('A', () => new Promise((resolve) => answers.push(resolve)));
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] }, { t: 'sub', id: 2, ch: [{ c: 'quote/A' }] });
    answers[1]?.(true);
    await market.clock.settle();
    answers[0]?.(true);
    await market.clock.settle();
    expect(peer.take().filter(({ t }) => t === 'subd')).toMatchObject([
      { id: 2, r: [{ m: 'full' }] },
      { id: 1, r: [{ m: 'full' }] },
    ]);
    expect(market.server.stats().subscriptions).toBe(1);
  });

  test('P-SUB-3 a no is not undone by a yes to an earlier question that still waits for the broker', async () => {
    const clock = new VirtualClock();
    const { connect } = createMemoryBroker({ clock, random: new SeededRandom('late reads') });
    const reads: (() => void)[] = [];
    const market = new Market({
      broker: (events) => {
        const broker = connect(events);
        const read: typeof broker.read = async (...request) => {
          await new Promise<void>((resolve) => reads.push(resolve));
          return broker.read(...request);
        };
        return { ...broker, read };
      },
    });
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    market.rules.set('A', () => false);
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    for (const read of reads) read();
    await market.clock.settle();
    expect(reads).toHaveLength(1);
    expect(peer.take()).toMatchObject([
      { t: 'subd', id: 2, r: [{ err: { c: 'forbidden' } }] },
      { t: 'subd', id: 1, r: [{ err: { c: 'forbidden' } }] },
    ]);
    expect(market.server.stats().subscriptions).toBe(0);
  });

  test('P-SUB-3 a no is not undone by a yes to an earlier question that comes after it', async () => {
    const market = new Market();
    const answers: ((allowed: boolean) => void)[] = [];
    market.rules.set('A', () => new Promise((resolve) => answers.push(resolve)));
    const peer = await market.peer();
    const ask = (id: number) => peer.send({ t: 'sub', id, ch: [{ c: 'quote/A' }] });
    for (const id of [1, 2, 3]) ask(id);
    answers[1]?.(false);
    await market.clock.settle();
    answers[0]?.(true);
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', id: 2, r: [{ err: { c: 'forbidden' } }] },
      { t: 'subd', id: 1, r: [{ err: { c: 'forbidden' } }] },
    ]);
    expect(market.server.stats().subscriptions).toBe(0);
    // The third was asked after the one that was told no.
    answers[2]?.(true);
    await market.clock.settle();
    expect(peer.take()[0]).toMatchObject({ t: 'subd', id: 3, r: [{ m: 'full' }] });
  });

  test('a channel that is asked for again and again while its rule thinks is refused with limit', async () => {
    const market = new Market();
    const peer = await market.reader('quote/A');
    const answers: ((allowed: boolean) => void)[] = [];
    market.rules.set('A', () => new Promise((resolve) => answers.push(resolve)));
    for (let id = 2; id < 12; id++) peer.send({ t: 'sub', id, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(answers).toHaveLength(8);
    expect(peer.take()).toMatchObject([
      { t: 'subd', id: 10, r: [{ err: { c: 'limit', x: 'no' } }] },
      { t: 'subd', id: 11, r: [{ err: { c: 'limit', x: 'no' } }] },
    ]);
    for (const answer of answers) answer(true);
    await market.clock.settle();
    expect(market.server.stats().subscriptions).toBe(1);
  });

  test('P-SUB-10 as many channels as there may be, however slowly their rules answer', async () => {
    const market = new Market({ limits: { maxSubscriptions: 2 } });
    const answers: (() => void)[] = [];
    for (const symbol of ['A', 'B', 'C'])
      market.rules.set(symbol, () => new Promise((resolve) => answers.push(() => resolve(true))));
    const peer = await market.reader('quote/D');
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'quote/A' }, { c: 'quote/B' }, { c: 'quote/C' }] });
    // Sent again because no answer came (P-SUB-2): that is no further channel.
    peer.send({ t: 'sub', id: 3, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    for (const answer of answers) answer();
    await market.clock.settle();
    const entries = peer.take().flatMap((frame) => (frame.t === 'subd' ? frame.r : []));
    const told = entries.map((entry) => `${entry.c} ${'err' in entry ? entry.err.c : entry.m}`);
    expect(told.sort()).toEqual(['quote/A full', 'quote/A full', 'quote/B limit', 'quote/C limit']);
    expect(market.server.stats().subscriptions).toBe(2);
  });

  test('P-LIM-4 an unsubd of many channels is split to what the client accepts', async () => {
    const market = new Market();
    const peer = await market.peer('ann', { lim: { in: 2_048 } });
    const ch = Array.from({ length: 300 }, (_, n) => `quote/"S${n}`);
    peer.send({ t: 'unsub', id: 1, ch });
    await market.clock.settle();
    expect(Math.max(...peer.encoded.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(2_048);
    const answers = peer.take();
    expect(answers.length).toBeGreaterThan(1);
    expect(answers.flatMap((frame) => (frame.t === 'unsubd' && frame.id === 1 ? frame.ch : []))).toEqual(ch);
  });

  test('unsub while the rule is still asked: the sub is answered cancelled', async () => {
    const market = new Market();
    let answer: (allowed: boolean) => void = () => undefined;
    market.rules.set('A', () => new Promise((resolve) => (answer = resolve)));
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] }, { t: 'unsub', id: 2, ch: ['quote/A'] });
    answer(true);
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'unsubd', id: 2 },
      { t: 'subd', id: 1, r: [{ err: { c: 'cancelled' } }] },
    ]);
    expect(market.server.stats().subscriptions).toBe(0);
  });
});

describe('credentials', () => {
  test('P-AUTH-2 asked ahead of the expiry, refreshed, and closed with 4201 when it stays without answer', async () => {
    const market = new Market({ reauthLeadMs: 1_000, authGraceMs: 500 });
    market.login = (token) => ({
      principal: { id: 'ann' },
      expiresAtMs: market.clock.wallMs() + (token === 'long' ? 60_000 : 5_000),
    });
    const peer = await market.peer('short');
    await market.clock.advance(4_100);
    expect(peer.take()).toMatchObject([{ t: 'reauth' }]);
    peer.send({ t: 'auth', id: 1, token: 'long' });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'res', id: 1, v: { ttl: 60_000 } }]);
    await market.clock.advance(10_000);
    expect(peer.closeCode).toBeUndefined();
    peer.send({ t: 'auth', id: 2, token: 'short' });
    await market.clock.advance(5_700);
    expect(peer.closeCode).toBe(4201);
  });

  test('P-AUTH-2 whoever asks again and again with a token that is refused late ends all the same', async () => {
    const market = new Market({ authGraceMs: 1_000, hookTimeoutMs: 5_000 });
    market.login = (token) =>
      token === 'good'
        ? { principal: { id: 'ann' }, expiresAtMs: market.clock.wallMs() + 10_000 }
        : new Promise((_resolve, reject) =>
            market.clock.setTimer(3_000, () => reject(new Error('not this one'))),
          );
    const peer = await market.peer('good');
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.advance(10_900);
    for (let id = 2; peer.closeCode === undefined && id < 100; id++) {
      peer.send({ t: 'auth', id, token: 'bad' });
      await market.clock.advance(100);
    }
    expect(peer.closeCode).toBe(4201);
    expect(market.clock.monotonicMs()).toBeLessThanOrEqual(11_300);
    peer.take();
    await market.quote('A').set({ bid: 1, ask: 2 });
    await market.clock.settle();
    expect(peer.take()).toEqual([]);
  });

  test('the wall clock that jumps ends no session early', async () => {
    const market = new Market();
    market.login = () => ({ principal: { id: 'ann' }, expiresAtMs: market.clock.wallMs() + 3_600_000 });
    const peer = await market.peer();
    market.clock.jumpWallClock(7_200_000);
    await market.clock.advance(1_000);
    expect(peer.take()).toEqual([]);
    expect(peer.closeCode).toBeUndefined();
  });

  test('P-AUTH-3 a token of another principal is forbidden, and nothing changes', async () => {
    const market = new Market();
    const peer = await market.peer('ann');
    peer.send({ t: 'auth', id: 1, token: 'bob' });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'res', id: 1, err: { c: 'forbidden', x: 'no' } }]);
    expect(peer.closeCode).toBeUndefined();
  });

  test('P-AUTH-3 principals without a name must be equal', async () => {
    const market = new Market();
    market.login = (token) => ({ principal: { sub: token, roles: ['reader'] } });
    const peer = await market.peer('ann');
    peer.send({ t: 'auth', id: 1, token: 'ann' });
    await market.clock.settle();
    peer.send({ t: 'auth', id: 2, token: 'bob' });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'res', id: 1, v: {} },
      { t: 'res', id: 2, err: { c: 'forbidden', x: 'no' } },
    ]);
    expect(market.logs).toContain(
      'warn fresh credentials refused: the principal has no key and is not equal',
    );
  });

  test.each([undefined, 5, Promise.resolve('ann')])(
    'a name that is no text (%s) is none: limits and keys are those of the connection',
    async (name) => {
      const market = new Market({ principalKey: () => name as never });
      const peer = await market.peer('ann');
      peer.send({ t: 'req', id: 1, m: 'add', v: { a: 1 }, k: 'k' }, { t: 'auth', id: 2, token: 'bob' });
      await market.clock.settle();
      expect(peer.take()).toMatchObject([
        { t: 'res', id: 1, v: { sum: 2 } },
        { t: 'res', id: 2, err: { c: 'forbidden' } },
      ]);
      expect(market.server.stats().idempotencyKeys).toBe(1);
      peer.handler.onClose(1000);
      expect(market.server.stats().idempotencyKeys).toBe(0);
    },
  );

  test('P-SUB-11 after a refresh every rule is asked again, with the new principal', async () => {
    const market = new Market();
    const peer = await market.reader('quote/A', 'quote/B');
    market.rules.set('A', () => false);
    peer.send({ t: 'auth', id: 1, token: 'ann' });
    await market.quote('A').set({ bid: 1, ask: 1 });
    await market.quote('B').set({ bid: 1, ask: 1 });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'res', id: 1 },
      { t: 'unsubd', ch: ['quote/A'], err: { c: 'forbidden', x: 'no' } },
      { t: 'f', n: 2 },
    ]);
  });

  test('a rule asked before a refresh does not decide after it', async () => {
    const market = new Market();
    const answers: ((allowed: boolean) => void)[] = [];
    market.rules.set('A', () => new Promise((resolve) => answers.push(resolve)));
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] }, { t: 'auth', id: 2, token: 'ann' });
    await market.clock.settle();
    answers[0]?.(true);
    await market.clock.settle();
    answers[1]?.(false);
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'res', id: 2 },
      { t: 'subd', r: [{ err: { c: 'forbidden' } }] },
    ]);
  });

  test('revoke ends the connections of a principal with 4202, and counts them', async () => {
    const market = new Market();
    const [ann, bob] = [await market.peer('ann'), await market.peer('bob')];
    expect(
      await market.server.revoke({
        principal: ({ id }: { id: string }) => id === 'ann',
        reason: 'logged out',
      }),
    ).toBe(1);
    expect(ann.socket.closes).toEqual([{ code: 4202, reason: 'logged out' }]);
    expect(bob.closeCode).toBeUndefined();
  });

  test('revoke reaches whoever is being looked up, and nobody who comes later', async () => {
    const market = new Market();
    const lookups: (() => void)[] = [];
    market.login = (token) =>
      new Promise((resolve) => lookups.push(() => resolve({ principal: { id: token } })));
    const [ann, bob, late] = [0, 1, 2].map(() => new Peer(market.server));
    ann?.hello('ann');
    bob?.hello('bob');
    const principal = ({ id }: { id: string }) => id === 'ann';
    expect(await market.server.revoke({ principal, reason: 'logged out' })).toBe(0);
    late?.hello('ann');
    for (const answer of lookups) answer();
    await market.clock.settle();
    expect(ann?.take()).toMatchObject([{ t: 'reject', err: { c: 'session_revoked', m: 'logged out' } }]);
    expect(ann?.closeCode).toBe(4202);
    for (const peer of [bob, late]) expect(peer?.take()).toMatchObject([{ t: 'welcome' }]);
  });

  test('a revocation that throws when it is asked about somebody who was being looked up refuses him', async () => {
    const market = new Market();
    let answer = (): void => undefined;
    market.login = () => new Promise((resolve) => (answer = () => resolve({ principal: null })));
    const peer = new Peer(market.server);
    peer.hello('ann');
    await market.server.revoke({ principal: ({ id }: { id: string }) => id === 'ann' });
    answer();
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'reject', err: { c: 'internal' } }]);
  });

  test('revoke of a channel reaches a sub that is not answered yet', async () => {
    const market = new Market();
    let answer: (allowed: boolean) => void = () => undefined;
    market.rules.set('A', () => new Promise((resolve) => (answer = resolve)));
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.server.revoke({ channel: 'quote/A' });
    answer(true);
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'subd', r: [{ err: { c: 'forbidden' } }] }]);
  });
});

describe('hostile', () => {
  test.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['nothing', ''],
    ['an empty line', '{"t":"ping","k":1}\n\n{"t":"ping","k":2}'],
    ['65 frames', Array(65).fill('{"t":"ping","k":1}').join('\n')],
    ['33 levels', `{"t":"req","id":1,"m":"add","v":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['a frame of a server', '{"t":"f","n":1,"o":1}'],
    ['a critical frame nobody knows', '{"t":"new","crit":1}'],
    ['more than 64 KiB', `{"t":"ping","k":1,"pad":"${'x'.repeat(65_536)}"}`],
    ['more than 64 KiB of UTF-8', `{"t":"ping","k":1,"pad":"${'€'.repeat(22_000)}"}`],
    ['bytes', new Uint8Array([123, 125])],
  ])('P-FRAME-3 %s: 4100, and nothing of the message is done', async (_what, message) => {
    const market = new Market();
    const peer = await market.peer();
    peer.handler.onMessage(message);
    await market.clock.settle();
    expect(peer.closeCode).toBe(4100);
    expect(peer.take()).toEqual([]);
    expect(market.server.stats()).toMatchObject({ connections: 0, errors: { bad_message: 1 } });
  });

  test('P-LIM-3 the rate follows the principal over all his connections, and others are not touched', async () => {
    const market = new Market();
    const [first, second, other] = [
      await market.peer('ann'),
      await market.peer('ann'),
      await market.peer('bob'),
    ];
    const pings = (count: number) => Array.from({ length: count }, (_, k) => ({ t: 'ping', k }));
    for (let n = 0; n < 4; n++) first.send(...pings(50));
    second.send({ t: 'ping', k: 1 }, { t: 'req', id: 2, m: 'add', v: { a: 1 } });
    other.send({ t: 'ping', k: 1 });
    await market.clock.settle();
    expect(second.take()).toMatchObject([
      { t: 'err', err: { c: 'rate_limited', x: 'no' } },
      { t: 'res', id: 2, err: { c: 'rate_limited', x: 'no' } },
    ]);
    expect(other.take()).toEqual([{ t: 'pong', k: 1 }]);
    await market.clock.advance(100);
    second.send({ t: 'ping', k: 3 });
    await market.clock.settle();
    expect(second.take()).toEqual([{ t: 'pong', k: 3 }]);
  });

  test('P-LIM-1 a pong that was asked for does not count, others do', async () => {
    const market = new Market({ ping: 'fast', limits: { framesPerSecond: 0.001, frameBurst: 1 } });
    const peer = await market.peer();
    await market.clock.advance(5_100);
    expect(peer.take()).toMatchObject([{ t: 'ping', k: 1 }]);
    peer.send({ t: 'pong', k: 1 }, { t: 'ping', k: 2 });
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'pong', k: 2 }]);
    peer.send({ t: 'pong', k: 1 });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'err', err: { c: 'rate_limited' } }]);
  });

  test('P-LIM-2 who goes on regardless is closed with 4303', async () => {
    const market = new Market();
    const peer = await market.peer();
    for (let n = 0; n < 9; n++) peer.send(...Array.from({ length: 50 }, (_, k) => ({ t: 'ping', k })));
    expect(peer.closeCode).toBe(4303);
  });

  test('control frames of the transport count', async () => {
    const market = new Market();
    const peer = await market.peer();
    for (let n = 0; n < 500; n++) peer.handler.onControl();
    expect(peer.closeCode).toBe(4303);
  });

  test('more than 100 sockets of an address that have not authenticated: the next is refused', async () => {
    const market = new Market();
    const waiting = Array.from({ length: 100 }, () => new Peer(market.server, { address: '10.0.0.1' }));
    const refused = new Peer(market.server, { address: '10.0.0.1' });
    expect(refused.take()).toMatchObject([{ t: 'reject', err: { c: 'limit', x: 'no' } }]);
    expect(refused.closeCode).toBe(4305);
    const elsewhere = new Peer(market.server, { address: '10.0.0.2' });
    expect(elsewhere.closeCode).toBeUndefined();
    waiting[0]?.hello('ann');
    await market.clock.settle();
    expect(new Peer(market.server, { address: '10.0.0.1' }).closeCode).toBeUndefined();
  });
});

describe('life', () => {
  test('P-LIVE-1 pings carry the clock of the server and the round trip measured before', async () => {
    const market = new Market({ ping: 'fast' });
    const peer = await market.peer();
    await market.clock.advance(5_100);
    const [ping] = peer.take();
    expect(ping).toMatchObject({ t: 'ping', k: 1 });
    await market.clock.advance(80);
    peer.send({ t: 'pong', k: 1 });
    await market.clock.advance(5_100);
    const [next] = peer.take() as unknown as { rtt: number; now: number }[];
    expect(next?.rtt).toBeGreaterThanOrEqual(80);
    expect(Math.abs((next?.now ?? 0) - market.clock.wallMs())).toBeLessThan(5_100);
  });

  test('P-LIVE-2 a dead peer is gone after interval and grace, and everything it held with it', async () => {
    const market = new Market({ ping: 'fast' });
    const peer = await market.reader('quote/A');
    await market.clock.advance(8_200);
    expect(peer.closeCode).toBe(4302);
    expect(peer.socket.terminated).toBe(true);
    expect(market.server.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  });

  test('one timer for all connections', async () => {
    const market = new Market();
    await market.many(50, () => market.peer());
    expect(market.clock.pendingTimers).toBe(1);
  });
});

describe('close', () => {
  test('P-LIVE-7 clients are asked to move at moments spread over the drain, then closed with 4400', async () => {
    const market = new Market();
    const peers = await market.many(20, () => market.reader('quote/A'));
    const closed = market.server.close({ drainMs: 1_000 });
    await market.clock.settle();
    const moments = peers.map(
      (peer) => (peer.take().find(({ t }) => t === 'goaway') as unknown as { in: number }).in,
    );
    expect(new Set(moments).size).toBeGreaterThan(10);
    expect(Math.max(...moments)).toBeLessThanOrEqual(1_000);
    await market.clock.advance(1_100);
    for (const peer of peers) expect(peer.closeCode).toBe(4400);
    await closed;
    expect(market.clock.pendingTimers).toBe(0);
  });

  test('clients that leave by themselves are enough', async () => {
    const market = new Market();
    const peer = await market.peer();
    const closed = market.server.close({ drainMs: 60_000 });
    peer.handler.onClose(1000);
    await closed;
    await market.clock.settle();
    expect(market.clock.pendingTimers).toBe(0);
  });

  test('a command that runs is answered before its connection ends', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send({ t: 'req', id: 1, m: 'wait', v: {}, ttl: 60_000 });
    const closed = market.server.close({ drainMs: 0 });
    await market.clock.advance(500);
    expect(peer.closeCode).toBeUndefined();
    market.waiting[0]?.finish();
    await market.clock.advance(100);
    expect(peer.take().map(({ t }) => t)).toEqual(['goaway', 'res']);
    expect(peer.closeCode).toBe(4400);
    await closed;
  });

  test('a command that never ends is not waited for for ever', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send({ t: 'req', id: 1, m: 'wait', v: {}, ttl: 300_000 });
    const closed = market.server.close({ drainMs: 0 });
    await market.clock.advance(10_100);
    expect(peer.closeCode).toBe(4400);
    await closed;
  });

  test('who comes while it closes is refused with draining', async () => {
    const market = new Market();
    await market.peer();
    void market.server.close();
    const late = new Peer(market.server);
    expect(late.take()).toMatchObject([{ t: 'reject', err: { c: 'draining' } }]);
    expect(late.closeCode).toBe(4400);
  });

  test('publishing after it rejects with unavailable', async () => {
    const market = new Market();
    await market.server.close();
    await expect(market.quote('A').set({ bid: 1, ask: 1 })).rejects.toMatchObject({
      name: 'TickwireError',
      code: 'unavailable',
    });
  });
});

test('P-LIM-5 channels a minute follow the principal; what is over is refused whole, with a time', async () => {
  const market = new Market({ limits: { maxChangesPerMinute: 3 } });
  const first = await market.peer('ann');
  const second = await market.peer('ann');
  const other = await market.peer('bob');
  const sub = (id: number, ...symbols: readonly string[]) => ({
    t: 'sub',
    id,
    ch: symbols.map((symbol) => ({ c: `quote/${symbol}` })),
  });
  first.send(sub(1, 'A', 'B'));
  second.send(sub(1, 'A', 'B'));
  other.send(sub(1, 'A', 'B', 'C'));
  await market.clock.settle();
  expect(first.take()[0]).toMatchObject({ t: 'subd' });
  expect(other.take()[0]).toMatchObject({ t: 'subd' });
  expect(second.take()).toEqual([
    { t: 'err', id: 1, err: { c: 'rate_limited', m: 'too many channels a minute', x: 'no', ra: 20_000 } },
  ]);
  await market.clock.advance(20_000);
  second.send(sub(2, 'A', 'B'));
  await market.clock.settle();
  expect(second.take().map(({ t }) => t)).toContain('subd');
});
