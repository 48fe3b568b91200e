// Session: what a server knows of one connection, what happens to it, and what is to be done. Data only.
import type {
  AuthFrame,
  CancelFrame,
  HelloFrame,
  RequestFrame,
  ServerFrame,
  SubscribeFrame,
  UnsubscribeFrame,
  WelcomeFrame,
  WireError,
} from '@tickwire/protocol';

/** Numbers a transition needs. Times in milliseconds. */
export interface SessionSettings {
  readonly helloTimeoutMs: number;
  readonly maxHeldBytes: number;
  readonly maxRefusedFramesPerMinute: number;
  readonly pingEveryMs: number;
  readonly pingGraceMs: number;
  readonly slowConsumerMs: number;
  /** How long before the credentials expire the client is asked for new ones. */
  readonly reauthLeadMs: number;
  /** How long after that expiry a client may still answer. */
  readonly authGraceMs: number;
  /** How long a connection that wants nothing may live. */
  readonly maxIdleMs: number;
  /** How long any connection may live. */
  readonly maxAgeMs: number;
  /** Refusals in a row after which a connection that goes on over its rate is closed. */
  readonly maxRateRefusals: number;
}

/** Waits for `hello`, then for the application's verdict. */
export interface HandshakingState {
  readonly status: 'handshaking';
  readonly phase: 'hello' | 'authenticating';
  /** Bytes of frames that came too early and wait. */
  readonly heldBytes: number;
  readonly deadlineMs: number;
}

/** Data waits in this process for a peer that takes it slowly, or not at all. */
export interface Stall {
  readonly sinceMs: number;
  /** What it had taken when that was looked at last. */
  readonly takenBytes: number;
  /** When it was last seen to take something. */
  readonly tookAtMs: number;
  /** How long it may be seen to take nothing. */
  readonly patienceMs: number;
  /** When it is looked at again. */
  readonly lookAtMs: number;
}

/** When credentials end. */
export interface Expiry {
  readonly askAtMs: number;
  readonly expiresAtMs: number;
  readonly asked: boolean;
}

/** Accepted. `draining` differs in that it ends at `closeAtMs` and takes no new commands. */
export interface OpenState {
  readonly status: 'open' | 'draining';
  readonly pingAtMs: number;
  /** The ping that has not been answered by any frame. */
  readonly awaited: { readonly k: number; readonly sentAtMs: number } | null;
  readonly nextPing: number;
  /** Pings without a pong: so many of those that come were asked for. */
  readonly pongsDue: number;
  /** The ping whose pong would tell the round trip. */
  readonly measured: { readonly k: number; readonly sentAtMs: number } | null;
  readonly rttMs: number | null;
  readonly expiry: Expiry | null;
  readonly stall: Stall | null;
  /**
   * How long the last stall took, until something is heard again: a ping behind what waits in the network needs as long.
   */
  readonly slackMs: number;
  /** When frames were refused by their schema, within the last minute. */
  readonly refusedAtMs: readonly number[];
  readonly maxInFlight: number;
  readonly inFlight: number;
  readonly refreshing: boolean;
  /** When it was last seen to want something: a frame, a subscription, a command. */
  readonly wantedAtMs: number;
  /** When it is asked to move because of its age. */
  readonly oldAtMs: number;
  /** Draining: when the connection is closed, if no command is in flight, and with which code. */
  readonly closeAtMs: number;
  readonly closeCode: number;
  readonly deadlineMs: number;
}

/** Over. */
export interface ClosedState {
  readonly status: 'closed';
  readonly code: number;
  readonly deadlineMs: number;
}

/** A connection's state. `deadlineMs` is when it wants to hear `deadlineReached`. */
export type SessionState = HandshakingState | OpenState | ClosedState;

/** Frames a session acts on: their schema has accepted them. */
export type SessionFrame =
  | HelloFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | RequestFrame
  | CancelFrame
  | AuthFrame
  | { readonly t: 'ping'; readonly k: number }
  | { readonly t: 'pong'; readonly k: number }
  | { readonly t: 'pub'; readonly id?: number | undefined }
  | { readonly t: 'err' };

/** What happened. `at` is monotonic. */
export type SessionEvent = { readonly at: number } & (
  | { readonly type: 'frameReceived'; readonly frame: SessionFrame; readonly bytes: number }
  /** An object that does not fit the definition of its type, or has none. */
  | { readonly type: 'frameRefused'; readonly id: number | undefined }
  /** A type this version does not know. */
  | { readonly type: 'frameUnknown'; readonly critical: boolean; readonly bytes: number }
  /** Not a message at all, or a frame only a server may send. */
  | { readonly type: 'messageRefused'; readonly why: string }
  | {
      readonly type: 'rateExceeded';
      readonly t: string;
      readonly id: number | undefined;
      readonly retryAfterMs: number;
      readonly refusals: number;
    }
  | {
      readonly type: 'helloAccepted';
      readonly welcome: WelcomeFrame;
      readonly expiresAtMs: number | null;
      readonly maxInFlight: number;
      /** Share of the interval after which the first ping goes out, 0 to 1: spreads pings after a storm. */
      readonly jitter: number;
    }
  | { readonly type: 'helloRefused'; readonly error: WireError; readonly closeCode: number }
  | {
      readonly type: 'refreshAccepted';
      readonly id: number;
      readonly expiresAtMs: number | null;
      readonly ttlMs: number | null;
    }
  | { readonly type: 'refreshRefused'; readonly id: number; readonly error: WireError }
  | { readonly type: 'commandEnded' }
  | { readonly type: 'outputStalled'; readonly takenBytes: number }
  | { readonly type: 'outputDrained' }
  | {
      readonly type: 'deadlineReached';
      readonly bufferedBytes: number;
      readonly takenBytes: number;
      readonly subscriptions: number;
    }
  | { readonly type: 'drainCalled'; readonly inMs: number }
  | {
      readonly type: 'closeCalled';
      readonly code: number;
      readonly reason: string;
      readonly error?: WireError;
    }
  | { readonly type: 'socketClosed'; readonly code: number }
);

/** What is to be done, in order. */
export type SessionEffect =
  | { readonly type: 'hold'; readonly frame: SessionFrame; readonly at: number }
  | { readonly type: 'authenticate'; readonly hello: HelloFrame }
  /** Handle what was held, in order. */
  | { readonly type: 'releaseHeld' }
  | { readonly type: 'send'; readonly frame: ServerFrame }
  | { readonly type: 'ping'; readonly k: number; readonly rttMs: number | null }
  | { readonly type: 'subscribe'; readonly frame: SubscribeFrame }
  | { readonly type: 'unsubscribe'; readonly frame: UnsubscribeFrame }
  | { readonly type: 'run'; readonly frame: RequestFrame; readonly at: number }
  | { readonly type: 'cancel'; readonly frame: CancelFrame }
  | { readonly type: 'refresh'; readonly frame: AuthFrame }
  /** Credentials are fresh: every rule is asked again. */
  | { readonly type: 'reauthorize' }
  | { readonly type: 'count'; readonly what: string }
  /** Let go of everything: subscriptions, commands, held frames. Once, always. */
  | { readonly type: 'release' }
  | { readonly type: 'close'; readonly code: number; readonly reason: string; readonly force: boolean };
