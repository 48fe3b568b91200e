import { describe, expect, test } from 'vitest';
import { RECONNECT_DEFAULTS } from '../options.js';
import {
  connectionDeadlineMs,
  INITIAL_CONNECTION,
  writableSocketId,
  type ConnectionContext,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
} from './state.js';
import { createConnectionTransition, type ConnectionPlan } from './transition.js';

const plan: ConnectionPlan = { ...RECONNECT_DEFAULTS, connectTimeoutMs: 10_000, probeTimeoutMs: 3_000 };
const SILENCE_MS = 35_000;

type Given<E = ConnectionEvent> = E extends ConnectionEvent
  ? Omit<E, keyof ConnectionContext> & Partial<ConnectionContext>
  : never;

/** A machine with a hand on its clock and dice. */
function machine(changes: Partial<ConnectionPlan> = {}) {
  const transition = createConnectionTransition({ ...plan, ...changes });
  let state: ConnectionState = INITIAL_CONNECTION;
  let at = 1_000;
  const m = {
    get state() {
      return state;
    },
    get at() {
      return at;
    },
    /** Lets time pass. */
    wait(ms: number) {
      at += ms;
      return m;
    },
    send(event: Given): ConnectionEffect[] {
      const [next, ...effects] = transition(state, {
        at,
        random: 0.5,
        online: true,
        receivedMs: at,
        ...event,
      });
      state = next;
      return effects;
    },
    /** Waits for the deadline. */
    due(context: Partial<ConnectionContext> = {}): ConnectionEffect[] {
      at = Math.max(at, connectionDeadlineMs(state));
      return m.send({ type: 'deadlineReached', ...context });
    },
    /** Up to `welcome`. */
    connect() {
      if (state.status === 'disconnected') m.send({ type: 'connectCalled' });
      if (state.current?.phase === 'backoff') m.due();
      const socketId = state.socketId;
      m.send({ type: 'tokenReady', socketId });
      m.send({ type: 'socketOpened', socketId });
      m.send({ type: 'welcomed', socketId, silenceMs: SILENCE_MS });
      return m;
    },
    close(code: number, socketId = state.live?.socketId ?? state.current?.socketId ?? 0, random = 0.5) {
      return m.send({ type: 'socketClosed', socketId, code, message: '', random });
    },
    /** One attempt that ends with a code before `welcome`. */
    fail(code: number) {
      if (state.current?.phase === 'backoff') m.due();
      const socketId = state.socketId;
      m.send({ type: 'tokenReady', socketId });
      m.close(code, socketId);
      return m;
    },
    /** Time left to the next attempt. */
    get delayMs() {
      return (state.current?.deadlineMs ?? NaN) - at;
    },
  };
  return m;
}

const reach: Record<string, () => ReturnType<typeof machine>> = {
  disconnected: () => machine(),
  backoff: () => {
    const m = machine();
    m.send({ type: 'connectCalled' });
    return m.fail(1006);
  },
  token: () => {
    const m = machine();
    m.send({ type: 'connectCalled' });
    return m;
  },
  socket: () => {
    const m = reach['token']!();
    m.send({ type: 'tokenReady', socketId: 1 });
    return m;
  },
  handshake: () => {
    const m = reach['socket']!();
    m.send({ type: 'socketOpened', socketId: 1 });
    return m;
  },
  connected: () => machine().connect(),
  'connected, next in backoff': () => {
    const m = reach['connected']!();
    m.send({ type: 'goneAway', socketId: 1, inMs: 18_000 });
    return m;
  },
  'connected, next in token': () => {
    const m = reach['connected, next in backoff']!();
    m.due();
    return m;
  },
  'connected, next in socket': () => {
    const m = reach['connected, next in token']!();
    m.send({ type: 'tokenReady', socketId: 2 });
    return m;
  },
  'connected, next in handshake': () => {
    const m = reach['connected, next in socket']!();
    m.send({ type: 'socketOpened', socketId: 2 });
    return m;
  },
};

const describeState = ({ status, current, live }: ConnectionState): string =>
  [
    status,
    live && `live ${live.socketId}${live.probedMs ? ' probing' : ''}`,
    current && `${current.phase} ${current.socketId}`,
  ]
    .filter(Boolean)
    .join(', ');

