// Session transition: handshaking, open, draining, closed. Every limit, timeout and rule of order of one connection is
// decided here. Pure: what it needs arrives in the event.
import {
  CloseCode,
  type ErrFrame,
  type ResponseFrame,
  type ServerFrame,
  type WireError,
} from '@tickwire/protocol';
import type { Transition } from '@tickwire/protocol';
import type {
  Expiry,
  HandshakingState,
  OpenState,
  SessionEffect,
  SessionEvent,
  SessionFrame,
  SessionSettings,
  SessionState,
  Stall,
} from './state.js';

type Step = readonly [SessionState, ...SessionEffect[]];
type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { readonly type: Type }>;

const MINUTE_MS = 60_000;
/** How long a client has to move when its connection has grown old. */
const OLD_NOTICE_MS = 10_000;
/** How often a slow peer is looked at in the time that it may take nothing. */
const LOOKS = 4;
/**
 * A peer that takes a thousand bytes a second is slow, not gone; a fifth less, for clocks and headers. What it takes is
 * seen in lumps only, because a kernel asks for more when a good part of its buffer is free: the next lump is given the
 * time that one of the size of the last needs at that pace.
 */
const SLOWEST_BYTES_PER_MS = 0.8;
/** Most patience, in times of the setting: a lump can be as large as a kernel's buffer. */
const MOST_PATIENCE = 10;

/** A connection that was accepted a moment ago. */
export function initialSessionState(settings: SessionSettings, at: number): SessionState {
  return { status: 'handshaking', phase: 'hello', heldBytes: 0, deadlineMs: at + settings.helloTimeoutMs };
}

/** The state machine of one connection. */
export function sessionTransition(
  settings: SessionSettings,
): Transition<SessionState, SessionEvent, SessionEffect> {
  return (state, event) => {
    if (state.status === 'closed') return [state];
    if (event.type === 'socketClosed') return end(event.code, [{ type: 'release' }]);
    if (event.type === 'closeCalled') {
      const said: SessionEffect[] =
        event.error === undefined ? [] : [{ type: 'send', frame: { t: 'err', err: event.error } }];
      return end(event.code, [...said, { type: 'release' }, close(event.code, event.reason)]);
    }
    if (event.type === 'messageRefused') return fault(event.why);
    return state.status === 'handshaking'
      ? handshaking(settings, state, event)
      : open(settings, state, event);
  };
}

/** Whether the server has asked for a frame: such a one does not count against the rate (P-LIM-1). */
export function isAskedFor(state: SessionState, { t }: SessionFrame): boolean {
  return t === 'pong' && (state.status === 'open' || state.status === 'draining') && state.pongsDue > 0;
}

function handshaking(settings: SessionSettings, state: HandshakingState, event: SessionEvent): Step {
  switch (event.type) {
    case 'frameReceived':
      if (event.frame.t !== 'hello') return held(settings, state, event);
      if (state.phase !== 'hello') return fault('second hello');
      return [
        { ...state, phase: 'authenticating', deadlineMs: Infinity },
        { type: 'authenticate', hello: event.frame },
      ];
    case 'frameRefused':
      // There is nobody to tell yet, and nothing to go on with.
      return fault('bad frame before hello');
    case 'frameUnknown':
      if (event.critical) return fault('unknown critical frame');
      return charged(settings, state, event.bytes);
    case 'helloAccepted':
      return accepted(settings, event);
    case 'helloRefused':
      return rejected(event.error, event.closeCode, event.error.c);
    case 'deadlineReached':
      if (event.at < state.deadlineMs) return [state];
      return end(CloseCode.helloTimeout, [
        { type: 'count', what: 'hello_timeout' },
        { type: 'release' },
        close(CloseCode.helloTimeout, 'no hello'),
      ]);
    case 'drainCalled':
      return rejected({ c: 'draining', x: 'no' }, CloseCode.drain, 'drain');
    default:
      return [state];
  }
}

