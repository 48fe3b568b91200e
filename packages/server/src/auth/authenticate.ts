// Authenticate: asks the application who is connecting, and turns every way in which it can fail into a refusal.
import { type Clock, isTickwireError, type Logger, TickwireError } from '@tickwire/protocol';
import type { AcceptRequest } from '../ports/server-socket.js';
import { type GivenLimits, principalLimits } from '../session/limits.js';
import { errorText } from '../value/error-text.js';
import { isPromiseLike, withDeadline } from './deadline.js';

/** What `authenticate` is told. */
export interface AuthenticateContext {
  /** The token the client sent; `undefined` when it sent none. */
  readonly token: string | undefined;
  /**
   * The upgrade request: address, headers, path. Cookies are only worth something together with `allowedOrigins`.
   */
  readonly request: AcceptRequest;
}

/** Somebody, accepted. */
export interface Identity {
  readonly principal: unknown;
  /** Under this name limits and idempotency keys are kept; `null` where the connection is its own principal. */
  readonly key: string | null;
  /** Wall clock; `null` for never. */
  readonly expiresAtMs: number | null;
  /** Over those of the server. */
  readonly limits: GivenLimits;
}

/** The hook with its types forgotten. */
export type AnyAuthenticate = (context: AuthenticateContext) => unknown;

/** Names a principal; `null` where it has no name of its own. */
export type PrincipalKey = (principal: unknown) => string | null;

/** Asks the application. */
export class Authenticator {
  readonly #hook: AnyAuthenticate;
  readonly #keyOf: PrincipalKey;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #log: Logger;

  constructor(hook: AnyAuthenticate, keyOf: PrincipalKey, clock: Clock, timeoutMs: number, log: Logger) {
    this.#hook = hook;
    this.#keyOf = keyOf;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
  }

  /** Who it is; at once where the hook answers at once. Rejects and throws with a `TickwireError` only. */
  identify(context: AuthenticateContext): Identity | Promise<Identity> {
    let answer: unknown;
    try {
      answer = this.#hook(context);
    } catch (error) {
      throw this.#refusal(error);
    }
    if (!isPromiseLike(answer)) return this.#identity(answer);
    return withDeadline(this.#clock, this.#timeoutMs, 'authenticate', answer).then(
      (value) => this.#identity(value),
      (error: unknown) => {
        throw this.#refusal(error);
      },
    );
  }

  #identity(answer: unknown): Identity {
    if (
      typeof answer !== 'object' ||
      answer === null ||
      !('principal' in answer) ||
      answer.principal === undefined
    ) {
      throw new TickwireError('unauthenticated', 'No principal.');
    }
    const { principal, expiresAtMs, limits } = answer as {
      readonly principal: unknown;
      readonly expiresAtMs?: unknown;
      readonly limits?: unknown;
    };
    if (isPromiseLike(principal)) {
      this.#log('error', 'authenticate answered with a promise as principal: await it');
      throw new TickwireError('internal', 'No principal.');
    }
    let expires: number | null = null;
    if (expiresAtMs !== undefined && expiresAtMs !== Infinity) {
      // Anything else than a moment is a mistake, and a mistake about the end of credentials must not mean never.
      if (typeof expiresAtMs !== 'number' || !Number.isFinite(expiresAtMs)) {
        this.#log('error', 'authenticate answered with an expiresAtMs that is no number');
        throw new TickwireError('internal', 'No expiry.');
      }
      if (expiresAtMs <= this.#clock.wallMs())
        throw new TickwireError('token_expired', 'The token has expired.');
      expires = expiresAtMs;
    }
    return {
      principal,
      key: this.#nameOf(principal),
      expiresAtMs: expires,
      limits: this.#limits(limits),
    };
  }

  #nameOf(principal: unknown): string | null {
    let key: unknown;
    try {
      key = this.#keyOf(principal);
    } catch (error) {
      throw this.#refusal(error);
    }
    if (typeof key === 'string') return key;
    // Whatever else it is, many principals may share it, and with it their limits and keys.
    if (key !== null)
      this.#log('error', 'principalKey answered with something that is no text', { type: typeof key });
    return null;
  }

  #limits(given: unknown): GivenLimits {
    try {
      return principalLimits(given);
    } catch (error) {
      // As with an expiry: a mistake about a limit must not mean that there is none.
      this.#log('error', 'authenticate answered with a limit that is none', { error: errorText(error) });
      throw new TickwireError('internal', 'No limits.');
    }
  }

  /** What the hook threw, as far as a client may know it: a code. */
  #refusal(error: unknown): TickwireError {
    // Not its text: libraries put the token there.
    const isOurs = isTickwireError(error) && typeof error.code === 'string';
    // What nobody meant as a refusal may be a fault of the hook, and the client is told of neither.
    this.#log(isOurs ? 'info' : 'warn', 'authenticate refused', {
      error: isOurs ? error.code : error instanceof Error ? error.name : typeof error,
    });
    if (!isOurs) return new TickwireError('unauthenticated', '');
    const { retryAfterMs } = error;
    return new TickwireError(error.code, '', {
      executed: 'no',
      retryAfterMs: typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined,
    });
  }
}

/**
 * The name of a principal where the application gives no function: a text or number itself; the `id` of an object,
 * together with its `tenant` or `tenantId`; else none, so that the connection is its own principal. Anonymous
 * principals are their connection.
 */
export function defaultPrincipalKey(principal: unknown): string | null {
  if (typeof principal === 'string' || typeof principal === 'number') return JSON.stringify(principal);
  if (typeof principal !== 'object' || principal === null) return null;
  const { id, tenant, tenantId } = principal as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  const of = (value: unknown): string | number | null =>
    typeof value === 'string' || typeof value === 'number' ? value : null;
  return JSON.stringify([of(tenant), of(tenantId), id]);
}
