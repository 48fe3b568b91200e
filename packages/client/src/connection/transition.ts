// Connection transition: the one place that decides what a connection does next. Pure; knows no sockets, no clock, no
// channels. Policies are those of P-CLOSE-2, P-CLOSE-3 and P-LIVE-3 to P-LIVE-7.
import { closePolicy, MAX_CLOSES_IN_A_ROW, type Transition } from '@tickwire/protocol';
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

type Step = readonly [ConnectionState, ...ConnectionEffect[]];

/** The status is a matter of what there is: nobody else sets it. */
function to(state: ConnectionState, changes: Partial<Omit<ConnectionState, 'status'>>): ConnectionState {
  const next = { ...state, ...changes };
  return {
    ...next,
    status: next.live ? 'connected' : next.current ? 'connecting' : 'disconnected',
  } as ConnectionState;
}

/** Makes the transition for one client. */
export function createConnectionTransition(
  plan: ConnectionPlan,
): Transition<ConnectionState, ConnectionEvent, ConnectionEffect> {
  /** Begins an attempt: a token first, which has its own time limit. */
  function begin(state: ConnectionState): Step {
    const socketId = state.socketId + 1;
    const current: Attempt = { socketId, phase: 'token', deadlineMs: Infinity };
    return [to(state, { socketId, current }), { type: 'fetchToken', socketId, reason: state.tokenReason }];
  }

  function backOff(
    state: ConnectionState,
    { at, online }: ConnectionContext,
    delayMs: number,
  ): ConnectionState {
    const waitMs = online ? delayMs : Math.max(delayMs, plan.maxDelayMs);
    const deadlineMs = Math.max(at + waitMs, state.notBeforeMs);
    return to(state, { current: { socketId: 0, phase: 'backoff', deadlineMs } });
  }

  /** Backs off by the level reached, and reaches the next. */
  function retry(state: ConnectionState, event: ConnectionContext, soon?: boolean): Step {
    const delayMs = soon ? event.random * SOON_MS : backoffDelayMs(plan, state.level, event.random);
    return [backOff(to(state, { level: state.level + 1 }), event, delayMs)];
  }

  function stop({ socketId, attempt }: ConnectionState, reason: ConnectionReason | null): Step {
    return [{ ...INITIAL_CONNECTION, socketId, attempt, reason }];
  }

  function probe(state: ConnectionState, live: Live, { at }: ConnectionContext): Step {
    const { socketId } = live;
    const probing = { ...live, probedMs: at, deadlineMs: at + plan.probeTimeoutMs };
    return [to(state, { live: probing }), { type: 'sendPing', socketId }];
  }

  function judgeLife(state: ConnectionState, live: Live, event: ConnectionContext): Step {
    const { at, receivedMs } = event;
    const { probedMs, socketId } = live;
    const dueMs = receivedMs + live.silenceMs;
    if (probedMs ? receivedMs >= probedMs : at < dueMs) {
      return [to(state, { live: { ...live, probedMs: 0, deadlineMs: Math.max(dueMs, at + 1) } })];
    }
    // Held back by sleep or throttling, the watchdog says nothing about the server: ask it.
    if (!probedMs && at - live.deadlineMs > LATE_TIMER_MS) return probe(state, live, event);
    return [state, { type: 'dropSocket', socketId, message: 'No sign of life' }];
  }

  function closed(state: ConnectionState, event: ConnectionEvent & { readonly type: 'socketClosed' }): Step {
    const { code, socketId, at } = event;
    const { current, live, attempt } = state;
    const lost = live?.socketId === socketId ? live : null;
    if (!lost && current?.socketId !== socketId) return [state];
    // A connection that goes on serving is not ended by its successor's end: only the successor tries again.
    const serving = lost ? null : live;
    const policy = closePolicy(code);
    const rejection = lost ? undefined : current?.rejection;
    const reason: ConnectionReason = {
      code: policy === 'credentials' ? 'unauthenticated' : 'unavailable',
      message: event.message || `Connection closed (${code})`,
      ...rejection,
      closeCode: code,
    };
    const counted = policy === 'credentials' || policy === 'suspect';
    const streak = counted ? (state.policy === policy ? state.streak : 0) + 1 : 0;
    const next = to(state, {
      policy,
      streak,
      level: lost && at - lost.sinceMs >= plan.stableMs ? 0 : state.level,
      reason: serving ? state.reason : reason,
      tokenReason: policy !== 'credentials' ? 'connect' : code === 4201 ? 'expired' : 'refused',
      live: serving,
    });
    // The successor takes over.
    if (lost && current) return [next];
    const gaveUp = !serving && attempt >= plan.maxAttempts;
    if (policy === 'stop' || streak >= MAX_CLOSES_IN_A_ROW || gaveUp) {
      if (serving) return [to(next, { current: null })];
      return stop(next, gaveUp ? { ...reason, code: 'connection_failed' } : reason);
    }
    return retry(next, event, policy === 'soon');
  }

  function welcomed(
    state: ConnectionState,
    socketId: number,
    silenceMs: number,
    sinceMs: number,
  ): ConnectionState {
    return to(state, {
      attempt: 0,
      // Faults that close a connection after its `welcome` go on counting; credentials that were taken do not.
      ...(state.policy === 'credentials' && { streak: 0 }),
      reason: null,
      tokenReason: 'connect',
      current: null,
      live: { socketId, sinceMs, silenceMs, deadlineMs: sinceMs + silenceMs, probedMs: 0 },
    });
  }

  return (state, event) => {
    const { current, live } = state;
    const { at } = event;
    const waits = current?.phase === 'backoff';
    /** The attempt an event is about, if it still is in that phase. */
    const inPhase = (phase: Attempt['phase']): Attempt | null =>
      'socketId' in event && current?.phase === phase && current.socketId === event.socketId ? current : null;
    const unchanged: Step = [state];

    switch (event.type) {
      case 'connectCalled':
        return live || (current && !waits)
          ? unchanged
          : begin(current ? state : to(state, { attempt: 0, reason: null }));
      case 'disconnectCalled':
        return stop(state, null);
      case 'woke': {
        if (live) return live.probedMs ? unchanged : probe(state, live, event);
        if (!waits) return unchanged;
        const soon = backOff(state, event, backoffDelayMs(plan, 0, event.random));
        return !event.online || (soon.current?.deadlineMs ?? 0) < current.deadlineMs ? [soon] : unchanged;
      }
      case 'deadlineReached':
        if (current && current.deadlineMs <= at) {
          const { socketId } = current;
          return waits
            ? begin(state)
            : [state, { type: 'dropSocket', socketId, message: 'Connecting took too long' }];
        }
        return live && live.deadlineMs <= at ? judgeLife(state, live, event) : unchanged;
      case 'tokenReady': {
        const attempt = inPhase('token');
        if (!attempt) return unchanged;
        const opening: Attempt = { ...attempt, phase: 'socket', deadlineMs: at + plan.connectTimeoutMs };
        const { socketId } = event;
        return [
          to(state, { current: opening, attempt: state.attempt + 1 }),
          { type: 'openSocket', socketId },
        ];
      }
      case 'tokenFailed': {
        if (!inPhase('token')) return unchanged;
        const { message } = event;
        return retry(live ? state : to(state, { reason: { code: 'unauthenticated', message } }), event);
      }
      case 'socketOpened': {
        const attempt = inPhase('socket');
        if (!attempt) return unchanged;
        const { socketId } = event;
        const greeting: Attempt = { socketId, phase: 'handshake', deadlineMs: at + plan.connectTimeoutMs };
        return [to(state, { current: greeting }), { type: 'sendHello', socketId }];
      }
      case 'welcomed':
        return inPhase('handshake') ? [welcomed(state, event.socketId, event.silenceMs, at)] : unchanged;
      case 'rejected': {
        const attempt = inPhase('handshake');
        const { code, message, retryAfterMs = 0 } = event;
        if (!attempt && live?.socketId !== event.socketId) return unchanged;
        const notBeforeMs = Math.max(state.notBeforeMs, at + retryAfterMs);
        return [
          to(state, {
            notBeforeMs,
            ...(attempt && { current: { ...attempt, rejection: { code, message } } }),
          }),
        ];
      }
      case 'goneAway':
        // Everybody is told at once: spread over a part of the time that is left.
        return live?.socketId === event.socketId && !current
          ? [backOff(state, event, event.random * Math.min(event.inMs / 2, MAX_SPREAD_MS))]
          : unchanged;
      case 'socketClosed':
        return closed(state, event);
    }
  };
}
