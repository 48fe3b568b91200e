// Connection state: what a connection can be, what can happen to it, and what it wants done. No behaviour.
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

/** One try to get a connection. */
export interface Attempt {
  /** Id of its socket, also before there is one; 0 while it has not begun. */
  readonly socketId: number;
  readonly phase: 'backoff' | 'token' | 'socket' | 'handshake';
  readonly deadlineMs: number;
  /** What `reject` said; the close that follows decides what happens (P-CONN-2). */
  readonly rejection?: { readonly code: string; readonly message: string };
}

/** The connection in use. */
export interface Live {
  readonly socketId: number;
  readonly sinceMs: number;
  /** Longest silence of a living server. */
  readonly silenceMs: number;
  /** When to look for life. */
  readonly deadlineMs: number;
  /** When a probe was sent that nothing has answered yet; 0 without one. */
  readonly probedMs: number;
}

interface Shared {
  /** Id given last; only grows, in every state. */
  readonly socketId: number;
  /** Sockets opened since the last `welcome`. */
  readonly attempt: number;
  /** Exponent of the next delay; back to 0 after a connection that lasted. */
  readonly level: number;
  /** What the last close meant, and how many in a row meant it. */
  readonly policy: ClosePolicy;
  readonly streak: number;
  /** The server asked not to come back before. */
  readonly notBeforeMs: number;
  readonly reason: ConnectionReason | null;
  readonly tokenReason: TokenReason;
}

/** Nothing is open and nothing is tried. */
export interface DisconnectedState extends Shared {
  readonly status: 'disconnected';
  readonly current: null;
  readonly live: null;
}

/** A connection is being made, or will be. */
export interface ConnectingState extends Shared {
  readonly status: 'connecting';
  readonly current: Attempt;
  readonly live: null;
}

/** The server said `welcome`. */
export interface ConnectedState extends Shared {
  readonly status: 'connected';
  /** The next connection, while this one still serves (P-LIVE-7). */
  readonly current: Attempt | null;
  readonly live: Live;
}

/** What a connection can be. Deadlines are monotonic milliseconds. */
export type ConnectionState = DisconnectedState | ConnectingState | ConnectedState;

/** What every event carries: the machine has no clock and no dice of its own. */
export interface ConnectionContext {
  readonly at: number;
  /** From 0 to 1. */
  readonly random: number;
  readonly online: boolean;
  /** When something was last received on the connection in use. */
  readonly receivedMs: number;
}

/** What can happen. `woke`: the page is shown again, or the network or the device changed. */
export type ConnectionEvent = ConnectionContext &
  (
    | { readonly type: 'connectCalled' | 'disconnectCalled' | 'deadlineReached' | 'woke' }
    | { readonly type: 'tokenReady' | 'tokenFailed' | 'socketOpened'; readonly socketId: number }
    | { readonly type: 'welcomed'; readonly socketId: number; readonly silenceMs: number }
    | {
        readonly type: 'rejected';
        readonly socketId: number;
        readonly code: string;
        readonly message: string;
        readonly retryAfterMs: number | undefined;
      }
    | { readonly type: 'goneAway'; readonly socketId: number; readonly inMs: number }
    | {
        readonly type: 'socketClosed';
        readonly socketId: number;
        readonly code: number;
        readonly message: string;
      }
  );

/** What is wanted, in order. Sockets that no state names any more are to be closed. */
export type ConnectionEffect =
  | { readonly type: 'fetchToken'; readonly socketId: number; readonly reason: TokenReason }
  | { readonly type: 'openSocket' | 'sendHello' | 'sendPing'; readonly socketId: number }
  /** Close it and report it as closed. */
  | { readonly type: 'dropSocket'; readonly socketId: number; readonly message: string };

/** Before anything happened. */
export const INITIAL_CONNECTION: DisconnectedState = {
  status: 'disconnected',
  current: null,
  live: null,
  socketId: 0,
  attempt: 0,
  level: 0,
  policy: 'backoff',
  streak: 0,
  notBeforeMs: 0,
  reason: null,
  tokenReason: 'connect',
};

/** The moment at which the state wants to be asked again; `Infinity` for never. */
export function connectionDeadlineMs({ current, live }: ConnectionState): number {
  return Math.min(current?.deadlineMs ?? Infinity, live?.deadlineMs ?? Infinity);
}

/** The socket that frames are written to, the one in use, else one that is shaking hands (P-CONN-6); 0 for none. */
export function writableSocketId({ current, live }: ConnectionState): number {
  return live?.socketId ?? (current?.phase === 'handshake' ? current.socketId : 0);
}
