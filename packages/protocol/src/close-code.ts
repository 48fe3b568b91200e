// Close codes: what the end of a socket means and what a client does about it. Ranges decide, not lists, so an
// old client treats a new code right (P-CLOSE-1).

/** Close codes a Tickwire server sends. The hundreds carry the retry policy. */
export const CloseCode = {
  /** The peer sent something that is not a frame, or too much of it. */
  badFrame: 4100,
  /** No common wire version. */
  unsupportedVersion: 4101,
  /** The contracts do not fit and the server insists. */
  contract: 4102,
  /** The principal is not welcome. */
  banned: 4103,
  /** The token is missing or wrong. */
  unauthenticated: 4200,
  /** The token expired and was not refreshed in time. */
  tokenExpired: 4201,
  /** The session was revoked. */
  sessionRevoked: 4202,
  /** No `hello` in time. */
  helloTimeout: 4300,
  /** The peer took nothing for too long. */
  slowConsumer: 4301,
  /** The peer answered no ping. */
  noPong: 4302,
  /** The peer went on over its rate after being told. */
  rate: 4303,
  /** The server failed. */
  internal: 4304,
  /** The server has too much to do. */
  overloaded: 4305,
  /** Nobody wanted anything for too long. */
  idle: 4306,
  /** The server is about to go away. */
  drain: 4400,
  /** The server asks the client to move. */
  rebalance: 4401,
  /** Ordinary end, by the application. */
  normal: 1000,
  /** No close frame was seen: the connection broke. Never sent. */
  abnormal: 1006,
} as const;

/** One of the codes this version sends. A peer may receive any number from 1000 to 4999. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * What a client does after a close (P-CLOSE-2):
 * - `stop`: nothing by itself; only the application connects again.
 * - `credentials`: fetches a fresh token, then reconnects; stops at the third in a row without a `welcome`.
 * - `backoff`: reconnects with growing delays, for ever unless the application set a limit.
 * - `soon`: reconnects within a second, at a random moment.
 * - `suspect`: as `backoff`, but stops at the third in a row: one of the two ends has a fault.
 */
export type ClosePolicy = 'stop' | 'credentials' | 'backoff' | 'soon' | 'suspect';

/** How many closes of one kind in a row end the reconnecting under `credentials` and `suspect` (P-CLOSE-3). */
export const MAX_CLOSES_IN_A_ROW = 3;

/** Codes of `reject` that have a close code of their own, by the close code (P-AUTH-1). */
const REFUSALS = [
  [4101, 'unsupported_version'],
  [4102, 'contract_incompatible contract_unknown'],
  [4103, 'banned forbidden'],
  [4200, 'unauthenticated'],
  [4201, 'token_expired'],
  [4202, 'session_revoked'],
  [4304, 'internal'],
  [4400, 'draining'],
] as const;

/** The close code that belongs to the code of a `reject`: its hundreds tell the client what helps (P-AUTH-1). */
export function closeCodeOfRefusal(code: string): number {
  return REFUSALS.find(([, codes]) => codes.split(' ').includes(code))?.[0] ?? 4305;
}

/** The policy of any code, known or not (P-CLOSE-2). */
export function closePolicy(code: number): ClosePolicy {
  if (code >= 4100 && code <= 4199) return 'stop';
  if (code >= 4200 && code <= 4299) return 'credentials';
  if (code >= 4400 && code <= 4499) return 'soon';
  if (code === 1002 || code === 1003 || (code >= 1007 && code <= 1010)) return 'suspect';
  return 'backoff';
}

/** Most bytes of UTF-8 a close reason may hold (RFC 6455 §5.5: 125 less the code). */
export const MAX_CLOSE_REASON_BYTES = 123;

/** Cuts a close reason to {@link MAX_CLOSE_REASON_BYTES} at a code point; lone surrogates become U+FFFD. */
export function clipCloseReason(reason: string): string {
  let bytes = 0;
  let clipped = '';
  for (const character of reason.toWellFormed()) {
    const codePoint = character.codePointAt(0) ?? 0;
    bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    if (bytes > MAX_CLOSE_REASON_BYTES) break;
    clipped += character;
  }
  return clipped;
}
