// Options: what an application may set, and what holds when it sets nothing.
import type { Logger, Random } from '@tickwire/protocol';
import type { ClientClock } from './ports/clock.js';
import type { QueueOptions } from './command/queue.js';
import type { TokenReason } from './connection/state.js';
import type { Environment } from './ports/environment.js';
import type { Transport } from './ports/transport.js';
import type { SchedulerMode } from './store/scheduler.js';
import type { WebSocketClass } from './transports/websocket.js';

/** What `getToken` is told. */
export interface TokenContext {
  /**
   * Why a token is wanted: `connect` for a new connection; `expired` and `refused` because the server did not take the
   * last one; `reauth` because it will expire soon. After `expired` and `refused` fetch a new one, not a stored one.
   */
  readonly reason: TokenReason;
  /** Aborts when nobody waits for the token any more. */
  readonly signal: AbortSignal;
}

/**
 * How lost connections are made again. The delay before attempt n (from 0) is
 * `min(maxDelayMs, initialDelayMs * multiplier ** n)`, less a random share of it of up to `jitter` (P-LIVE-4).
 */
export interface ReconnectOptions {
  /** Bound of the first delay, in milliseconds. @defaultValue 250 */
  readonly initialDelayMs?: number | undefined;
  /** Bound of every delay, in milliseconds. While the device is offline, delays are at least this. @defaultValue 30_000 */
  readonly maxDelayMs?: number | undefined;
  /** Growth of the bound from attempt to attempt; 1 for a fixed delay. @defaultValue 1.5 */
  readonly multiplier?: number | undefined;
  /**
   * From 0, the delay is the bound, to 1, it is anywhere below it. Clients that lost the same server come back
   * together without jitter.
   * @defaultValue 1
   */
  readonly jitter?: number | undefined;
  /**
   * Attempts in a row after which the client stops and emits `connection_failed`. A failing `getToken` is not counted.
   * @defaultValue `Infinity`
   */
  readonly maxAttempts?: number | undefined;
  /** Life of a connection, in milliseconds, after which delays start small again. @defaultValue 30_000 */
  readonly stableMs?: number | undefined;
}

/** Which contract the client was built with; the server compares it (P-CONN-7). */
export interface ClientContract {
  readonly name: string;
  readonly version: string;
  readonly hash?: string | undefined;
}

/** Options of `createClient`. Times are in milliseconds. */
export interface ClientOptions {
  /**
   * Endpoint: `wss://host/path`, or a path on the page's own origin. `http` and `https` count as `ws` and `wss`.
   * @defaultValue `/tickwire` on the page's own origin; must be given where there is no page
   */
  readonly url?: string | undefined;
  /**
   * Fetches the token of a new connection, and a fresh one before it expires. `null` connects without. One call at a
   * time; a failure or a wait longer than `tokenTimeoutMs` is an `error` event and tried again with backoff, for ever; where a
   * connection is to go on with it, the token before is sent, and the server's next question or close asks again.
   * @defaultValue no token
   */
  readonly getToken?: ((context: TokenContext) => string | null | Promise<string | null>) | undefined;
  /** Which contract the client was built with. @defaultValue name and version of the contract given, if one was */
  readonly contract?: ClientContract | undefined;
  /**
   * `auto` connects when something is wanted for the first time: a channel or a command. `manual` waits for `connect()`.
   * @defaultValue `'auto'`
   */
  readonly connect?: 'auto' | 'manual' | undefined;
  readonly reconnect?: ReconnectOptions | undefined;
  /** How long opening a connection may take, and again the handshake after it. @defaultValue 10_000 */
  readonly connectTimeoutMs?: number | undefined;
  /** How long `getToken` may take. @defaultValue 10_000 */
  readonly tokenTimeoutMs?: number | undefined;
  /** How long the answer to a subscription may take before it is asked for again, and then the connection is dropped. @defaultValue 10_000 */
  readonly subscribeTimeoutMs?: number | undefined;
  /** How long a command may take unless the call or the contract says otherwise. @defaultValue 10_000 */
  readonly commandTimeoutMs?: number | undefined;
  /** How long the server may take to give a sign of life when the client asks, after sleep for instance. @defaultValue 3_000 */
  readonly probeTimeoutMs?: number | undefined;
  /** How long a channel stays subscribed, with its value, when nobody holds it any more. @defaultValue 1_000 */
  readonly releaseGraceMs?: number | undefined;
  /** Largest frame to accept, in UTF-16 units; the server is told. Larger ones are ignored and counted. @defaultValue 1_048_576 */
  readonly maxFrameBytes?: number | undefined;
  /** When listeners of channels are told of changes. @defaultValue `'frame'` in a page, else `'microtask'` */
  readonly scheduler?: SchedulerMode | undefined;
  /** Most updates a second for each reader of a channel; the last value always arrives. @defaultValue no limit */
  readonly maxUpdatesPerSecond?: number | undefined;
  /** Most events kept in the value of a stream. @defaultValue 1_000 */
  readonly maxEvents?: number | undefined;
  /** Bounds of the queue of commands that were called with `queue: true`. */
  readonly queue?: QueueOptions | undefined;
  /** Whether the logger gets what happens, too. @defaultValue whether `localStorage.debug` names `tickwire` */
  readonly debug?: boolean | undefined;
  /** Where diagnostics go. Never given tokens or payloads. @defaultValue the console; `debug` and `info` only with `debug` */
  readonly logger?: Logger | undefined;
  /** The class to open sockets with. @defaultValue the page's own; in Node `ws` */
  readonly WebSocket?: WebSocketClass | undefined;
  /** What opens connections instead of WebSockets. */
  readonly transport?: Transport | undefined;
  /** What tells of visibility and network. @defaultValue the page's own */
  readonly environment?: Environment | undefined;
  /** @defaultValue the platform's */
  readonly clock?: ClientClock | undefined;
  /** @defaultValue the platform's */
  readonly random?: Pick<Random, 'float'> | undefined;
}

/** What holds when nothing is set. */
export const DEFAULTS = {
  connectTimeoutMs: 10_000,
  tokenTimeoutMs: 10_000,
  subscribeTimeoutMs: 10_000,
  commandTimeoutMs: 10_000,
  probeTimeoutMs: 3_000,
  releaseGraceMs: 1_000,
  maxFrameBytes: 1_048_576,
  maxEvents: 1_000,
} as const;

/** What holds for reconnecting when nothing is set. */
export const RECONNECT_DEFAULTS = {
  initialDelayMs: 250,
  maxDelayMs: 30_000,
  multiplier: 1.5,
  jitter: 1,
  maxAttempts: Infinity,
  stableMs: 30_000,
} as const;

/** What holds for the queue when nothing is set. */
export const QUEUE_DEFAULTS = { maxSize: 100, policy: 'reject', expiryMs: 30_000 } as const;

type Filled<Defaults, Given> = {
  [K in keyof Defaults]: K extends keyof Given ? NonNullable<Given[K]> : Defaults[K];
};

/** Defaults, and over them what is set; `undefined` counts as not set. */
export function withDefaults<Defaults extends object, Given extends object>(
  defaults: Defaults,
  given: Given | undefined,
): Filled<Defaults, Given> {
  const filled = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(given ?? {}))
    if (value !== undefined && name in filled) filled[name] = value;
  return filled as Filled<Defaults, Given>;
}
