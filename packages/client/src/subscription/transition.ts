// Subscription transition: when to ask for a channel, again, or not any more. Pure; knows no sockets and no data.
import type { Transition } from '@tickwire/protocol';
import {
  type AnySubscription,
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
  return (state, event) => {
    const { at, requestId } = event;
    const { socketId: ownSocketId, deadlineMs: ownDeadlineMs }: AnySubscription = state;
    const socketId = 'socketId' in event ? event.socketId : (ownSocketId ?? 0);
    const isOurs = ownSocketId === socketId;
    const ask = (first?: number): readonly [SubscriptionState, SubscriptionEffect] => [
      {
        status: 'pending',
        socketId,
        requestId: first ?? requestId,
        askedMs: at,
        deadlineMs: at + subscribeTimeoutMs,
        again: first !== undefined,
      },
      { type: 'subscribe', socketId },
    ];

    // What was asked on another connection is asked again on the one at hand, and so is what was refused for good (P-SUB-13).
    if (event.type === 'wanted') return isOurs && ownDeadlineMs !== Infinity ? [state] : ask();
    if (!isOurs) return [state];
    switch (event.type) {
      case 'released':
        return [IDLE_SUBSCRIPTION, { type: 'unsubscribe', socketId }];
      case 'disconnected':
        return [IDLE_SUBSCRIPTION];
      case 'answered':
        return state.status === 'pending' && awaits(state, requestId)
          ? [{ status: 'attached', socketId, requestId: state.requestId, askedMs: state.askedMs }]
          : [state];
      case 'refused': {
        const { error } = event;
        const waitMs = error.temporary
          ? Math.max(error.retryAfterMs ?? REFUSED_RETRY_MS, RESYNC_INTERVAL_MS)
          : Infinity;
        return [{ status: 'refused', socketId, error, deadlineMs: at + waitMs }];
      }
      case 'resyncAsked': {
        if (state.status !== 'attached') return [state];
        const deadlineMs = state.askedMs + RESYNC_INTERVAL_MS;
        return at < deadlineMs ? [{ status: 'resyncing', socketId, deadlineMs }] : ask();
      }
      case 'deadlineReached':
        if (subscriptionDeadlineMs(state) > at) return [state];
        if (state.status !== 'pending') return ask();
        return state.again ? [state, { type: 'dropConnection' }] : ask(state.requestId);
    }
  };
}

/** Whether an answer is to the question at hand, or to a later copy of it; else it was given up, or asked anew since. */
export function awaits(state: AnySubscription, requestId: number): boolean {
  return requestId >= (state.requestId ?? Infinity);
}

/** The moment at which a state wants to be asked again; `Infinity` for never. */
export function subscriptionDeadlineMs(state: AnySubscription): number {
  return state.deadlineMs ?? Infinity;
}
