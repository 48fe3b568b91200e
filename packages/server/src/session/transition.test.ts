import { describe, expect, test } from 'vitest';
import type { SessionEffect, SessionEvent, SessionSettings, SessionState } from './state.js';
import { initialSessionState, sessionTransition } from './transition.js';

const settings: SessionSettings = {
  helloTimeoutMs: 10_000,
  maxHeldBytes: 1_000,
  maxRefusedFramesPerMinute: 10,
  pingEveryMs: 25_000,
  pingGraceMs: 10_000,
  slowConsumerMs: 30_000,
  reauthLeadMs: 60_000,
  authGraceMs: 10_000,
  maxIdleMs: Infinity,
  maxAgeMs: Infinity,
  maxRateRefusals: 200,
};
const step = sessionTransition(settings);

const welcome = {
  t: 'welcome',
  sid: 's',
  node: 'n',
  now: 0,
  caps: [],
  ping: { every: 1, grace: 1 },
  lim: {},
} as const;
const helloAccepted: SessionEvent = {
  type: 'helloAccepted',
  at: 0,
  welcome,
  expiresAtMs: null,
  maxInFlight: 2,
  jitter: 1,
};
const receive = (frame: object, at = 0, bytes = 10): SessionEvent =>
  ({ type: 'frameReceived', at, frame, bytes }) as SessionEvent;
const deadline = (at: number, bufferedBytes = 0, subscriptions = 0): SessionEvent => ({
  type: 'deadlineReached',
  at,
  bufferedBytes,
  takenBytes: -bufferedBytes,
  subscriptions,
});

/** Runs events from a fresh connection; the last state and the effects of the last event. */
function run(...events: readonly SessionEvent[]): { state: SessionState; effects: SessionEffect[] } {
  let state = initialSessionState(settings, 0);
  let effects: SessionEffect[] = [];
  for (const event of events) [state, ...effects] = step(state, event);
  return { state, effects };
}

const hello = receive({ t: 'hello', v: 1 });
const open = [hello, helloAccepted] as const;
const closing = (effects: readonly SessionEffect[]) => effects.find((effect) => effect.type === 'close');
const sent = (effects: readonly SessionEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.frame] : []));

describe('handshaking', () => {
  test('P-CONN-5 no hello in 10 s: closed with 4300', () => {
    expect(closing(run(deadline(9_999)).effects)).toBeUndefined();
    expect(closing(run(deadline(10_000)).effects)).toMatchObject({ code: 4300 });
  });

  test('hello is handed to the application, and no timeout runs while it decides', () => {
    const { state, effects } = run(hello);
    expect(effects).toEqual([{ type: 'authenticate', hello: { t: 'hello', v: 1 } }]);
    expect(state.deadlineMs).toBe(Infinity);
  });

  test('P-CONN-5 a second hello is closed with 4100, before and after welcome', () => {
    expect(closing(run(hello, hello).effects)).toMatchObject({ code: 4100 });
    expect(closing(run(...open, hello).effects)).toMatchObject({ code: 4100 });
  });

  test('P-CONN-6 frames before the verdict are held, and released behind welcome', () => {
    const sub = receive({ t: 'sub', id: 1, ch: [] });
    expect(run(sub).effects).toMatchObject([{ type: 'hold' }]);
    expect(run(sub, hello, helloAccepted).effects.map(({ type }) => type)).toEqual(['send', 'releaseHeld']);
  });

  test('P-CONN-6 more than is held before the verdict closes with 4100, also of unknown frames', () => {
    const large = receive({ t: 'sub', id: 1, ch: [] }, 0, 600);
    expect(closing(run(large, large).effects)).toMatchObject({ code: 4100 });
    const unknown: SessionEvent = { type: 'frameUnknown', at: 0, critical: false, bytes: 600 };
    expect(closing(run(unknown, unknown).effects)).toMatchObject({ code: 4100 });
  });

  test('a refusal is told, then everything is let go, then the socket is closed', () => {
    const { state, effects } = run(hello, {
      type: 'helloRefused',
      at: 0,
      error: { c: 'unauthenticated', x: 'no' },
      closeCode: 4200,
    });
    expect(effects).toMatchObject([
      { type: 'count', what: 'unauthenticated' },
      { type: 'send', frame: { t: 'reject', err: { c: 'unauthenticated' } } },
      { type: 'release' },
      { type: 'close', code: 4200 },
    ]);
    expect(state).toMatchObject({ status: 'closed', code: 4200 });
  });

  test('drain refuses with draining and 4400', () => {
    const { effects } = run({ type: 'drainCalled', at: 0, inMs: 100 });
    expect(sent(effects)).toMatchObject([{ t: 'reject', err: { c: 'draining' } }]);
    expect(closing(effects)).toMatchObject({ code: 4400 });
  });
});