const describeEffect = (effect: ConnectionEffect): string => `${effect.type} ${effect.socketId}`;

/** Every event, about the attempt (or the live socket where there is none), long before any deadline. */
const events: Record<string, (current: number, live: number) => Given> = {
  connectCalled: () => ({ type: 'connectCalled' }),
  disconnectCalled: () => ({ type: 'disconnectCalled' }),
  deadlineReached: () => ({ type: 'deadlineReached' }),
  woke: () => ({ type: 'woke' }),
  'woke offline': () => ({ type: 'woke', online: false }),
  tokenReady: (socketId) => ({ type: 'tokenReady', socketId }),
  tokenFailed: (socketId) => ({ type: 'tokenFailed', socketId }),
  socketOpened: (socketId) => ({ type: 'socketOpened', socketId }),
  welcomed: (socketId) => ({ type: 'welcomed', socketId, silenceMs: SILENCE_MS }),
  'rejected by the attempt': (socketId) => ({
    type: 'rejected',
    socketId,
    code: 'limit',
    message: '',
    retryAfterMs: undefined,
  }),
  goneAway: (_, socketId) => ({ type: 'goneAway', socketId, inMs: 10_000 }),
  'socketClosed of the attempt': (socketId) => ({ type: 'socketClosed', socketId, code: 1006, message: '' }),
  'socketClosed of the connection': (_, socketId) => ({
    type: 'socketClosed',
    socketId,
    code: 1006,
    message: '',
  }),
};

/** What changes; whatever is not here leaves the state exactly as it was. */
const table: Record<string, Record<string, string>> = {
  disconnected: {
    connectCalled: 'connecting, token 1 | fetchToken 1',
    disconnectCalled: 'disconnected |',
  },
  backoff: {
    connectCalled: 'connecting, token 2 | fetchToken 2',
    disconnectCalled: 'disconnected |',
    'woke offline': 'connecting, backoff 0 |',
  },
  token: {
    disconnectCalled: 'disconnected |',
    tokenReady: 'connecting, socket 1 | openSocket 1',
    tokenFailed: 'connecting, backoff 0 |',
    'socketClosed of the attempt': 'connecting, backoff 0 |',
  },
  socket: {
    disconnectCalled: 'disconnected |',
    socketOpened: 'connecting, handshake 1 | sendHello 1',
    'socketClosed of the attempt': 'connecting, backoff 0 |',
  },
  handshake: {
    disconnectCalled: 'disconnected |',
    welcomed: 'connected, live 1 |',
    'rejected by the attempt': 'connecting, handshake 1 |',
    'socketClosed of the attempt': 'connecting, backoff 0 |',
  },
  connected: {
    disconnectCalled: 'disconnected |',
    woke: 'connected, live 1 probing | sendPing 1',
    'woke offline': 'connected, live 1 probing | sendPing 1',
    goneAway: 'connected, live 1, backoff 0 |',
    'socketClosed of the connection': 'connecting, backoff 0 |',
  },
  'connected, next in backoff': {
    disconnectCalled: 'disconnected |',
    woke: 'connected, live 1 probing, backoff 0 | sendPing 1',
    'woke offline': 'connected, live 1 probing, backoff 0 | sendPing 1',
    'socketClosed of the connection': 'connecting, backoff 0 |',
  },
  'connected, next in token': {
    disconnectCalled: 'disconnected |',
    woke: 'connected, live 1 probing, token 2 | sendPing 1',
    'woke offline': 'connected, live 1 probing, token 2 | sendPing 1',
    tokenReady: 'connected, live 1, socket 2 | openSocket 2',
    tokenFailed: 'connected, live 1, backoff 0 |',
    'socketClosed of the attempt': 'connected, live 1, backoff 0 |',
    'socketClosed of the connection': 'connecting, token 2 |',
  },
  'connected, next in socket': {
    disconnectCalled: 'disconnected |',
    woke: 'connected, live 1 probing, socket 2 | sendPing 1',
    'woke offline': 'connected, live 1 probing, socket 2 | sendPing 1',
    socketOpened: 'connected, live 1, handshake 2 | sendHello 2',
    'socketClosed of the attempt': 'connected, live 1, backoff 0 |',
    'socketClosed of the connection': 'connecting, socket 2 |',
  },
  'connected, next in handshake': {
    disconnectCalled: 'disconnected |',
    woke: 'connected, live 1 probing, handshake 2 | sendPing 1',
    'woke offline': 'connected, live 1 probing, handshake 2 | sendPing 1',
    welcomed: 'connected, live 2 |',
    'rejected by the attempt': 'connected, live 1, handshake 2 |',
    'socketClosed of the attempt': 'connected, live 1, backoff 0 |',
    'socketClosed of the connection': 'connecting, handshake 2 |',
  },
};