function held(settings: SessionSettings, state: HandshakingState, event: EventOf<'frameReceived'>): Step {
  return charged(settings, state, event.bytes, { type: 'hold', frame: event.frame, at: event.at });
}

/** Whatever comes before the verdict is paid for, whether it is kept or not. */
function charged(
  settings: SessionSettings,
  state: HandshakingState,
  bytes: number,
  ...effects: readonly SessionEffect[]
): Step {
  const heldBytes = state.heldBytes + bytes;
  if (heldBytes > settings.maxHeldBytes) return fault('too much before welcome');
  return [{ ...state, heldBytes }, ...effects];
}

function accepted(settings: SessionSettings, event: EventOf<'helloAccepted'>): Step {
  const { at } = event;
  const state = scheduled(settings, {
    status: 'open',
    pingAtMs: at + settings.pingEveryMs * (0.5 + event.jitter / 2),
    awaited: null,
    nextPing: 1,
    pongsDue: 0,
    measured: null,
    rttMs: null,
    expiry: expiryOf(settings, at, event.expiresAtMs),
    stall: null,
    slackMs: 0,
    refusedAtMs: [],
    maxInFlight: event.maxInFlight,
    inFlight: 0,
    refreshing: false,
    wantedAtMs: at,
    oldAtMs: at + settings.maxAgeMs * (0.9 + event.jitter / 10),
    closeAtMs: Infinity,
    closeCode: CloseCode.drain,
  });
  return [state, { type: 'send', frame: event.welcome }, { type: 'releaseHeld' }];
}

function rejected(error: WireError, code: number, reason: string): Step {
  return end(code, [
    { type: 'count', what: error.c },
    { type: 'send', frame: { t: 'reject', err: error } },
    { type: 'release' },
    close(code, reason),
  ]);
}

function open(settings: SessionSettings, state: OpenState, event: SessionEvent): Step {
  switch (event.type) {
    case 'frameReceived':
      return received(settings, heard(state), event);
    case 'frameRefused':
      return refused(settings, heard(state), event);
    case 'frameUnknown':
      return event.critical ? fault('unknown critical frame') : [scheduled(settings, heard(state))];
    case 'rateExceeded':
      return overRate(settings, heard(state), event);
    case 'refreshAccepted':
      return refreshed(settings, state, event);
    case 'refreshRefused':
      return refreshRefused(settings, state, event);
    case 'commandEnded':
      return commandEnded(settings, { ...state, inFlight: state.inFlight - 1 }, event.at);
    case 'outputStalled':
      return [state.stall === null ? stalling(settings, state, event) : state];
    case 'outputDrained':
      return [state.stall === null ? state : scheduled(settings, flowing(state, state.stall, event.at))];
    case 'deadlineReached':
      return deadline(settings, state, event);
    case 'drainCalled':
      return state.status === 'draining'
        ? [state]
        : leaving(settings, state, event.at, event.inMs, CloseCode.drain);
    default:
      return [state];
  }
}

function received(
  settings: SessionSettings,
  state: OpenState,
  { frame, at }: EventOf<'frameReceived'>,
): Step {
  const next = scheduled(settings, frame.t === 'pong' ? state : { ...state, wantedAtMs: at });
  switch (frame.t) {
    case 'hello':
      return fault('second hello');
    case 'sub':
      return [next, { type: 'subscribe', frame }];
    case 'unsub':
      return [next, { type: 'unsubscribe', frame }];
    case 'req':
      return request(next, frame, at);
    case 'cancel':
      return [next, { type: 'cancel', frame }];
    case 'auth':
      if (state.refreshing) return [next, ...refusal('auth', frame.id, { c: 'in_flight', x: 'no' })];
      return [scheduled(settings, { ...next, refreshing: true }), { type: 'refresh', frame }];
    case 'pub':
      // Reserved: without an id nobody waits for an answer (P-EXT-5).
      if (frame.id === undefined) return [next, { type: 'count', what: 'forbidden' }];
      return [next, ...refusal('pub', frame.id, { c: 'forbidden', x: 'no' })];
    case 'ping':
      return [next, { type: 'send', frame: { t: 'pong', k: frame.k } }];
    case 'pong':
      return [ponged(next, frame.k, at)];
    case 'err':
      return [next, { type: 'count', what: 'err_received' }];
  }
}

