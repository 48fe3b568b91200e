// Options: everything a server may be told, with its unit, its default and its edge. The defaults are frozen here.
import type { Authentication, Clock, Logger, Random } from '@tickwire/protocol';
import type { PrincipalKey } from './auth/authenticate.js';
import type { BrokerFactory } from './broker/broker.js';
import type { IdempotencyOptions } from './command/idempotency-options.js';
import type { CreateAbortSource } from './ports/abort-source.js';
import type { FrameEncoder } from './ports/frame-encoder.js';
import type { AcceptRequest, ServerSocket } from './ports/server-socket.js';
import type { PrincipalLimits, ServerLimits } from './session/limits.js';

/** How often peers are pinged, and how long they may stay silent after a ping. */
export interface PingOptions {
  /** Milliseconds between pings. Keep it below the idle timeout of every proxy on the way (often 60 s). */
  readonly everyMs: number;
  /** Milliseconds after a ping in which any frame must arrive; else close 4302. */
  readonly graceMs: number;
}

/** What `authenticate` may answer. */
export type ServerAuthentication = Authentication<unknown, PrincipalLimits>;

/** What a server may be told besides its rules and handlers. */
export interface ServerSettings {
  /**
   * Where channels are kept and publications reach other servers.
   * @defaultValue a memory broker of this server alone
   */
  readonly broker?: BrokerFactory | undefined;
  /**
   * Path of the WebSocket endpoint.
   * @defaultValue `/tickwire`
   */
  readonly path?: string | undefined;
  /**
   * Pages that may connect, as browsers write them: `https://app.example.com`. Browsers do not apply CORS to
   * WebSockets; this list is the only thing between a logged-in user and a foreign page. `'*'` allows every page, and is
   * refused where `NODE_ENV` is `production`. Clients that send no origin (not browsers) may connect without cookies.
   * @defaultValue pages of the same host
   */
  readonly allowedOrigins?: readonly string[] | '*' | undefined;
  /** @see ServerLimits */
  readonly limits?: ServerLimits | undefined;
  /**
   * `default`: every 25 s, 10 s grace. `fast`: every 5 s, 3 s grace.
   * @defaultValue `default`
   */
  readonly ping?: 'default' | 'fast' | PingOptions | undefined;
  /**
   * How long data waits for more, in milliseconds. 0 sends at the end of the event-loop turn, which adds no latency; up
   * to 10 buys throughput, beyond it nothing.
   * @defaultValue 0
   */
  readonly flushMs?: number | undefined;
  /**
   * How long a connection may stay without `hello` before it is closed with 4300, in milliseconds.
   * @defaultValue 10_000
   */
  readonly helloTimeoutMs?: number | undefined;
  /**
   * How long `authenticate`, each rule of `authorize` and each question to the store of keys may take, in milliseconds. Then
   * they have refused.
   * @defaultValue 5_000
   */
  readonly hookTimeoutMs?: number | undefined;
  /**
   * Time of a command whose contract and caller say nothing, in milliseconds.
   * @defaultValue 10_000
   */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * Most time a caller may ask for, in milliseconds.
   * @defaultValue 300_000
   */
  readonly maxCommandTimeoutMs?: number | undefined;
  /**
   * Over how long `close()` spreads the moments at which clients are asked to move, in milliseconds.
   * @defaultValue 5_000
   */
  readonly drainMs?: number | undefined;
  /**
   * How long before credentials expire a client is asked for new ones, in milliseconds.
   * @defaultValue 60_000
   */
  readonly reauthLeadMs?: number | undefined;
  /**
   * How long after that a connection with expired credentials lives, in milliseconds; then close 4201.
   * @defaultValue 10_000
   */
  readonly authGraceMs?: number | undefined;
  /**
   * How long a channel nobody reads stays warm, in milliseconds; one that was never written does not, and of more than
   * 10,000 the oldest do not.
   * @defaultValue 10_000
   */
  readonly lingerMs?: number | undefined;
  /**
   * How often heads are compared with a broker that can lose deliveries without a word, in milliseconds.
   * @defaultValue 10_000
   */
  readonly verifyMs?: number | undefined;
  /**
   * Proxies in front whose `X-Forwarded-For` is believed: their number, or `true` for one. Without it the header is
   * ignored, and all clients behind a proxy count as one address.
   * @defaultValue `false`
   */
  readonly trustProxy?: boolean | number | undefined;
  /** How outcomes of keyed commands are kept. */
  readonly idempotency?: IdempotencyOptions | undefined;
  /**
   * Names a principal. Connections of one name share limits and idempotency keys, and only one with the same name may
   * refresh a connection's credentials. `null`, or anything else that is no text: the connection is its own principal, and
   * only an equal one, as plain data, may refresh it.
   * @defaultValue a text or number itself; an object's `id` with its `tenant` or `tenantId`; else `null`
   */
  readonly principalKey?: PrincipalKey | undefined;
  /**
   * Hash of the contract, from `@tickwire/protocol/identity`: clients built with the same one are `exact`.
   * @defaultValue none; every client of the contract is `compat`
   */
  readonly contractHash?: string | undefined;
  /**
   * Receives diagnostics; never tokens or payloads.
   * @defaultValue warnings and errors go to the console
   */
  readonly logger?: Logger | undefined;
  /** @defaultValue the process's own */
  readonly clock?: Clock | undefined;
  /** @defaultValue the process's own */
  readonly random?: Random | undefined;
  /**
   * Encodes frames for all sockets of this server; sockets given to `accept` must understand its payload.
   * @defaultValue frames of the WebSocket adapter
   */
  readonly frameEncoder?: FrameEncoder | undefined;
  /** @defaultValue the platform's `AbortController` */
  readonly createAbortSource?: CreateAbortSource | undefined;
  /** Wraps every accepted socket: taps, fault injection. Slows the hot path down by one call a write. */
  readonly wrapSocket?: ((socket: ServerSocket, request: AcceptRequest) => ServerSocket) | undefined;
}

/** What is not a part of another table of defaults. */
export const DEFAULT_SETTINGS = Object.freeze({
  flushMs: 0,
  helloTimeoutMs: 10_000,
  hookTimeoutMs: 5_000,
  commandTimeoutMs: 10_000,
  maxCommandTimeoutMs: 300_000,
  drainMs: 5_000,
  reauthLeadMs: 60_000,
  authGraceMs: 10_000,
  lingerMs: 10_000,
  verifyMs: 10_000,
});

const PING_PROFILES = Object.freeze({
  default: Object.freeze({ everyMs: 25_000, graceMs: 10_000 }),
  fast: Object.freeze({ everyMs: 5_000, graceMs: 3_000 }),
});

/** The profile behind its name. */
export function pingOptions(ping: ServerSettings['ping']): PingOptions {
  return typeof ping === 'object' ? ping : PING_PROFILES[ping ?? 'default'];
}

/** Anonymous principal: one connection, one principal. */
export interface AnonymousPrincipal {
  readonly id: string;
  readonly anonymous: true;
}
