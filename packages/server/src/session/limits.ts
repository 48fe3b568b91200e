// Limits: what one connection may do. Numbers only; who applies them is the session's transition and the rate limiter.

/**
 * Limits that `authenticate` may set for a principal, over those of the server: numbers above 0, `Infinity` for none. An
 * answer with any other is refused with `internal`. A connection keeps those it was accepted with, which its client was
 * told; fresh credentials change them for the next one.
 */
export interface PrincipalLimits {
  /**
   * Frames a second over all connections of a principal.
   * @defaultValue 50
   */
  readonly framesPerSecond?: number | undefined;
  /**
   * Frames at once before {@link framesPerSecond} counts.
   * @defaultValue 200
   */
  readonly frameBurst?: number | undefined;
  /**
   * Subscriptions of a connection.
   * @defaultValue 1_000
   */
  readonly maxSubscriptions?: number | undefined;
  /**
   * Commands of a connection that have not been answered.
   * @defaultValue 64
   */
  readonly maxCommandsInFlight?: number | undefined;
  /**
   * Channels a principal may ask for in a minute, over all its connections and as many at once; more are refused with
   * `rate_limited`. Leave room for reconnects: a client asks for all its channels again.
   * @defaultValue Infinity
   */
  readonly maxChangesPerMinute?: number | undefined;
  /**
   * Connections of a principal on this server; one more is refused with `limit`.
   * @defaultValue Infinity
   */
  readonly maxConnections?: number | undefined;
}

/**
 * Limits of a server. Everything that comes from outside has one. Numbers above 0, `Infinity` for none; with any other no
 * server is made.
 */
export interface ServerLimits extends PrincipalLimits {
  /**
   * Largest message accepted, in bytes of UTF-8. Above it: close 4100 (WebSocket: 1009).
   * @defaultValue 65_536
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Frames in one message. Above it: close 4100.
   * @defaultValue 64
   */
  readonly maxFramesPerMessage?: number | undefined;
  /**
   * Nesting of objects and arrays in one frame. Above it: close 4100.
   * @defaultValue 32
   */
  readonly maxDepth?: number | undefined;
  /**
   * Channels in one `sub`. Above it: `limit`.
   * @defaultValue 200
   */
  readonly maxChannelsPerSubscribe?: number | undefined;
  /**
   * Bytes held back for a connection that is not authenticated yet. Above it: close 4100.
   * @defaultValue 65_536
   */
  readonly maxHeldBytes?: number | undefined;
  /**
   * Connections of one address that are not authenticated yet. Above it: 503, or `limit` where there is no HTTP.
   * @defaultValue 100
   */
  readonly maxUnauthenticatedPerAddress?: number | undefined;
  /**
   * Connections of this server. Above it: 503, or `limit` where there is no HTTP.
   * @defaultValue Infinity
   */
  readonly maxTotalConnections?: number | undefined;
  /**
   * Frames refused by their schema within a minute that close a connection with 4100.
   * @defaultValue 10
   */
  readonly maxRefusedFramesPerMinute?: number | undefined;
  /**
   * How long a connection may have no subscription and no command, and say nothing but `pong`, before it is closed with
   * 4306, in milliseconds.
   * @defaultValue Infinity
   */
  readonly maxIdleMs?: number | undefined;
  /**
   * How long a connection lives, in milliseconds; a tenth of it is left to chance, so that connections made together do
   * not end together. Then the client is asked to move (`goaway`), and the connection is closed with 4401 ten seconds
   * later. Spreads clients over servers that were added, and picks up what only a new connection learns.
   * @defaultValue Infinity
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * Bytes that wait for one connection above which it is given no data until it has taken them. Answers are not held
   * back: when 16 times as many bytes of them wait, and at least 1 MiB, the connection is closed with 4301 instead of
   * being given one more.
   * @defaultValue 262_144
   */
  readonly watermarkBytes?: number | undefined;
  /**
   * How long a connection above its watermark may take nothing at all before it is closed with 4301, in milliseconds; a
   * quarter more at most. One that was seen to take something is given longer: a thousand bytes a second are enough.
   * @defaultValue 30_000
   */
  readonly slowConsumerMs?: number | undefined;
  /**
   * Size at which large values and histories are cut into parts, in bytes. A client that accepts less gets less.
   * @defaultValue 65_536
   */
  readonly maxPartBytes?: number | undefined;
}

/** All limits, given. */
export type Limits = { readonly [Name in keyof ServerLimits]-?: number };

/** What applies unless a server says otherwise. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  framesPerSecond: 50,
  frameBurst: 200,
  maxSubscriptions: 1_000,
  maxCommandsInFlight: 64,
  maxChangesPerMinute: Infinity,
  maxConnections: Infinity,
  maxMessageBytes: 65_536,
  maxFramesPerMessage: 64,
  maxDepth: 32,
  maxChannelsPerSubscribe: 200,
  maxHeldBytes: 65_536,
  maxUnauthenticatedPerAddress: 100,
  maxTotalConnections: Infinity,
  maxRefusedFramesPerMinute: 10,
  maxIdleMs: Infinity,
  maxAgeMs: Infinity,
  watermarkBytes: 262_144,
  slowConsumerMs: 30_000,
  maxPartBytes: 65_536,
});

/** Those that may be set for a principal. */
const PRINCIPAL_LIMITS = [
  'framesPerSecond',
  'frameBurst',
  'maxSubscriptions',
  'maxCommandsInFlight',
  'maxChangesPerMinute',
  'maxConnections',
] as const satisfies readonly (keyof PrincipalLimits)[];

/** Limits that were given and are numbers above 0. */
export type GivenLimits = Partial<Limits>;

/**
 * All limits of a server that was given some of them.
 * @throws TypeError as {@link principalLimits}.
 */
export function serverLimits(given: unknown): Limits {
  return { ...DEFAULT_LIMITS, ...read(given, Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) };
}

/**
 * What `authenticate` said of limits.
 * @throws TypeError for one that is no positive number: a limit that cannot be read must not mean that there is none, and
 * 0 might mean both.
 */
export function principalLimits(given: unknown): GivenLimits {
  return read(given, PRINCIPAL_LIMITS);
}

/** From JavaScript, or a database, anything may come; `null` is as good as `undefined`. */
function read(given: unknown, names: readonly (keyof Limits)[]): GivenLimits {
  const limits: { -readonly [Name in keyof Limits]?: number } = {};
  if (given === undefined || given === null) return limits;
  if (typeof given !== 'object') throw new TypeError('limits must be an object.');
  for (const name of names) {
    const limit = (given as Readonly<Record<string, unknown>>)[name];
    if (limit === undefined || limit === null) continue;
    if (typeof limit !== 'number' || !(limit > 0))
      throw new TypeError(`limits.${name} must be a number above 0; Infinity is no limit.`);
    limits[name] = limit;
  }
  return limits;
}