function request(state: OpenState, frame: Extract<SessionFrame, { readonly t: 'req' }>, at: number): Step {
  if (state.status === 'draining') return [state, ...refusal('req', frame.id, { c: 'draining', x: 'no' })];
  if (state.inFlight >= state.maxInFlight) {
    return [state, ...refusal('req', frame.id, { c: 'limit', m: 'too many commands in flight', x: 'no' })];
  }
  return [
    { ...state, inFlight: state.inFlight + 1 },
    { type: 'run', frame, at },
  ];
}

function ponged(state: OpenState, k: number, at: number): OpenState {
  const next = { ...state, pongsDue: Math.max(0, state.pongsDue - 1) };
  if (state.measured?.k !== k) return next;
  return { ...next, measured: null, rttMs: Math.max(0, Math.round(at - state.measured.sentAtMs)) };
}

function refused(settings: SessionSettings, state: OpenState, event: EventOf<'frameRefused'>): Step {
  const refusedAtMs = [...state.refusedAtMs.filter((at) => event.at - at < MINUTE_MS), event.at];
  if (refusedAtMs.length >= settings.maxRefusedFramesPerMinute) return fault('too many bad frames');
  const error: WireError = { c: 'bad_frame', x: 'no' };
  return [scheduled(settings, { ...state, refusedAtMs }), ...refusal('refused', event.id, error)];
}

function overRate(settings: SessionSettings, state: OpenState, event: EventOf<'rateExceeded'>): Step {
  if (event.refusals > settings.maxRateRefusals) {
    return end(CloseCode.rate, [
      { type: 'count', what: 'rate_abuse' },
      { type: 'release' },
      close(CloseCode.rate, 'rate'),
    ]);
  }
  return [
    scheduled(settings, state),
    ...refusal(event.t, event.id, { c: 'rate_limited', x: 'no', ra: event.retryAfterMs }),
  ];
}

function refreshed(settings: SessionSettings, state: OpenState, event: EventOf<'refreshAccepted'>): Step {
  return [
    scheduled(settings, {
      ...state,
      refreshing: false,
      expiry: expiryOf(settings, event.at, event.expiresAtMs),
    }),
    {
      type: 'send',
      frame: { t: 'res', id: event.id, v: event.ttlMs === null ? {} : { ttl: event.ttlMs } },
    },
    { type: 'reauthorize' },
  ];
}

function refreshRefused(settings: SessionSettings, state: OpenState, event: EventOf<'refreshRefused'>): Step {
  // Not asked again and again until a deadline happens to come up between two answers.
  return event.at >= endOfGraceMs(settings, state.expiry)
    ? expired()
    : [
        scheduled(settings, { ...state, refreshing: false }),
        { type: 'count', what: event.error.c },
        respond(event.id, event.error),
      ];
}

function commandEnded(settings: SessionSettings, state: OpenState, at: number): Step {
  return state.inFlight === 0 && at >= state.closeAtMs
    ? left(state)
    : [scheduled(settings, { ...state, wantedAtMs: at })];
}

