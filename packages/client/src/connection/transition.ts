// Connection transition: the one place that decides what a connection does next. Pure; knows no sockets, no clock, no
// channels. Policies are those of P-CLOSE-2, P-CLOSE-3 and P-LIVE-3 to P-LIVE-7.
import { closePolicy, MAX_CLOSES_IN_A_ROW, retryAdviceOf, type Transition } from '@tickwire/protocol';
import { backoffDelayMs, type BackoffPlan } from './backoff.js';
import { LATE_TIMER_MS } from './liveness.js';
import {
  INITIAL_CONNECTION,
  type Attempt,
  type ConnectionContext,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionReason,
  type ConnectionState,
  type Live,
} from './state.js';

/** What the machine is told once. Times in milliseconds. */
export interface ConnectionPlan extends BackoffPlan {
  /** Sockets opened without a `welcome` after which it stops. */
  readonly maxAttempts: number;
  /** Life of a connection after which delays start small again. */
  readonly stableMs: number;
  readonly connectTimeoutMs: number;
  readonly probeTimeoutMs: number;
}

/** A delay below this after `drain` and the like: the server asked for it (P-CLOSE-2). */
const SOON_MS = 1_000;
/** Longest that the next connection is put off after `goaway`. */
const MAX_SPREAD_MS = 5_000;

/** What the close codes of refused credentials say; the others say no more than that (P-AUTH-1). */
const CREDENTIAL_CODES: Readonly<Record<number, string>> = { 4201: 'token_expired', 4202: 'session_revoked' };

/** What changes, and what is wanted; `undefined` where nothing does. The status follows from what there is. */
type Decision = readonly [Changes, ...ConnectionEffect[]] | undefined;
type Changes = Partial<Omit<ConnectionState, 'status'>>;