describe('open', () => {
  test('P-LIVE-1 pings go out each interval, and carry the round trip of the one before', () => {
    const first = run(...open, deadline(25_000));
    expect(first.effects).toEqual([{ type: 'ping', k: 1, rttMs: null }]);
    const pong = receive({ t: 'pong', k: 1 }, 25_040);
    expect(run(...open, deadline(25_000), pong, deadline(50_000)).effects).toEqual([
      { type: 'ping', k: 2, rttMs: 40 },
    ]);
  });

  test('P-LIVE-2 silence after a ping closes with 4302, and any frame breaks it', () => {
    const silent = run(...open, deadline(25_000), deadline(35_000));
    expect(closing(silent.effects)).toMatchObject({ code: 4302, force: true });
    const alive = run(...open, deadline(25_000), receive({ t: 'err' }, 34_999), deadline(35_000));
    expect(closing(alive.effects)).toBeUndefined();
  });

  test('a ping that is not answered is judged by its own time, not by that of a later one', () => {
    const fast = sessionTransition({ ...settings, pingEveryMs: 1_000, pingGraceMs: 2_500 });
    let state = initialSessionState(settings, 0);
    let effects: SessionEffect[] = [];
    for (const event of [
      hello,
      helloAccepted,
      deadline(1_000),
      deadline(2_000),
      deadline(3_000),
      deadline(3_500),
    ]) {
      [state, ...effects] = fast(state, event);
    }
    expect(closing(effects)).toMatchObject({ code: 4302 });
  });

  test('a ping of the client is answered', () => {
    expect(sent(run(...open, receive({ t: 'ping', k: 7 })).effects)).toEqual([{ t: 'pong', k: 7 }]);
  });

  test('P-FRAME-7 a frame that does not fit is refused with its id; the tenth in a minute closes with 4100', () => {
    const bad = (at: number): SessionEvent => ({ type: 'frameRefused', at, id: 3 });
    expect(sent(run(...open, bad(0)).effects)).toEqual([
      { t: 'err', id: 3, err: { c: 'bad_frame', x: 'no' } },
    ]);
    const nine = Array.from({ length: 9 }, (_, index) => bad(index));
    expect(closing(run(...open, ...nine).effects)).toBeUndefined();
    expect(closing(run(...open, ...nine, bad(59_999)).effects)).toMatchObject({ code: 4100 });
    expect(closing(run(...open, ...nine, bad(60_010)).effects)).toBeUndefined();
  });

  test('P-EXT-2 unknown frames are ignored, critical ones close with 4100', () => {
    const unknown = (critical: boolean): SessionEvent => ({
      type: 'frameUnknown',
      at: 0,
      critical,
      bytes: 1,
    });
    expect(run(...open, unknown(false)).effects).toEqual([]);
    expect(closing(run(...open, unknown(true)).effects)).toMatchObject({ code: 4100 });
  });

  test('P-EXT-5 pub is forbidden where somebody waits for an answer, else ignored', () => {
    expect(sent(run(...open, receive({ t: 'pub', id: 4 })).effects)).toEqual([
      { t: 'res', id: 4, err: { c: 'forbidden', x: 'no' } },
    ]);
    expect(sent(run(...open, receive({ t: 'pub' })).effects)).toEqual([]);
  });

  test('P-LIM-2 over the rate: commands are answered by res, the rest by err; abuse closes with 4303', () => {
    const over = (t: string, refusals = 1): SessionEvent => ({
      type: 'rateExceeded',
      at: 0,
      t,
      id: 5,
      retryAfterMs: 20,
      refusals,
    });
    const err = { c: 'rate_limited', x: 'no', ra: 20 };
    expect(sent(run(...open, over('req')).effects)).toEqual([{ t: 'res', id: 5, err }]);
    expect(sent(run(...open, over('sub')).effects)).toEqual([{ t: 'err', id: 5, err }]);
    expect(closing(run(...open, over('sub', 201)).effects)).toMatchObject({ code: 4303 });
  });

  test('P-CMD-7 commands above the limit are refused, and an ended one makes room', () => {
    const req = (id: number): SessionEvent => receive({ t: 'req', id, m: 'x' });
    expect(sent(run(...open, req(1), req(2), req(3)).effects)).toMatchObject([
      { t: 'res', id: 3, err: { c: 'limit', x: 'no' } },
    ]);
    const ended: SessionEvent = { type: 'commandEnded', at: 0 };
    expect(run(...open, req(1), req(2), ended, req(3)).effects).toMatchObject([{ type: 'run' }]);
  });

  test('P-NODE-5 a peer that takes nothing for 30 s is closed with 4301 and cut; one that takes little is not', () => {
    const stalled: SessionEvent = { type: 'outputStalled', at: 0, takenBytes: -300_000 };
    const pong = (at: number) => receive({ t: 'pong', k: 1 }, at);
    const alive = [...open, stalled, deadline(25_000, 300_000), pong(25_001)];
    expect(closing(run(...alive, deadline(30_000, 300_000)).effects)).toMatchObject({
      code: 4301,
      force: true,
    });
    expect(closing(run(...alive, deadline(30_000, 299_000)).effects)).toBeUndefined();
    const drained: SessionEvent = { type: 'outputDrained', at: 29_000 };
    expect(closing(run(...alive, drained, deadline(30_000, 0)).effects)).toBeUndefined();
  });

  /** Runs a peer that takes `bytesPerSecond` of 300,000 that wait, and hears nothing of it; when and how it ends. */
  function slowPeer(
    bytesPerSecond: number,
    forMs: number,
    startsAtMs = 0,
  ): { code: number; atMs: number } | null {
    let { state } = run(...open, { type: 'outputStalled', at: startsAtMs, takenBytes: -300_000 });
    for (;;) {
      const atMs = Math.min(state.deadlineMs, forMs);
      if (atMs === forMs) return null;
      const [next, ...effects] = step(
        state,
        deadline(atMs, Math.max(1, 300_000 - Math.floor((bytesPerSecond * (atMs - startsAtMs)) / 1_000))),
      );
      const end = closing(effects);
      if (end?.type === 'close') return { code: end.code, atMs };
      state = next;
    }
  }

  test.each([0, 12_000, 24_999])(
    'P-NODE-5 one that takes nothing ends 30 to 45 s after it stopped, whenever that was (%d)',
    (startsAtMs) => {
      const end = slowPeer(0, 1_000_000, startsAtMs);
      expect(end?.code).toBe(4301);
      expect((end?.atMs ?? 0) - startsAtMs).toBeGreaterThanOrEqual(30_000);
      expect((end?.atMs ?? 0) - startsAtMs).toBeLessThanOrEqual(45_000);
    },
  );

  test('P-LIVE-2, P-NODE-5 one that takes a thousand bytes a second is not closed, though no ping of ours reaches it', () => {
    expect(slowPeer(1_000, 290_000)).toBeNull();
  });

  test('P-NODE-5 what it takes is seen in lumps: the next has the time it needs at a thousand bytes a second', () => {
    const stalled: SessionEvent = { type: 'outputStalled', at: 0, takenBytes: -300_000 };
    const lump = [...open, stalled, deadline(20_000, 256_000)] as const;
    expect(closing(run(...lump, deadline(74_999, 256_000)).effects)).toBeUndefined();
    expect(closing(run(...lump, deadline(75_000, 256_000)).effects)).toMatchObject({ code: 4301 });
    const small = [...open, stalled, deadline(20_000, 299_900)] as const;
    expect(closing(run(...small, deadline(50_000, 299_900)).effects)).toMatchObject({ code: 4301 });
    const huge = [...open, stalled, deadline(20_000, 1), deadline(319_999, 1)] as const;
    expect(closing(run(...huge).effects)).toBeUndefined();
    expect(closing(run(...huge, deadline(320_000, 1)).effects)).toMatchObject({ code: 4301 });
  });

  test('P-LIVE-2 once it has drained, a ping that waited has its grace from then on, and as long again as it waited', () => {
    const stalled: SessionEvent = { type: 'outputStalled', at: 20_000, takenBytes: -300_000 };
    const drained: SessionEvent = { type: 'outputDrained', at: 60_000 };
    const waited = [...open, stalled, deadline(27_500, 200_000), deadline(50_000, 1_000), drained] as const;
    expect(closing(run(...waited, deadline(109_999)).effects)).toBeUndefined();
    expect(closing(run(...waited, deadline(110_000)).effects)).toMatchObject({ code: 4302 });
    const heard = [...waited, receive({ t: 'pong', k: 1 }, 61_000), deadline(75_000)] as const;
    expect(closing(run(...heard, deadline(84_999)).effects)).toBeUndefined();
    expect(closing(run(...heard, deadline(85_000)).effects)).toMatchObject({ code: 4302 });
  });

  test('P-LIVE-2 a ping that has not left this process is not held against the peer; whether it leaves is', () => {
    const pinged = [...open, deadline(25_000, 100_000)] as const;
    expect(closing(run(...pinged, deadline(35_000, 100_000)).effects)).toBeUndefined();
    expect(closing(run(...pinged, deadline(35_000, 0)).effects)).toMatchObject({ code: 4302 });
    const waits = [...pinged, deadline(35_000, 100_000)] as const;
    expect(closing(run(...waits, deadline(65_000, 100_000)).effects)).toMatchObject({ code: 4301 });
    expect(closing(run(...waits, deadline(65_000, 90_000)).effects)).toBeUndefined();
  });
});