function deadline(settings: SessionSettings, before: OpenState, event: EventOf<'deadlineReached'>): Step {
  const { at } = event;
  if (at >= before.closeAtMs && before.inFlight === 0) return left(before);
  const isQuiet = at >= before.wantedAtMs + settings.maxIdleMs;
  if (isQuiet && before.inFlight === 0 && event.subscriptions === 0) return idle();
  const state = isQuiet ? { ...before, wantedAtMs: at } : before;
  if (at >= state.oldAtMs && state.status === 'open')
    return leaving(settings, state, at, OLD_NOTICE_MS, CloseCode.rebalance);
  if (state.stall !== null && at >= state.stall.lookAtMs) return look(settings, state, state.stall, event);
  if (state.stall === null && at >= silentAtMs(settings, state)) {
    // A ping that has not left this process cannot have been answered: what is judged now is whether it leaves.
    return event.bufferedBytes > 0 ? deadline(settings, stalling(settings, state, event), event) : silent();
  }
  const effects: SessionEffect[] = [];
  let next = state;
  // Also while a refresh is under way: whoever asks decides when that begins, and might never stop.
  if (at >= endOfGraceMs(settings, next.expiry)) {
    return expired();
  }
  if (next.expiry !== null && !next.expiry.asked && at >= next.expiry.askAtMs) {
    effects.push({
      type: 'send',
      frame: { t: 'reauth', in: Math.max(0, Math.round(next.expiry.expiresAtMs - at)) },
    });
    next = { ...next, expiry: { ...next.expiry, asked: true } };
  }
  if (at >= next.pingAtMs) {
    const ping = { k: next.nextPing, sentAtMs: at };
    effects.push({ type: 'ping', k: ping.k, rttMs: next.rttMs });
    next = {
      ...next,
      awaited: next.awaited ?? ping,
      measured: ping,
      pongsDue: next.pongsDue + 1,
      nextPing: ping.k === 0xffff_ffff ? 1 : ping.k + 1,
      pingAtMs: at + settings.pingEveryMs,
    };
  }
  return [scheduled(settings, next), ...effects];
}

/** Something came: the peer lives. */
function heard(state: OpenState): OpenState {
  return { ...state, awaited: null, slackMs: 0 };
}

/** When a peer that says nothing counts as gone. */
function silentAtMs(
  { pingGraceMs }: SessionSettings,
  { awaited, slackMs }: Pick<OpenState, 'awaited' | 'slackMs'>,
): number {
  return awaited === null ? Infinity : awaited.sentAtMs + pingGraceMs + slackMs;
}

/** From now on it is judged by what it takes, not by what it says. */
function stalling(
  settings: SessionSettings,
  state: OpenState,
  { at, takenBytes }: { readonly at: number; readonly takenBytes: number },
): OpenState {
  const { slowConsumerMs: patienceMs } = settings;
  const lookAtMs = at + patienceMs / LOOKS;
  return scheduled(settings, {
    ...state,
    stall: { sinceMs: at, takenBytes, tookAtMs: at, patienceMs, lookAtMs },
  });
}

/** Nothing waits any more: a ping that waited too has just left. */
function flowing(state: OpenState, { sinceMs }: Stall, at: number): OpenState {
  const awaited = state.awaited === null ? null : { ...state.awaited, sentAtMs: at };
  return { ...state, stall: null, awaited, slackMs: at - sinceMs };
}

function look(
  settings: SessionSettings,
  state: OpenState,
  stall: Stall,
  event: EventOf<'deadlineReached'>,
): Step {
  const { at, takenBytes, bufferedBytes } = event;
  if (bufferedBytes === 0) return deadline(settings, flowing(state, stall, at), event);
  const { slowConsumerMs } = settings;
  const lump = takenBytes - stall.takenBytes;
  if (lump <= 0 && at >= stall.tookAtMs + stall.patienceMs) return stalled();
  const patient = Math.min(lump / SLOWEST_BYTES_PER_MS, slowConsumerMs * MOST_PATIENCE);
  const seen: Stall =
    lump > 0
      ? { ...stall, takenBytes, tookAtMs: at, patienceMs: Math.max(stall.patienceMs, patient) }
      : stall;
  const lookAtMs = Math.min(at + slowConsumerMs / LOOKS, seen.tookAtMs + seen.patienceMs);
  return deadline(settings, { ...state, stall: { ...seen, lookAtMs } }, event);
}

function expiryOf(settings: SessionSettings, at: number, expiresAtMs: number | null): Expiry | null {
  if (expiresAtMs === null) return null;
  // A token that lives shorter than the lead is asked for half-way.
  const lead = Math.min(settings.reauthLeadMs, (expiresAtMs - at) / 2);
  return { askAtMs: expiresAtMs - lead, expiresAtMs, asked: false };
}

