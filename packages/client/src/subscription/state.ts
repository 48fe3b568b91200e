// Subscription state: what is asked of the server for one channel. Types only; what was received is the sequencer's.
import type { TickwireError } from '@tickwire/protocol';

/** What a channel's subscription can be. Deadlines are monotonic milliseconds. */
export type SubscriptionState =
  /** Nothing asked, because nobody wants it or nobody is there to ask. */
  | { readonly status: 'idle' }
  /** One `sub` is in flight, the only one (P-SUB-2). */
  | {
      readonly status: 'pending';
      readonly socketId: number;
      /** Of the first `sub` of the question: when it was sent again, an answer to either is as good (P-SUB-2). */
      readonly requestId: number;
      readonly askedMs: number;
      readonly deadlineMs: number;
      readonly again: boolean;
    }
  /** The server has answered. */
  | {
      readonly status: 'attached';
      readonly socketId: number;
      readonly requestId: number;
      readonly askedMs: number;
    }
  /** Something is missing; the next `sub` has to wait a little (P-DATA-6). */
  | { readonly status: 'resyncing'; readonly socketId: number; readonly deadlineMs: number }
  /** The server said no. Asked again at the deadline, if the refusal was a passing one, and on every new connection. */
  | {
      readonly status: 'refused';
      readonly socketId: number;
      readonly error: TickwireError;
      readonly deadlineMs: number;
    };

/** Any state, to be read without asking first which it is. */
export interface AnySubscription {
  readonly status: SubscriptionState['status'];
  readonly socketId?: number;
  readonly requestId?: number;
  readonly deadlineMs?: number;
  readonly again?: boolean;
  readonly error?: TickwireError;
}

interface Context {
  readonly at: number;
  /** Id of the `sub` that would be sent now; with `answered`, of the one that is answered. */
  readonly requestId: number;
}

/** What can happen. */
export type SubscriptionEvent = Context &
  (
    | { readonly type: 'released' | 'deadlineReached' | 'resyncAsked' }
    | { readonly type: 'wanted' | 'disconnected' | 'answered'; readonly socketId: number }
    | { readonly type: 'refused'; readonly socketId: number; readonly error: TickwireError }
  );

/** What is wanted. */
export type SubscriptionEffect =
  | { readonly type: 'subscribe'; readonly socketId: number }
  | { readonly type: 'unsubscribe'; readonly socketId: number }
  /** The server answers nothing: only a new connection can help. */
  | { readonly type: 'dropConnection' };

/** Before anything was asked. */
export const IDLE_SUBSCRIPTION: SubscriptionState = { status: 'idle' };
