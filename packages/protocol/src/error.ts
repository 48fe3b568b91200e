// Errors: one class, one table, one wire form. Says for every failure whether the work was done (P-ERR-1).

/** Whether the work was done: surely not, surely, or nobody can tell (P-ERR-2). */
export type Executed = 'no' | 'yes' | 'maybe';

/**
 * What may be tried again (P-ERR-3):
 * - `never`: the same call fails again.
 * - `credentials`: after a new token.
 * - `later`: after `retryAfterMs`, else with backoff.
 * - `keyed`: only with the same idempotency key, or where the contract says idempotent.
 * - `application`: only the application can tell.
 */
export type RetryAdvice = 'never' | 'credentials' | 'later' | 'keyed' | 'application';

interface ErrorRow {
  readonly retry: RetryAdvice;
  readonly executed: Executed;
}

const row = (retry: RetryAdvice, executed: Executed): ErrorRow => ({ retry, executed });

/** Every code of wire version 1 (P-ERR-4). A null prototype: a peer chooses the name that is looked up here. */
const TABLE = {
  unsupported_version: row('never', 'no'),
  contract_unknown: row('never', 'no'),
  contract_incompatible: row('never', 'no'),
  unauthenticated: row('credentials', 'no'),
  token_expired: row('credentials', 'no'),
  session_revoked: row('credentials', 'no'),
  forbidden: row('never', 'no'),
  banned: row('never', 'no'),
  unknown_channel: row('never', 'no'),
  unknown_command: row('never', 'no'),
  bad_params: row('never', 'no'),
  bad_input: row('never', 'no'),
  bad_frame: row('never', 'no'),
  too_large: row('never', 'no'),
  key_reused: row('never', 'no'),
  in_flight: row('later', 'maybe'),
  rate_limited: row('later', 'no'),
  limit: row('later', 'no'),
  unavailable: row('later', 'no'),
  draining: row('later', 'no'),
  internal: row('keyed', 'maybe'),
  deadline: row('later', 'no'),
  timeout: row('keyed', 'maybe'),
  indeterminate: row('application', 'maybe'),
  cancelled: row('application', 'maybe'),
  connection_failed: row('application', 'no'),
} as const satisfies Record<string, ErrorRow>;

const ROWS: ReadonlyMap<string, ErrorRow> = new Map(Object.entries(TABLE));

/** A code of this version's table. */
export type KnownErrorCode = keyof typeof TABLE;

/** Prefix of the codes that a contract declares for its commands (P-ERR-5). */
export const APPLICATION_ERROR_PREFIX = 'app.';

/** Code of an error a contract declares: `app.` and its name. */
export type ApplicationErrorCode = `app.${string}`;

/** Any code: of the table, of the contract, or of a newer peer. */
export type ErrorCode = KnownErrorCode | ApplicationErrorCode | (string & {});

/** All codes of the table, in its order. */
export const ERROR_CODES = Object.keys(TABLE) as readonly KnownErrorCode[];

/** The error object of the wire (P-ERR-1). */
export interface WireError {
  /** Stable code: compare this, never the text. */
  readonly c: string;
  /** Text for people. */
  readonly m?: string;
  /** Data of an error that the contract declares. */
  readonly d?: unknown;
  /** Whether the work was done; absent means what the table says, and `maybe` for an unknown code. */
  readonly x?: Executed;
  /** Try again after so many milliseconds. */
  readonly ra?: number;
}

/** What else is known about a {@link TickwireError}. */
export interface TickwireErrorOptions {
  /** @defaultValue what the table says for the code; `maybe` for a code that is not in it. */
  readonly executed?: Executed | undefined;
  readonly data?: unknown;
  /** Milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Longest wait a peer can ask for, in milliseconds: one hour (P-ERR-6). */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * The only error that public promises of Tickwire reject with. Compare {@link TickwireError.code}, never the text.
 */
export class TickwireError extends Error {
  override readonly name = 'TickwireError';
  /** Stable, documented in the errors guide; errors declared by the contract read `app.<name>`. */
  readonly code: ErrorCode;
  /** Whether the work was done: `no`, `yes`, or `maybe` where nobody can tell. */
  readonly executed: Executed;
  /** Typed data of an error the contract declares; else `undefined`. */
  readonly data: unknown;
  /** The peer asked to wait so long before the next try, in milliseconds; else `undefined`. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: TickwireErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.executed = options.executed ?? ROWS.get(code)?.executed ?? 'maybe';
    this.data = options.data;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** What may be tried again; `application` for a code that is not in the table. */
  get retry(): RetryAdvice {
    return ROWS.get(this.code)?.retry ?? 'application';
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get temporary(): boolean {
    return this.retry === 'later' || this.retryAfterMs !== undefined;
  }
}

/** Whether `error` is a {@link TickwireError}; also true for one of another copy of this package. */
export function isTickwireError(error: unknown): error is TickwireError {
  return error instanceof Error && error.name === 'TickwireError' && 'code' in error && 'executed' in error;
}

/** The wire form. Never holds a stack or a cause. */
export function toWireError(error: TickwireError): WireError {
  return {
    c: error.code,
    ...(error.message === '' ? {} : { m: error.message }),
    ...(error.data === undefined ? {} : { d: error.data }),
    x: error.executed,
    ...(error.retryAfterMs === undefined ? {} : { ra: error.retryAfterMs }),
  };
}

/** Rebuilds the error of a peer; `ra` is clamped to {@link MAX_RETRY_AFTER_MS} (P-ERR-6). */
export function fromWireError(wire: WireError): TickwireError {
  const retryAfterMs =
    typeof wire.ra === 'number' && wire.ra >= 0 ? Math.min(wire.ra, MAX_RETRY_AFTER_MS) : undefined;
  return new TickwireError(wire.c, wire.m ?? wire.c, { executed: wire.x, data: wire.d, retryAfterMs });
}
