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

/** Every code of wire version 1 (P-ERR-4): what may be tried again, whether the work was done, and the codes of which both hold. */
const TABLE = [
  'never no unsupported_version contract_unknown contract_incompatible forbidden banned unknown_channel unknown_command bad_params bad_input bad_frame too_large key_reused',
  'credentials no unauthenticated token_expired session_revoked',
  'later no rate_limited limit unavailable draining deadline',
  'later maybe in_flight',
  'keyed maybe internal timeout',
  'application no connection_failed',
  'application maybe indeterminate cancelled',
] as const;

/** The words of a text, as a union. */
export type Words<Text extends string> = Text extends `${infer First} ${infer Rest}`
  ? First | Words<Rest>
  : Text;
/** The codes in a row of the table. */
export type CodesOf<Row> = Row extends `${RetryAdvice} ${Executed} ${infer Codes}` ? Words<Codes> : never;

/** A code of this version's table. */
export type KnownErrorCode = CodesOf<(typeof TABLE)[number]>;

/** Retry and executed, then codes: by search, because a peer chooses what is looked up (P-FRAME-6). */
const rowOf = (code: string): readonly string[] =>
  TABLE.map((row) => row.split(' ')).find((row) => row.indexOf(code) > 1) ?? ['application', 'maybe'];

/** What may be tried again after an error of this code; `application` for one that is not in the table. */
export const retryAdviceOf = (code: string): RetryAdvice => rowOf(code)[0] as RetryAdvice;

/** Prefix of the codes that a contract declares for its commands (P-ERR-5). */
export const APPLICATION_ERROR_PREFIX = 'app.';

/** Code of an error a contract declares: `app.` and its name. */
export type ApplicationErrorCode = `app.${string}`;

/** Any code: of the table, of the contract, or of a newer peer. */
export type ErrorCode = KnownErrorCode | ApplicationErrorCode | (string & {});

/** All codes of the table, in its order. */
export const ERROR_CODES = /* @__PURE__ */ TABLE.flatMap((row) =>
  row.split(' ').slice(2),
) as readonly KnownErrorCode[];

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
    super(message, options);
    this.code = code;
    this.executed = options.executed ?? (rowOf(code)[1] as Executed);
    this.data = options.data;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** What may be tried again; `application` for a code that is not in the table. */
  get retry(): RetryAdvice {
    return retryAdviceOf(this.code);
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
