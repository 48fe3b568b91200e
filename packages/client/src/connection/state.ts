// Connection state: what a connection can be, what can happen to it, and what it wants done. Types only.
import type { ClosePolicy } from '@tickwire/protocol';

/** Why the client is not connected. */
export interface ConnectionReason {
  /** A code of the error table: compare this. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** Close code of the socket, where a socket was closed. */
  readonly closeCode?: number;
}

/** Why a token is wanted. */
export type TokenReason = 'connect' | 'expired' | 'refused' | 'reauth';

/** One try to get a connection. Its id is the id of its socket, also before there is one. */
export interface Attempt {
  readonly socketId: number;
  readonly phase: 'backoff' | 'token' | 'socket' | 'handshake';
  readonly deadlineMs: number;
  /** What `reject` said; the close that follows decides what happens (P-CONN-2). */
  readonly rejection?: { readonly code: string; readonly message: string };
}

interface Shared {
  /** Id given last; only grows, in every state. */
  readonly socketId: number;
  /** Sockets opened since the last `welcome`. */
  readonly attempt: number;
  /** Exponent of the next delay; back to 0 after a connection that lasted. */
  readonly level: number;
  /** Closes in a row under one of the policies that end the reconnecting. */
  readonly streak: { readonly policy: ClosePolicy; readonly count: number };
  /** The peer asked not to come back before. */
  readonly notBeforeMs: number;
  readonly reason: ConnectionReason | null;
  readonly tokenReason: TokenReason;
}

/** Nothing is open and nothing is tried. */
export interface DisconnectedState extends Shared {
  readonly status: 'disconnected';
}

/** A connection is being made, or will be. */
export interface ConnectingState extends Shared {
  readonly status: 'connecting';
  readonly current: Attempt;
}

/** The server said `welcome`. */
export interface ConnectedState extends Shared {
  readonly status: 'connected';
  /** The socket that is used. */
  readonly activeId: number;
  readonly sinceMs: number;
  /** Longest silence of a living server. */
  readonly silenceMs: number;
  /** When a probe was sent that nothing has answered yet; `null` without one. */
  readonly probedMs: number | null;
  /** When to look for life. */
  readonly livenessMs: number;
  /** Until when a fresh token is waited for; `Infinity` when none is. */
  readonly tokenMs: number;
  /** The next connection, while this one still serves (P-LIVE-7). */
  readonly current: Attempt | null;
  /** The connection before, until every channel has moved. */
  readonly retiring: { readonly socketId: number; readonly deadlineMs: number } | null;
}

/** What a connection can be. Deadlines are monotonic milliseconds. */
export type ConnectionState = DisconnectedState | ConnectingState | ConnectedState;

/** What every event carries: the machine has no clock and no dice of its own. */
interface Context {
  readonly at: number;
  /** From 0 to 1. */
  readonly random: number;
  readonly online: boolean;
  /** When something was last received on the socket in use. */
  readonly receivedMs: number;
}

/** What can happen. */
export type ConnectionEvent = Context &
  (
    | {
        readonly type:
          'connectCalled' | 'disconnectCalled' | 'deadlineReached' | 'woke' | 'wentOffline' | 'settled';
      }
    | { readonly type: 'tokenReady' | 'socketOpened' | 'tokenAsked'; readonly socketId: number }
    | { readonly type: 'tokenFailed'; readonly socketId: number; readonly message: string }
    | {
        readonly type: 'socketClosed';
        readonly socketId: number;
        readonly code: number;
        readonly message: string;
      }
    | { readonly type: 'welcomed'; readonly socketId: number; readonly silenceMs: number }
    | {
        readonly type: 'rejected';
        readonly socketId: number;
        readonly code: string;
        readonly message: string;
      }
    | { readonly type: 'delayed'; readonly retryAfterMs: number }
    | { readonly type: 'goneAway'; readonly socketId: number; readonly inMs: number }
    | { readonly type: 'unanswered' }
  );

/** What is wanted, in order. */
export type ConnectionEffect =
  | { readonly type: 'fetchToken'; readonly socketId: number; readonly reason: TokenReason }
  | { readonly type: 'abortToken' }
  | { readonly type: 'openSocket' | 'sendHello' | 'sendAuth' | 'sendPing'; readonly socketId: number }
  | {
      readonly type: 'closeSocket';
      readonly socketId: number;
      readonly code: number;
      readonly message: string;
    }
  | { readonly type: 'reportTokenFailure'; readonly message: string }
  | { readonly type: 'giveUp'; readonly attempts: number };

/** Before anything happened. */
export const INITIAL_CONNECTION: DisconnectedState = Object.freeze<DisconnectedState>({
  status: 'disconnected',
  socketId: 0,
  attempt: 0,
  level: 0,
  streak: { policy: 'backoff', count: 0 },
  notBeforeMs: 0,
  reason: null,
  tokenReason: 'connect',
});

/** The moment at which the state wants to be asked again; `Infinity` for never. */
export function connectionDeadlineMs(state: ConnectionState): number {
  if (state.status === 'disconnected') return Infinity;
  const attemptMs = state.current?.deadlineMs ?? Infinity;
  if (state.status === 'connecting') return attemptMs;
  return Math.min(attemptMs, state.livenessMs, state.tokenMs, state.retiring?.deadlineMs ?? Infinity);
}

/** The socket that frames are written to: the one in use, else one that is shaking hands (P-CONN-6). */
export function writableSocketId(state: ConnectionState): number | null {
  if (state.status === 'connected') return state.activeId;
  return state.status === 'connecting' && state.current.phase === 'handshake' ? state.current.socketId : null;
}