describe('every state and every event', () => {
  for (const [stateName, expected] of Object.entries(table)) {
    for (const [eventName, make] of Object.entries(events)) {
      test(`${stateName} + ${eventName} -> ${expected[eventName] ?? 'unchanged'}`, () => {
        const m = reach[stateName]!();
        const before = m.state;
        const live = before.live?.socketId ?? 99;
        const effects = m.send(make(before.current?.socketId || 99, live));
        if (expected[eventName] === undefined) {
          expect(m.state).toBe(before);
          expect(effects).toEqual([]);
        } else {
          expect(`${describeState(m.state)} | ${effects.map(describeEffect).join(', ')}`.trimEnd()).toBe(
            expected[eventName],
          );
        }
      });
      test(`${stateName} + ${eventName} of a socket of long ago changes nothing`, () => {
        const event = make(77, 77);
        if (!('socketId' in event)) return;
        const m = reach[stateName]!();
        const before = m.state;
        const effects = m.send(event);
        expect(m.state).toBe(before);
        expect(effects).toEqual([]);
      });
    }
  }
});

describe('reconnecting (P-LIVE-4)', () => {
  test('the first attempt after a cut comes at a random moment within 250 ms', () => {
    for (const random of [0, 0.25, 0.999]) {
      const m = machine().connect().wait(60_000);
      m.close(1006, 1, random);
      expect(m.delayMs).toBeCloseTo(250 * (1 - random));
    }
  });

  test('delays grow by a half up to 30 s', () => {
    const m = machine({ jitter: 0 });
    m.send({ type: 'connectCalled' });
    const delays = Array.from({ length: 14 }, () => m.fail(1006).delayMs);
    expect(delays.slice(0, 4)).toEqual([250, 375, 562.5, 843.75]);
    expect(delays.slice(-3)).toEqual([250 * 1.5 ** 11, 30_000, 30_000]);
  });

  test('start small again only after a connection that lasted', () => {
    const m = machine({ jitter: 0 });
    m.send({ type: 'connectCalled' });
    m.fail(1006).fail(1006).connect().wait(29_000);
    m.close(1006);
    expect(m.delayMs).toBe(562.5);
    m.connect().wait(30_000);
    m.close(1006);
    expect(m.delayMs).toBe(250);
  });

  test('offline stretches the delay to its maximum and never pauses', () => {
    const m = machine({ jitter: 0 });
    m.send({ type: 'connectCalled' });
    m.send({ type: 'tokenReady', socketId: 1 });
    m.send({ type: 'socketClosed', socketId: 1, code: 1006, message: '', online: false });
    expect(m.delayMs).toBe(30_000);
    m.wait(10_000).send({ type: 'woke', online: true });
    expect(m.delayMs).toBe(250);
    m.send({ type: 'woke', online: false });
    expect(m.delayMs).toBe(250);
    expect(m.due({ online: false }).map(describeEffect)).toEqual(['fetchToken 2']);
  });

  test('looking at the page again and again while the device says offline puts no attempt off', () => {
    const m = machine({ jitter: 0 });
    m.send({ type: 'connectCalled' });
    m.send({ type: 'tokenReady', socketId: 1 });
    m.send({ type: 'socketClosed', socketId: 1, code: 1006, message: '', online: false });
    const { deadlineMs } = m.state.current!;
    for (let look = 0; look < 3; look++) m.wait(9_000).send({ type: 'woke', online: false });
    expect(m.state.current?.deadlineMs).toBe(deadlineMs);
  });

  test('waking never delays an attempt that is nearer', () => {
    const m = machine({ jitter: 0 });
    m.send({ type: 'connectCalled' });
    m.fail(1006).wait(200);
    const { deadlineMs } = m.state.current!;
    m.send({ type: 'woke' });
    expect(m.state.current?.deadlineMs).toBe(deadlineMs);
  });

  test('a server that names a delay is not asked earlier, not by waking either', () => {
    const m = machine();
    m.send({ type: 'connectCalled' });
    m.send({ type: 'tokenReady', socketId: 1 });
    m.send({ type: 'socketOpened', socketId: 1 });
    m.send({ type: 'rejected', socketId: 1, code: 'unavailable', message: 'busy', retryAfterMs: 8_000 });
    m.close(4305, 1);
    expect(m.delayMs).toBe(8_000);
    m.send({ type: 'woke' });
    expect(m.delayMs).toBe(8_000);
    expect(m.state.reason).toEqual({ code: 'unavailable', message: 'busy', closeCode: 4305 });
  });

  test('after drain it comes back within a second', () => {
    const m = machine().connect();
    m.close(4400, 1, 0.9);
    expect(m.delayMs).toBe(900);
  });

  test('a failing token is tried again with growing delays and never counted as an attempt', () => {
    const m = machine({ jitter: 0, maxAttempts: 1 });
    m.send({ type: 'connectCalled' });
    const delays = Array.from({ length: 4 }, () => {
      if (m.state.current?.phase === 'backoff') m.due();
      m.send({ type: 'tokenFailed', socketId: m.state.socketId });
      return m.delayMs;
    });
    expect(delays).toEqual([250, 375, 562.5, 843.75]);
    expect(m.state.attempt).toBe(0);
  });
});

