// Connection transition: the one place that decides what a connection does next. Pure; knows no sockets, no clock, no
// channels. Policies are those of P-CLOSE-2, P-CLOSE-3 and P-LIVE-3 to P-LIVE-7.
import { closePolicy, MAX_CLOSES_IN_A_ROW, type ClosePolicy, type Transition } from '@tickwire/protocol';
import { backoffDelayMs, type BackoffPlan } from './backoff.js';
import { LATE_TIMER_MS } from './liveness.js';
import type {
  Attempt,
  ConnectedState,
  ConnectingState,
  ConnectionEffect,
  ConnectionEvent,
  ConnectionReason,
  ConnectionState,
} from './state.js';

/** What the machine is told once. Times in milliseconds. */
export interface ConnectionPlan extends BackoffPlan {
  /** Attempts without a `welcome` after which it stops. */
  readonly maxAttempts: number;
  /** Life of a connection after which delays start small again. */
  readonly stableMs: number;
  readonly connectTimeoutMs: number;
  readonly tokenTimeoutMs: number;
  readonly probeTimeoutMs: number;
}

/** A delay below this after `drain` and the like: the server asked for it (P-CLOSE-2). */
const SOON_MS = 1_000;
/** Longest that an old connection is kept once the next one serves. */
const RETIRE_MS = 10_000;
/** Longest that the next connection is put off after `goaway`. */
const MAX_SPREAD_MS = 5_000;

type Step = readonly [ConnectionState, ...ConnectionEffect[]];
type Active = ConnectingState | ConnectedState;