describe('credentials', () => {
  const expiring = [hello, { ...helloAccepted, expiresAtMs: 300_000 } as SessionEvent] as const;
  /** Answers every ping, so that only credentials are judged. */
  const alive = (...times: readonly number[]): SessionEvent[] =>
    times.flatMap((at) => [deadline(at), receive({ t: 'err' }, at)]);

  test('P-AUTH-2 the client is asked once, ahead of the expiry', () => {
    const asked = run(...expiring, ...alive(25_000), deadline(240_000));
    expect(sent(asked.effects)).toContainEqual({ t: 'reauth', in: 60_000 });
    const again = run(...expiring, ...alive(240_000), deadline(241_000));
    expect(sent(again.effects)).toEqual([]);
  });

  test('a token that lives shorter than the lead is asked for half-way', () => {
    const short = { ...helloAccepted, expiresAtMs: 20_000 } as SessionEvent;
    expect(sent(run(hello, short, deadline(10_000)).effects)).toEqual([{ t: 'reauth', in: 10_000 }]);
  });

  test('P-AUTH-2 expired and not refreshed within the grace: 4201', () => {
    const late = run(...expiring, ...alive(240_000, 309_999));
    expect(late.state.status).toBe('open');
    expect(closing(run(...expiring, ...alive(240_000), deadline(310_000)).effects)).toMatchObject({
      code: 4201,
    });
  });

  test('P-AUTH-2 a refresh that is under way does not put off the end', () => {
    const auth = receive({ t: 'auth', id: 9, token: 'new' }, 309_000);
    const asking = [...expiring, ...alive(240_000, 300_000), auth] as const;
    expect(run(...asking).state.deadlineMs).toBe(310_000);
    expect(closing(run(...asking, deadline(309_999)).effects)).toBeUndefined();
    expect(closing(run(...asking, deadline(310_000)).effects)).toMatchObject({ code: 4201 });
  });

  test('P-AUTH-2 a refresh that is refused when the grace is over ends the connection', () => {
    const refused = (at: number): SessionEvent => ({
      type: 'refreshRefused',
      at,
      id: 9,
      error: { c: 'unauthenticated', x: 'no' },
    });
    const auth = receive({ t: 'auth', id: 9, token: 'bad' }, 309_000);
    const asking = [...expiring, ...alive(240_000, 300_000), auth] as const;
    expect(sent(run(...asking, refused(309_999)).effects)).toMatchObject([{ t: 'res', id: 9 }]);
    expect(closing(run(...asking, refused(310_000)).effects)).toMatchObject({ code: 4201 });
  });

  test('P-AUTH-3 a refresh is answered with its ttl, moves the expiry, and asks every rule again', () => {
    const auth = receive({ t: 'auth', id: 9, token: 'new' }, 240_000);
    const accepted: SessionEvent = {
      type: 'refreshAccepted',
      at: 240_000,
      id: 9,
      expiresAtMs: 900_000,
      ttlMs: 660_000,
    };
    const { state, effects } = run(...expiring, ...alive(240_000), auth, accepted);
    expect(effects).toEqual([
      { type: 'send', frame: { t: 'res', id: 9, v: { ttl: 660_000 } } },
      { type: 'reauthorize' },
    ]);
    expect(state).toMatchObject({ expiry: { expiresAtMs: 900_000, asked: false } });
  });

  test('one refresh at a time', () => {
    const auth = (id: number) => receive({ t: 'auth', id, token: 'new' });
    expect(sent(run(...open, auth(1), auth(2)).effects)).toMatchObject([
      { t: 'res', id: 2, err: { c: 'in_flight' } },
    ]);
  });

  test('a refused refresh is told, and changes nothing', () => {
    const { state, effects } = run(...open, receive({ t: 'auth', id: 1, token: 'bad' }), {
      type: 'refreshRefused',
      at: 0,
      id: 1,
      error: { c: 'unauthenticated', x: 'no' },
    });
    expect(sent(effects)).toEqual([{ t: 'res', id: 1, err: { c: 'unauthenticated', x: 'no' } }]);
    expect(state.status).toBe('open');
  });
});