describe('stopping (P-CLOSE-2, P-CLOSE-3)', () => {
  test('what every code from 1000 to 4999 means, before and after welcome', () => {
    for (let code = 1_000; code < 5_000; code++) {
      const stops = code >= 4_100 && code <= 4_199;
      for (const stage of ['handshake', 'connected']) {
        const m = reach[stage]!();
        m.close(code, 1);
        expect([code, m.state.status]).toEqual([code, stops ? 'disconnected' : 'connecting']);
        expect(m.state.reason?.closeCode).toBe(code);
      }
    }
  });

  test('the third 42xx in a row without a welcome stops; the token is asked for with the reason', () => {
    const m = machine();
    m.send({ type: 'connectCalled' });
    m.fail(4200);
    expect(m.due()).toEqual([{ type: 'fetchToken', socketId: 2, reason: 'refused' }]);
    m.fail(4201);
    expect(m.due()).toEqual([{ type: 'fetchToken', socketId: 3, reason: 'expired' }]);
    m.fail(4202);
    expect(m.state).toMatchObject({
      status: 'disconnected',
      reason: { code: 'session_revoked', closeCode: 4202 },
    });
  });

  test('a welcome between starts the count of 42xx anew', () => {
    const m = machine().connect();
    for (let i = 0; i < 5; i++) {
      m.close(4201);
      m.connect();
    }
    expect(m.state.status).toBe('connected');
  });

  test('the third 1009 in a row stops, welcome between or not; another code between starts anew', () => {
    const m = machine().connect();
    m.close(1009);
    m.connect().close(1006);
    m.connect().close(1009);
    m.connect().close(1002);
    expect(m.state.status).toBe('connecting');
    m.connect().close(1007);
    expect(m.state).toMatchObject({ status: 'disconnected', reason: { closeCode: 1007 } });
  });

  test('attempts are counted, where a number was set, and only those without a welcome', () => {
    const m = machine({ maxAttempts: 3 });
    m.send({ type: 'connectCalled' });
    m.fail(1006).fail(1006).connect();
    m.close(1006);
    m.fail(1006).fail(1006);
    expect(m.state.status).toBe('connecting');
    m.fail(1006);
    expect(m.state).toMatchObject({
      status: 'disconnected',
      attempt: 3,
      reason: { code: 'connection_failed' },
    });
  });

  test('without a number it goes on for ever', () => {
    const m = machine();
    m.send({ type: 'connectCalled' });
    for (let i = 0; i < 1_000; i++) m.fail(1006);
    expect(m.state.status).toBe('connecting');
  });

  test('nothing but connect() leaves a stop', () => {
    const m = machine();
    m.send({ type: 'connectCalled' });
    m.fail(4103);
    for (const make of Object.values(events)) {
      const event = make(1, 1);
      if (event.type !== 'connectCalled') m.send(event);
    }
    expect(m.state.status).toBe('disconnected');
    expect(m.send({ type: 'connectCalled' }).map(describeEffect)).toEqual(['fetchToken 2']);
  });

  test('what reject said is the reason', () => {
    const m = reach['handshake']!();
    m.send({
      type: 'rejected',
      socketId: 1,
      code: 'unsupported_version',
      message: 'old',
      retryAfterMs: undefined,
    });
    m.close(4101, 1);
    expect(m.state.reason).toEqual({ code: 'unsupported_version', message: 'old', closeCode: 4101 });
  });
});