/** Makes the transition for one client. */
export function createConnectionTransition(
  plan: ConnectionPlan,
): Transition<ConnectionState, ConnectionEvent, ConnectionEffect> {
  /** Begins an attempt: a token first, which has its own time limit. */
  function begin({ socketId: last, tokenReason: reason }: ConnectionState, changes?: Changes): Decision {
    const socketId = last + 1;
    const current: Attempt = { socketId, phase: 'token', deadlineMs: Infinity };
    return [
      { ...changes, socketId, current },
      { type: 'fetchToken', socketId, reason },
    ];
  }

  function backOff(
    { notBeforeMs }: ConnectionState,
    { at, online }: ConnectionContext,
    delayMs: number,
  ): Attempt {
    const waitMs = online ? delayMs : Math.max(delayMs, plan.maxDelayMs);
    return { socketId: 0, phase: 'backoff', deadlineMs: Math.max(at + waitMs, notBeforeMs) };
  }

  /** Backs off by the level reached, and reaches the next. */
  function retry(
    state: ConnectionState,
    event: ConnectionContext,
    level = state.level,
    soon = false,
  ): Changes {
    const delayMs = soon ? event.random * SOON_MS : backoffDelayMs(plan, level, event.random);
    return { level: level + 1, current: backOff(state, event, delayMs) };
  }

  const stop = ({ socketId, attempt }: ConnectionState, reason: ConnectionReason | null): Changes => ({
    ...INITIAL_CONNECTION,
    socketId,
    attempt,
    reason,
  });

  function probe(live: Live, at: number): Decision {
    return [
      { live: { ...live, probedMs: at, deadlineMs: at + plan.probeTimeoutMs } },
      { type: 'sendPing', socketId: live.socketId },
    ];
  }

  function judgeLife(live: Live, { at, receivedMs }: ConnectionContext): Decision {
    const { probedMs, socketId } = live;
    const dueMs = receivedMs + live.silenceMs;
    if (probedMs ? receivedMs >= probedMs : at < dueMs) {
      return [{ live: { ...live, probedMs: 0, deadlineMs: Math.max(dueMs, at + 1) } }];
    }
    // Held back by sleep or throttling, the watchdog says nothing about the server: ask it.
    if (!probedMs && at - live.deadlineMs > LATE_TIMER_MS) return probe(live, at);
    return [{}, { type: 'dropSocket', socketId, message: 'No sign of life' }];
  }

  function closed(
    state: ConnectionState,
    event: ConnectionEvent & { readonly type: 'socketClosed' },
  ): Decision {
    const { code, socketId, at } = event;
    const { current, live } = state;
    const lost = live?.socketId === socketId ? live : null;
    if (!lost && current?.socketId !== socketId) return undefined;
    const rejection = lost ? undefined : current?.rejection;
    // The close frame was lost: what was said before it decides as it would have (P-CONN-6).
    const advice = code === 1006 && rejection && retryAdviceOf(rejection.code);
    // A connection that goes on serving is not ended by its successor's end: only the successor tries again.
    const serving = lost ? null : live;
    const policy = advice === 'never' ? 'stop' : advice === 'credentials' ? advice : closePolicy(code);
    const ofCredentials = policy === 'credentials';
    const reason: ConnectionReason = {
      code: ofCredentials ? (CREDENTIAL_CODES[code] ?? 'unauthenticated') : 'unavailable',
      message: event.message || `Connection closed (${code})`,
      ...rejection,
      closeCode: code,
    };
    const counted = ofCredentials || policy === 'suspect';
    const lasted = lost && at - lost.sinceMs >= plan.stableMs;
    const streak = counted ? (state.policy === policy && !lasted ? state.streak : 0) + 1 : 0;
    const level = lasted ? 0 : state.level;
    const changes: Changes = {
      policy,
      streak,
      level,
      reason: serving ? state.reason : reason,
      tokenReason: !ofCredentials ? 'connect' : code === 4201 ? 'expired' : 'refused',
      live: serving,
    };
    // The successor takes over.
    if (lost && current) return [changes];
    const gaveUp = !serving && state.attempt >= plan.maxAttempts;
    if (policy === 'stop' || streak >= MAX_CLOSES_IN_A_ROW || gaveUp) {
      if (serving) return [{ ...changes, current: null }];
      return [stop(state, gaveUp ? { ...reason, code: 'connection_failed' } : reason)];
    }
    return [{ ...changes, ...retry(state, event, level, policy === 'soon') }];
  }

  function welcomed({ policy, streak }: ConnectionState, live: Live): Changes {
    return {
      attempt: 0,
      // Faults that close a connection after its `welcome` go on counting; credentials that were taken do not.
      streak: policy === 'credentials' ? 0 : streak,
      reason: null,
      tokenReason: 'connect',
      current: null,
      live,
    };
  }

  function decide(state: ConnectionState, event: ConnectionEvent): Decision {
    const { current, live } = state;
    const { at, type } = event;
    const waits = current?.phase === 'backoff';
    const socketId = 'socketId' in event ? event.socketId : NaN;
    const isLive = live?.socketId === socketId;
    /** The attempt an event is about, if it still is in that phase. */
    const inPhase = (phase: Attempt['phase']): Attempt | null =>
      current?.phase === phase && current.socketId === socketId ? current : null;
    /** The next phase, which has its own time limit. */
    const enter = (phase: Attempt['phase']): Attempt => ({
      socketId,
      phase,
      deadlineMs: at + plan.connectTimeoutMs,
    });

    switch (type) {
      case 'connectCalled':
        if (live || (current && !waits)) return undefined;
        return begin(state, current ? {} : { attempt: 0, reason: null });
      case 'disconnectCalled':
        return [stop(state, null)];
      case 'woke': {
        if (live) return live.probedMs ? undefined : probe(live, at);
        if (!waits) return undefined;
        const soon = backOff(state, event, backoffDelayMs(plan, 0, event.random));
        return soon.deadlineMs < current.deadlineMs ? [{ current: soon }] : undefined;
      }
      case 'deadlineReached':
        if (current && current.deadlineMs <= at) {
          if (waits) return begin(state);
          return [
            {},
            { type: 'dropSocket', socketId: current.socketId, message: 'Connecting took too long' },
          ];
        }
        return live && live.deadlineMs <= at ? judgeLife(live, event) : undefined;
      case 'tokenReady':
        if (!inPhase('token')) return undefined;
        return [
          { current: enter('socket'), attempt: state.attempt + 1 },
          { type: 'openSocket', socketId },
        ];
      case 'tokenFailed': {
        if (!inPhase('token')) return undefined;
        const reason = { code: 'unauthenticated', message: 'No token' };
        return [{ reason: live ? state.reason : reason, ...retry(state, event) }];
      }
      case 'socketOpened':
        return inPhase('socket')
          ? [{ current: enter('handshake') }, { type: 'sendHello', socketId }]
          : undefined;
      case 'welcomed': {
        const { silenceMs } = event;
        if (!inPhase('handshake')) return undefined;
        return [
          welcomed(state, { socketId, sinceMs: at, silenceMs, deadlineMs: at + silenceMs, probedMs: 0 }),
        ];
      }
      case 'rejected': {
        const attempt = inPhase('handshake');
        const { code, message, retryAfterMs = 0 } = event;
        if (!attempt && !isLive) return undefined;
        return [
          {
            notBeforeMs: Math.max(state.notBeforeMs, at + retryAfterMs),
            current: attempt ? { ...attempt, rejection: { code, message } } : current,
          },
        ];
      }
      case 'goneAway':
        // Everybody is told at once: spread over a part of the time that is left.
        if (!isLive || current) return undefined;
        return [{ current: backOff(state, event, event.random * Math.min(event.inMs / 2, MAX_SPREAD_MS)) }];
      case 'socketClosed':
        return closed(state, event);
    }
  }

  return (state, event) => {
    const decision = decide(state, event);
    if (!decision) return [state];
    const [changes, ...effects] = decision;
    const next = { ...state, ...changes };
    const status = next.live ? 'connected' : next.current ? 'connecting' : 'disconnected';
    return [{ ...next, status } as ConnectionState, ...effects];
  };
}