describe('draining', () => {
  const drain: SessionEvent = { type: 'drainCalled', at: 1_000, inMs: 500 };

  test('P-LIVE-7 goaway, then 4400 at the moment it named', () => {
    const { state, effects } = run(...open, drain);
    expect(sent(effects)).toEqual([{ t: 'goaway', in: 500, c: 'drain' }]);
    expect(state).toMatchObject({ status: 'draining', deadlineMs: 1_500 });
    expect(closing(run(...open, drain, deadline(1_500)).effects)).toMatchObject({ code: 4400 });
  });

  test('commands that run are waited for, new ones are refused', () => {
    const req = (id: number): SessionEvent => receive({ t: 'req', id, m: 'x' });
    expect(sent(run(...open, drain, req(2)).effects)).toMatchObject([
      { t: 'res', err: { c: 'draining', x: 'no' } },
    ]);
    const waits = run(...open, req(1), drain, deadline(1_500));
    expect(waits.state.status).toBe('draining');
    const ended = run(...open, req(1), drain, deadline(1_500), { type: 'commandEnded', at: 2_000 });
    expect(closing(ended.effects)).toMatchObject({ code: 4400 });
  });
});

describe('every state and every event', () => {
  const states: Readonly<Record<string, readonly SessionEvent[]>> = {
    handshaking: [],
    authenticating: [hello],
    open: [...open],
    draining: [...open, { type: 'drainCalled', at: 0, inMs: 1_000 }],
    closed: [{ type: 'socketClosed', at: 0, code: 1006 }],
  };
  const events: readonly SessionEvent[] = [
    hello,
    receive({ t: 'sub', id: 1, ch: [] }),
    receive({ t: 'unsub', id: 1, ch: [] }),
    receive({ t: 'req', id: 1, m: 'x' }),
    receive({ t: 'cancel', id: 1 }),
    receive({ t: 'auth', id: 1, token: '' }),
    receive({ t: 'ping', k: 1 }),
    receive({ t: 'pong', k: 1 }),
    receive({ t: 'pub' }),
    receive({ t: 'err' }),
    { type: 'frameRefused', at: 0, id: undefined },
    { type: 'frameUnknown', at: 0, critical: false, bytes: 1 },
    { type: 'messageRefused', at: 0, why: 'x' },
    { type: 'rateExceeded', at: 0, t: 'sub', id: 1, retryAfterMs: 1, refusals: 1 },
    helloAccepted,
    { type: 'helloRefused', at: 0, error: { c: 'banned' }, closeCode: 4103 },
    { type: 'refreshAccepted', at: 0, id: 1, expiresAtMs: null, ttlMs: null },
    { type: 'refreshRefused', at: 0, id: 1, error: { c: 'forbidden' } },
    { type: 'commandEnded', at: 0 },
    { type: 'outputStalled', at: 0, takenBytes: -1 },
    { type: 'outputDrained', at: 0 },
    deadline(0),
    deadline(1_000_000),
    { type: 'drainCalled', at: 0, inMs: 0 },
    { type: 'closeCalled', at: 0, code: 4202, reason: 'x' },
    { type: 'socketClosed', at: 0, code: 1006 },
  ];

  test.each(Object.keys(states))(
    '%s: whatever ends it lets go exactly once, and nothing happens after the end',
    (name) => {
      for (const event of events) {
        const before = run(...(states[name] ?? []));
        const [state, ...effects] = step(before.state, event);
        const releases = effects.filter(({ type }) => type === 'release').length;
        const ends = before.state.status !== 'closed' && state.status === 'closed';
        expect(releases).toBe(ends ? 1 : 0);
        if (before.state.status === 'closed') expect(effects).toEqual([]);
        if (state.status === 'closed') expect(state.deadlineMs).toBe(Infinity);
        // A deadline that lies before the event it was made by would come up for ever.
        else expect(state.deadlineMs).toBeGreaterThanOrEqual(Math.min(event.at, 0));
      }
    },
  );

  test.each(Object.keys(states))(
    '%s: the same event gives the same step, and the state is not written to',
    (name) => {
      for (const event of events) {
        const { state } = run(...(states[name] ?? []));
        const frozen = Object.freeze({ ...state });
        expect(step(frozen, event)).toEqual(step(frozen, event));
      }
    },
  );
});