describe('liveness (P-LIVE-3)', () => {
  test('silence ends the connection; anything received puts the deadline off', () => {
    const m = machine().connect();
    m.wait(20_000);
    const receivedMs = m.at;
    expect(m.due({ receivedMs })).toEqual([]);
    expect(connectionDeadlineMs(m.state)).toBe(receivedMs + SILENCE_MS);
    expect(m.due({ receivedMs }).map(describeEffect)).toEqual(['dropSocket 1']);
  });

  test('a watchdog that fires late asks first', () => {
    const m = machine().connect();
    const receivedMs = m.at;
    m.wait(SILENCE_MS + 3_600_000);
    expect(m.send({ type: 'deadlineReached', receivedMs }).map(describeEffect)).toEqual(['sendPing 1']);
    expect(connectionDeadlineMs(m.state) - m.at).toBe(3_000);
  });

  test('a probe that is answered by anything proves life', () => {
    const m = machine().connect();
    m.wait(50_000).send({ type: 'woke', receivedMs: 1_000 });
    const receivedMs = m.at + 5;
    expect(m.due({ receivedMs })).toEqual([]);
    expect(m.state.live?.probedMs).toBe(0);
    expect(connectionDeadlineMs(m.state)).toBe(receivedMs + SILENCE_MS);
  });

  test('a probe that stays without answer ends the connection', () => {
    const m = machine().connect();
    const receivedMs = m.at;
    m.wait(50_000).send({ type: 'woke', receivedMs });
    expect(m.due({ receivedMs }).map(describeEffect)).toEqual(['dropSocket 1']);
  });

  test('several wake-ups at once are one probe', () => {
    const m = machine().connect();
    expect(m.send({ type: 'woke' })).toHaveLength(1);
    expect(m.send({ type: 'woke' })).toHaveLength(0);
  });

  test.each(['socket', 'handshake'])('a %s that takes too long is dropped', (phase) => {
    const m = reach[phase]!();
    expect(m.due().map(describeEffect)).toEqual(['dropSocket 1']);
  });
});

describe('goaway (P-LIVE-7)', () => {
  test('the next connection is opened first, spread over half the time left, at most 5 s', () => {
    const m = machine().connect();
    m.send({ type: 'goneAway', socketId: 1, inMs: 4_000, random: 0.5 });
    expect(m.delayMs).toBe(1_000);
    const far = machine().connect();
    far.send({ type: 'goneAway', socketId: 1, inMs: 3_600_000, random: 0.5 });
    expect(far.delayMs).toBe(2_500);
  });

  test('there is at most one successor', () => {
    const m = reach['connected, next in token']!();
    const before = m.state;
    m.send({ type: 'goneAway', socketId: 1, inMs: 4_000 });
    expect(m.state).toBe(before);
  });

  test('a successor that fails is tried again while the old one serves', () => {
    const m = reach['connected, next in handshake']!();
    m.close(4305, 2);
    expect(m.state).toMatchObject({ status: 'connected', reason: null, current: { phase: 'backoff' } });
    expect(m.due().map(describeEffect)).toEqual(['fetchToken 3']);
  });

  test('a successor that is refused for good leaves the old one alone', () => {
    const m = reach['connected, next in handshake']!();
    m.close(4103, 2);
    expect(m.state).toMatchObject({ status: 'connected', current: null });
  });
});