/** The state with the moment at which it wants to be looked at. */
function scheduled(settings: SessionSettings, state: Omit<OpenState, 'deadlineMs'>): OpenState {
  const { expiry, stall } = state;
  return {
    ...state,
    deadlineMs: Math.min(
      state.pingAtMs,
      expiry === null || expiry.asked ? endOfGraceMs(settings, expiry) : expiry.askAtMs,
      stall === null ? silentAtMs(settings, state) : stall.lookAtMs,
      // Past its end a connection waits for its commands, and their end is an event.
      state.inFlight > 0 ? Infinity : state.closeAtMs,
      state.wantedAtMs + settings.maxIdleMs,
      state.status === 'open' ? state.oldAtMs : Infinity,
    ),
  };
}

/** When a connection ends whose credentials have not been replaced by then. */
function endOfGraceMs(settings: SessionSettings, expiry: Expiry | null): number {
  return expiry === null ? Infinity : expiry.expiresAtMs + settings.authGraceMs;
}

/** The client is asked to move. */
function leaving(
  settings: SessionSettings,
  state: OpenState,
  at: number,
  inMs: number,
  closeCode: typeof CloseCode.drain | typeof CloseCode.rebalance,
): Step {
  const next = scheduled(settings, { ...state, status: 'draining', closeAtMs: at + inMs, closeCode });
  return [next, { type: 'send', frame: { t: 'goaway', in: inMs, c: reasonOf(closeCode) } }];
}

function left({ closeCode }: OpenState): Step {
  return end(closeCode, [{ type: 'release' }, close(closeCode, reasonOf(closeCode))]);
}

function reasonOf(closeCode: number): string {
  return closeCode === CloseCode.rebalance ? 'rebalance' : 'drain';
}

function idle(): Step {
  return end(CloseCode.idle, [
    { type: 'count', what: 'idle' },
    { type: 'release' },
    close(CloseCode.idle, 'idle'),
  ]);
}

function silent(): Step {
  return end(CloseCode.noPong, [
    { type: 'count', what: 'no_pong' },
    { type: 'release' },
    close(CloseCode.noPong, 'no pong', true),
  ]);
}

function stalled(): Step {
  return end(CloseCode.slowConsumer, [
    { type: 'count', what: 'slow_consumer' },
    { type: 'release' },
    close(CloseCode.slowConsumer, 'slow consumer', true),
  ]);
}

function expired(): Step {
  return end(CloseCode.tokenExpired, [
    { type: 'count', what: 'token_expired' },
    { type: 'release' },
    close(CloseCode.tokenExpired, 'token expired'),
  ]);
}

/** Something no well-meaning client sends: nothing is explained, the connection ends (P-FRAME-5). */
function fault(why: string): Step {
  return end(CloseCode.badFrame, [
    { type: 'count', what: 'bad_message' },
    { type: 'release' },
    close(CloseCode.badFrame, why),
  ]);
}

function end(code: number, effects: readonly SessionEffect[]): Step {
  return [{ status: 'closed', code, deadlineMs: Infinity }, ...effects];
}

function close(code: number, reason: string, force = false): SessionEffect {
  return { type: 'close', code, reason, force };
}

/** Requests are answered by `res`, everything else by `err`, with the id where there was one. */
function refusal(t: string, id: number | undefined, error: WireError): readonly SessionEffect[] {
  const count: SessionEffect = { type: 'count', what: error.c };
  if (id !== undefined && (t === 'req' || t === 'auth' || t === 'pub')) return [count, respond(id, error)];
  const frame: ErrFrame = { t: 'err', ...(id === undefined ? {} : { id }), err: error };
  return [count, { type: 'send', frame }];
}

function respond(id: number, error: WireError): SessionEffect {
  const frame: ResponseFrame & ServerFrame = { t: 'res', id, err: error };
  return { type: 'send', frame };
}