test('a deadline that came up is never due again at once, whatever happened before', () => {
  const random = (seed: number) => () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 0x1_0000_0000;
  };
  for (let seed = 1; seed <= 300; seed++) {
    const float = random(seed);
    let state = initialSessionState(settings, 0);
    let at = 0;
    const expiresAtMs = float() < 0.5 ? null : Math.floor(float() * 300_000);
    [state] = step(state, hello);
    [state] = step(state, { ...helloAccepted, expiresAtMs, jitter: float() });
    for (let n = 0; n < 60 && state.status !== 'closed'; n++) {
      at += Math.floor(float() * 15_000);
      const events: SessionEvent[] = [
        receive({ t: 'pong', k: 1 }, at),
        receive({ t: 'req', id: n, m: 'x' }, at),
        receive({ t: 'auth', id: n, token: '' }, at),
        { type: 'refreshAccepted', at, id: n, expiresAtMs: at + 90_000, ttlMs: 90_000 },
        { type: 'outputStalled', at, takenBytes: Math.floor(float() * 10) },
        { type: 'outputDrained', at },
        { type: 'drainCalled', at, inMs: Math.floor(float() * 5_000) },
      ];
      const event = events[Math.floor(float() * events.length * 1.5)];
      if (event !== undefined) [state] = step(state, event);
      if (state.deadlineMs > at) continue;
      [state] = step(state, deadline(at, Math.floor(float() * 10)));
      expect(state.status === 'closed' || state.deadlineMs > at).toBe(true);
    }
  }
});