/** Makes the transition for one client. */
export function createConnectionTransition(
  plan: ConnectionPlan,
): Transition<ConnectionState, ConnectionEvent, ConnectionEffect> {
  const close = (socketId: number, code = 1000, message = ''): ConnectionEffect => ({
    type: 'closeSocket',
    socketId,
    code,
    message,
  });

  /** Begins the attempt: a token first. */
  function begin(state: ConnectionState, at: number): Step {
    const socketId = state.socketId + 1;
    const current: Attempt = { socketId, phase: 'token', deadlineMs: at + plan.tokenTimeoutMs };
    const next: ConnectionState =
      state.status === 'connected'
        ? { ...state, socketId, current }
        : { ...state, status: 'connecting', socketId, current };
    return [next, { type: 'fetchToken', socketId, reason: state.tokenReason }];
  }

  /** Waits before the next attempt. */
  function backOff(state: Active, event: ConnectionEvent, delayMs: number): ConnectionState {
    const wantedMs = event.at + (event.online ? delayMs : Math.max(delayMs, plan.maxDelayMs));
    const current: Attempt = {
      socketId: state.socketId,
      phase: 'backoff',
      deadlineMs: Math.max(wantedMs, state.notBeforeMs),
    };
    return { ...state, current };
  }

  const delayOf = (level: number, event: ConnectionEvent): number =>
    backoffDelayMs(plan, level, event.random);

  function stop(state: ConnectionState, reason: ConnectionReason | null): Step {
    const { socketId, attempt } = state;
    const stopped: ConnectionState = {
      status: 'disconnected',
      socketId,
      attempt,
      level: 0,
      streak: { policy: 'backoff', count: 0 },
      notBeforeMs: 0,
      reason,
      tokenReason: 'connect',
    };
    const effects: ConnectionEffect[] = [{ type: 'abortToken' }];
    if (state.status !== 'disconnected' && state.current !== null)
      effects.push(close(state.current.socketId));
    if (state.status === 'connected') {
      effects.push(close(state.activeId));
      if (state.retiring !== null) effects.push(close(state.retiring.socketId));
    }
    return [stopped, ...effects];
  }

  /** An attempt or a connection has ended and this is what the end means. */
  function ended(state: Active, event: ConnectionEvent, policy: ClosePolicy, reason: ConnectionReason): Step {
    const counted = policy === 'credentials' || policy === 'suspect';
    const count = counted ? (state.streak.policy === policy ? state.streak.count + 1 : 1) : 0;
    const tokenReason =
      policy !== 'credentials'
        ? 'connect'
        : reason.closeCode === 4201 || reason.code === 'token_expired'
          ? 'expired'
          : 'refused';
    // A connection that goes on serving is not ended by its successor's end: only the successor tries again.
    const serving = state.status === 'connected' && state.current !== null;
    const said = {
      ...state,
      reason: serving ? state.reason : reason,
      streak: { policy, count },
      tokenReason,
    } as const;
    if (policy === 'stop' || count >= MAX_CLOSES_IN_A_ROW)
      return serving ? [{ ...(said as ConnectedState), current: null }] : stop(said, reason);
    if (!serving && said.attempt >= plan.maxAttempts) {
      const attempts = said.attempt;
      const failed = {
        code: 'connection_failed',
        message: `Gave up after ${attempts} attempts: ${reason.message}`,
      };
      const [next, ...effects] = stop(said, { ...reason, ...failed });
      return [next, ...effects, { type: 'giveUp', attempts }];
    }
    const delayMs = policy === 'soon' ? event.random * SOON_MS : delayOf(said.level, event);
    return [backOff({ ...said, level: said.level + 1 }, event, delayMs)];
  }

  /** The connection in use is gone: its successor takes over, or everything starts again. */
  function lost(
    state: ConnectedState,
    event: ConnectionEvent,
    policy: ClosePolicy,
    reason: ConnectionReason,
  ): Step {
    const { socketId, attempt, streak, notBeforeMs, tokenReason, current, retiring } = state;
    const effects: ConnectionEffect[] = [];
    if (retiring !== null) effects.push(close(retiring.socketId));
    if (state.tokenMs < Infinity) effects.push({ type: 'abortToken' });
    const level = event.at - state.sinceMs >= plan.stableMs ? 0 : state.level;
    const base = {
      status: 'connecting',
      socketId,
      attempt,
      level,
      streak,
      notBeforeMs,
      tokenReason,
      reason,
    } as const;
    if (current !== null) return [{ ...base, current }, ...effects];
    const idle: Attempt = { socketId, phase: 'backoff', deadlineMs: event.at };
    const [next, ...more] = ended({ ...base, current: idle }, event, policy, reason);
    return [next, ...effects, ...more];
  }

  /** Nothing came for too long, on the connection in use. */
  function dropActive(state: ConnectedState, event: ConnectionEvent, message: string): Step {
    const [next, ...effects] = lost(state, event, 'backoff', { code: 'timeout', message });
    return [next, close(state.activeId, 4302, message), ...effects];
  }

  function probe(state: ConnectedState, event: ConnectionEvent): Step {
    const probed = { ...state, probedMs: event.at, livenessMs: event.at + plan.probeTimeoutMs };
    return [probed, { type: 'sendPing', socketId: state.activeId }];
  }

  function judgeLife(state: ConnectedState, event: ConnectionEvent): Step {
    const { probedMs, livenessMs, silenceMs } = state;
    const dueMs = event.receivedMs + silenceMs;
    if (probedMs === null ? event.at < dueMs : event.receivedMs >= probedMs) {
      return [{ ...state, probedMs: null, livenessMs: Math.max(dueMs, event.at + 1) }];
    }
    // Held back by sleep or throttling, the watchdog says nothing about the server: ask it.
    if (probedMs === null && event.at - livenessMs > LATE_TIMER_MS) return probe(state, event);
    return dropActive(state, event, 'No sign of life from the server');
  }

  function attemptDue(state: Active, current: Attempt, event: ConnectionEvent): Step {
    if (current.phase === 'backoff') return begin(state, event.at);
    if (current.phase === 'token') {
      const [next, ...effects] = tokenFailed(state, event, 'getToken took too long');
      return [next, { type: 'abortToken' }, ...effects];
    }
    const message = 'Connecting took too long';
    const [next, ...effects] = ended(state, event, 'backoff', { code: 'timeout', message });
    return [next, close(current.socketId), ...effects];
  }

  function tokenFailed(state: Active, event: ConnectionEvent, message: string): Step {
    const reason = state.status === 'connected' ? state.reason : { code: 'unauthenticated', message };
    const waiting = { ...state, reason, level: state.level + 1 };
    return [backOff(waiting, event, delayOf(state.level, event)), { type: 'reportTokenFailure', message }];
  }

  function deadlineReached(state: Active, event: ConnectionEvent): Step {
    if (state.current !== null && state.current.deadlineMs <= event.at)
      return attemptDue(state, state.current, event);
    if (state.status === 'connecting') return [state];
    if (state.tokenMs <= event.at) {
      const message = 'getToken took too long';
      return [
        { ...state, tokenMs: Infinity },
        { type: 'abortToken' },
        { type: 'reportTokenFailure', message },
      ];
    }
    if (state.retiring !== null && state.retiring.deadlineMs <= event.at) {
      return [{ ...state, retiring: null }, close(state.retiring.socketId)];
    }
    return state.livenessMs <= event.at ? judgeLife(state, event) : [state];
  }

  function welcomed(state: Active, current: Attempt, event: ConnectionEvent, silenceMs: number): Step {
    const { socketId, level, notBeforeMs } = state;
    const connected: ConnectedState = {
      status: 'connected',
      socketId,
      attempt: 0,
      level,
      streak: state.streak.policy === 'suspect' ? state.streak : { policy: 'backoff', count: 0 },
      notBeforeMs,
      reason: null,
      tokenReason: 'connect',
      activeId: current.socketId,
      sinceMs: event.at,
      silenceMs,
      probedMs: null,
      livenessMs: event.at + silenceMs,
      tokenMs: Infinity,
      current: null,
      retiring:
        state.status === 'connected' ? { socketId: state.activeId, deadlineMs: event.at + RETIRE_MS } : null,
    };
    return state.status === 'connected' && state.retiring !== null
      ? [connected, close(state.retiring.socketId)]
      : [connected];
  }

  function socketClosed(
    state: Active,
    event: ConnectionEvent & { readonly socketId: number; readonly code: number; readonly message: string },
  ): Step {
    const { socketId, code } = event;
    const policy = closePolicy(code);
    // What `reject` said just before says more than the code.
    const said = state.current?.socketId === socketId ? state.current.rejection : undefined;
    const reason: ConnectionReason = {
      code:
        said?.code ??
        (policy === 'credentials'
          ? 'unauthenticated'
          : policy === 'stop'
            ? 'connection_failed'
            : 'unavailable'),
      message: said?.message ?? (event.message === '' ? `Connection closed (${code})` : event.message),
      closeCode: code,
    };
    if (state.status === 'connected') {
      if (socketId === state.activeId) return lost(state, event, policy, reason);
      if (socketId === state.retiring?.socketId) return [{ ...state, retiring: null }];
    }
    return socketId === state.current?.socketId && isOpening(state.current)
      ? ended(state, event, policy, reason)
      : [state];
  }

  return (state, event) => {
    switch (event.type) {
      case 'connectCalled':
        if (state.status === 'disconnected') return begin({ ...state, attempt: 0, reason: null }, event.at);
        return state.status === 'connecting' && state.current.phase === 'backoff'
          ? begin(state, event.at)
          : [state];
      case 'disconnectCalled':
        return stop(state, null);
    }
    if (state.status === 'disconnected') return [state];
    const { current } = state;
    switch (event.type) {
      case 'deadlineReached':
        return deadlineReached(state, event);
      case 'woke': {
        if (state.status === 'connected') return state.probedMs === null ? probe(state, event) : [state];
        if (state.current.phase !== 'backoff') return [state];
        const soon = backOff(state, event, delayOf(0, event)) as ConnectingState;
        return soon.current.deadlineMs < state.current.deadlineMs ? [soon] : [state];
      }
      case 'wentOffline':
        return state.status === 'connecting' && state.current.phase === 'backoff'
          ? [backOff(state, event, plan.maxDelayMs)]
          : [state];
      case 'tokenAsked':
        return state.status === 'connected' && state.tokenMs === Infinity
          ? [
              { ...state, tokenMs: event.at + plan.tokenTimeoutMs },
              { type: 'fetchToken', socketId: state.activeId, reason: 'reauth' },
            ]
          : [state];
      case 'tokenReady':
        if (current?.phase === 'token' && current.socketId === event.socketId) {
          const opening: Attempt = {
            ...current,
            phase: 'socket',
            deadlineMs: event.at + plan.connectTimeoutMs,
          };
          return [
            { ...state, current: opening, attempt: state.attempt + 1 },
            { type: 'openSocket', socketId: event.socketId },
          ];
        }
        return state.status === 'connected' && state.activeId === event.socketId && state.tokenMs < Infinity
          ? [
              { ...state, tokenMs: Infinity },
              { type: 'sendAuth', socketId: event.socketId },
            ]
          : [state];
      case 'tokenFailed':
        if (current?.phase === 'token' && current.socketId === event.socketId) {
          return tokenFailed(state, event, event.message);
        }
        return state.status === 'connected' && state.activeId === event.socketId && state.tokenMs < Infinity
          ? [
              { ...state, tokenMs: Infinity },
              { type: 'reportTokenFailure', message: event.message },
            ]
          : [state];
      case 'socketOpened':
        if (current?.phase !== 'socket' || current.socketId !== event.socketId) return [state];
        return [
          {
            ...state,
            current: { ...current, phase: 'handshake', deadlineMs: event.at + plan.connectTimeoutMs },
          },
          { type: 'sendHello', socketId: event.socketId },
        ];
      case 'welcomed':
        return current?.phase === 'handshake' && current.socketId === event.socketId
          ? welcomed(state, current, event, event.silenceMs)
          : [state];
      case 'rejected': {
        const { code, message, socketId } = event;
        return current?.phase === 'handshake' && current.socketId === socketId
          ? [{ ...state, current: { ...current, rejection: { code, message } } }]
          : [state];
      }
      case 'delayed':
        return [{ ...state, notBeforeMs: event.at + event.retryAfterMs }];
      case 'goneAway':
        return state.status === 'connected' && state.activeId === event.socketId && current === null
          ? [backOff(state, event, event.random * Math.min(event.inMs / 2, MAX_SPREAD_MS))]
          : [state];
      case 'settled':
        return state.status === 'connected' && state.retiring !== null
          ? [{ ...state, retiring: null }, close(state.retiring.socketId)]
          : [state];
      case 'unanswered':
        return state.status === 'connected'
          ? dropActive(state, event, 'The server did not answer a subscription')
          : [state];
      case 'socketClosed':
        return socketClosed(state, event);
    }
  };
}

function isOpening(attempt: Attempt): boolean {
  return attempt.phase === 'socket' || attempt.phase === 'handshake';
}