/** Far quicker than `expect`, which a walk would call millions of times. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`violated: ${what}`);
}

describe('random walks', () => {
  test('sockets: one at a time but for a successor, none forgotten, connected means open', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    let connections = 0;
    for (let walk = 0; walk < 400; walk++) {
      const transition = createConnectionTransition({ ...plan, maxAttempts: walk % 3 === 0 ? 4 : Infinity });
      const open = new Set<number>();
      let everOpened = 0;
      let state: ConnectionState = INITIAL_CONNECTION;
      let at = 1;
      const queue: Given[] = [];
      for (let i = 0; i < 200; i++) {
        at += random() * 5_000;
        // Mostly what is going on, sometimes what went on long ago.
        const socketId =
          random() < 0.7
            ? (state.current?.socketId ?? state.socketId)
            : Math.max(0, Math.floor(state.socketId - random() * 3 + 1));
        const choices: Given[] = [
          { type: 'connectCalled' },
          ...(random() < 0.05 ? [{ type: 'disconnectCalled' } as const] : []),
          { type: 'woke' },
          { type: 'tokenReady', socketId },
          { type: 'tokenFailed', socketId },
          { type: 'goneAway', socketId, inMs: random() * 20_000 },
          { type: 'rejected', socketId, code: 'x', message: '', retryAfterMs: random() * 100 },
          { type: 'deadlineReached' },
          { type: 'deadlineReached' },
          { type: 'deadlineReached' },
          ...[...open].flatMap((id): Given[] => [
            { type: 'socketOpened', socketId: id },
            { type: 'welcomed', socketId: id, silenceMs: SILENCE_MS },
            {
              type: 'socketClosed',
              socketId: id,
              code: [1006, 1009, 4200, 4400, 4100][Math.floor(random() * 5)]!,
              message: '',
            },
          ]),
        ];
        // Half of the time what ought to come next.
        const next: Record<string, Given> = {
          token: { type: 'tokenReady', socketId },
          socket: { type: 'socketOpened', socketId },
          handshake: { type: 'welcomed', socketId, silenceMs: SILENCE_MS },
          backoff: { type: 'deadlineReached' },
        };
        const ordinary = next[state.current?.phase ?? ''];
        queue.push(ordinary && random() < 0.5 ? ordinary : choices[Math.floor(random() * choices.length)]!);
        for (let event; (event = queue.shift());) {
          if (event.type === 'deadlineReached')
            at = Math.max(at, Math.min(at + 60_000, connectionDeadlineMs(state)));
          if (event.type === 'socketClosed') open.delete(event.socketId);
          const before = state.socketId;
          const [next, ...effects] = transition(state, {
            at,
            random: random(),
            online: random() < 0.9,
            receivedMs: at - random() * 50_000,
            ...event,
          });
          if (next.live?.socketId !== state.live?.socketId && next.live) connections++;
          state = next;
          must(state.socketId >= before, 'ids only grow');
          for (const effect of effects) {
            if (effect.type === 'openSocket') {
              must(effect.socketId > everOpened, 'every socket has an id of its own');
              everOpened = effect.socketId;
              open.add(effect.socketId);
            } else if (effect.type === 'dropSocket') {
              queue.push({ type: 'socketClosed', socketId: effect.socketId, code: 1006, message: '' });
            } else if (effect.type !== 'fetchToken')
              must(open.has(effect.socketId), `${effect.type} on an open socket`);
          }
          // The shell closes what no state names any more.
          for (const id of open)
            if (id !== state.live?.socketId && id !== state.current?.socketId) open.delete(id);
        }
        must(open.size <= 2, 'one connection and one successor');
        if (state.status === 'disconnected') must(open.size === 0, 'disconnected means nothing is open');
        if (state.live) must(open.has(state.live.socketId), 'connected means open');
        if (state.current && ['socket', 'handshake'].includes(state.current.phase))
          must(open.has(state.current.socketId), 'opening means open');
        const writable = writableSocketId(state);
        if (writable) must(open.has(writable), 'what is written to is open');
        if (state.status !== 'disconnected' && state.current?.phase !== 'token')
          must(connectionDeadlineMs(state) < Infinity, 'there is always a next moment');
      }
    }
    // The walks went somewhere.
    expect(connections).toBeGreaterThan(1_000);
  });
});