describe('P-LIM-5 limits that are off unless somebody wants them', () => {
  const limited = sessionTransition({ ...settings, maxIdleMs: 5_000, maxAgeMs: 100_000 });
  const runLimited = (...events: readonly SessionEvent[]) => {
    let state = initialSessionState(settings, 0);
    let effects: SessionEffect[] = [];
    for (const event of [...open, ...events]) [state, ...effects] = limited(state, event);
    return { state, effects };
  };
  const ping = { t: 'ping', k: 1 } as const;

  test.each<[string, readonly SessionEvent[], number | undefined]>([
    ['says nothing', [deadline(5_000)], 4306],
    ['not yet that long', [deadline(4_999)], undefined],
    ['answers pings only', [receive({ t: 'pong', k: 1 }, 4_000), deadline(5_000)], 4306],
    ['said something', [receive(ping, 4_000), deadline(5_000)], undefined],
    ['said something, and then no more', [receive(ping, 4_000), deadline(9_000)], 4306],
    ['reads something', [deadline(5_000, 0, 1)], undefined],
    ['read something until lately', [deadline(5_000, 0, 1), deadline(9_999)], undefined],
    ['read something a while ago', [deadline(5_000, 0, 1), deadline(10_000)], 4306],
    ['waits for a command', [receive({ t: 'req', id: 1, m: 'm' }), deadline(5_000)], undefined],
    [
      'had an answer a moment ago',
      [receive({ t: 'req', id: 1, m: 'm' }), { type: 'commandEnded', at: 4_000 }, deadline(5_000)],
      undefined,
    ],
  ])('idle: %s', (_what, events, code) => {
    expect((closing(runLimited(...events).effects) as { code?: number } | undefined)?.code).toBe(code);
  });

  test('idle: a time too short for the clock to tell ends nobody who reads something', () => {
    const hasty = sessionTransition({ ...settings, maxIdleMs: 1e-12 });
    const { state } = run(...open);
    const [next] = hasty(state, deadline(5_000, 0, 1));
    expect(next.status).toBe('open');
  });

  test('age: asked to move, then closed with 4401 once its commands are answered', () => {
    const busy = (at: number) => deadline(at, 0, 1);
    expect(sent(runLimited(busy(99_999)).effects)).not.toContainEqual(
      expect.objectContaining({ t: 'goaway' }),
    );
    const asked = [busy(100_000)] as const;
    expect(sent(runLimited(...asked).effects)).toEqual([{ t: 'goaway', in: 10_000, c: 'rebalance' }]);
    expect(sent(runLimited(...asked, busy(105_000)).effects)).not.toContainEqual(
      expect.objectContaining({ t: 'goaway' }),
    );
    expect(closing(runLimited(...asked, busy(110_000)).effects)).toMatchObject({ code: 4401 });
  });

  test('age: a tenth of it is left to chance', () => {
    let state = initialSessionState(settings, 0);
    for (const event of [hello, { ...helloAccepted, jitter: 0 }] as SessionEvent[])
      [state] = limited(state, event);
    const [, ...effects] = limited(state, deadline(90_000, 0, 1));
    expect(sent(effects)).toContainEqual({ t: 'goaway', in: 10_000, c: 'rebalance' });
  });

  test('none of them is a deadline by default', () => {
    const { state } = run(...open, deadline(1e12));
    expect(state.deadlineMs).toBeLessThan(Infinity);
    expect(closing(run(...open, deadline(1e12)).effects)).toBeUndefined();
  });
});
