// Subscription transition: when to ask for a channel, again, or not any more. Pure; knows no sockets and no data.
import type { Transition } from '@tickwire/protocol';
import {
  IDLE_SUBSCRIPTION,
  type SubscriptionEffect,
  type SubscriptionEvent,
  type SubscriptionState,
} from './state.js';

/** Least time between two `sub` of one channel that repair a hole (P-DATA-6). */
export const RESYNC_INTERVAL_MS = 1_000;
/** Wait after a passing refusal that names none. */
const REFUSED_RETRY_MS = 5_000;

/** Makes the transition; `subscribeTimeoutMs` is how long an answer may take (P-SUB-2). */
export function createSubscriptionTransition(
  subscribeTimeoutMs: number,
): Transition<SubscriptionState, SubscriptionEvent, SubscriptionEffect> {
  function ask(
    { at, requestId }: SubscriptionEvent,
    socketId: number,
    again = false,
  ): readonly [SubscriptionState, SubscriptionEffect] {
    const deadlineMs = at + subscribeTimeoutMs;
    return [
      { status: 'pending', socketId, requestId, askedMs: at, deadlineMs, again },
      { type: 'subscribe', socketId },
    ];
  }

  return (state, event) => {
    // Interest and connections come and go in every state.
    if (event.type === 'wanted') {
      return state.status !== 'idle' && state.socketId === event.socketId
        ? [state]
        : ask(event, event.socketId);
    }
    if (state.status === 'idle') return [state];
    const { socketId } = state;
    switch (event.type) {
      case 'released':
        return state.status === 'refused'
          ? [IDLE_SUBSCRIPTION]
          : [IDLE_SUBSCRIPTION, { type: 'unsubscribe', socketId }];
      case 'disconnected':
        return [event.socketId === socketId ? IDLE_SUBSCRIPTION : state];
      case 'answered':
        return state.status === 'pending' &&
          event.socketId === socketId &&
          event.requestId === state.requestId
          ? [{ status: 'attached', socketId, askedMs: state.askedMs }]
          : [state];
      case 'refused':
        return [event.socketId === socketId ? refusal(event) : state];
      case 'resyncAsked': {
        if (state.status !== 'attached') return [state];
        const allowedMs = state.askedMs + RESYNC_INTERVAL_MS;
        return event.at < allowedMs
          ? [{ status: 'resyncing', socketId, deadlineMs: allowedMs }]
          : ask(event, socketId);
      }
      case 'deadlineReached':
        if (state.status === 'attached' || state.deadlineMs > event.at) return [state];
        if (state.status !== 'pending') return ask(event, socketId);
        return state.again ? [state, { type: 'dropConnection' }] : ask(event, socketId, true);
    }
  };
}

/** The moment at which a state wants to be asked again; `Infinity` for never. */
export function subscriptionDeadlineMs(state: SubscriptionState): number {
  return 'deadlineMs' in state ? state.deadlineMs : Infinity;
}

function refusal(event: SubscriptionEvent & { readonly type: 'refused' }): SubscriptionState {
  const { error, socketId, at } = event;
  const waitMs = error.temporary
    ? Math.max(error.retryAfterMs ?? REFUSED_RETRY_MS, RESYNC_INTERVAL_MS)
    : Infinity;
  return { status: 'refused', socketId, error, deadlineMs: at + waitMs };
}
