// Key claims: the store of keyed commands as commands see it. Every answer comes in time or is a refusal; a claim that
// comes too late is given back; what could not be recorded is logged and costs nobody an answer.
import { type Clock, isPlainObject, type Logger, TickwireError } from '@tickwire/protocol';
import { isPromiseLike, withDeadline } from '../auth/deadline.js';
import type {
  Awaitable,
  ClaimAnswer,
  CommandKey,
  CommandOutcome,
  IdempotencyStore,
} from '../ports/idempotency-store.js';
import { errorText } from '../value/error-text.js';
import { copyJson } from '../value/json-value.js';
import type { RunningKey } from './handler-context.js';

/** What a key may do: run, or be answered. */
export type Verdict =
  | { readonly type: 'start' }
  | { readonly type: 'replay'; readonly outcome: CommandOutcome }
  | { readonly type: 'refuse'; readonly error: TickwireError };

/** When somebody whose key is running should ask again, in milliseconds. */
const ASK_AGAIN_MS = 500;

/** What claims are made with. */
export interface KeyClaimsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a store may take for one answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** Asks stores. Nothing here throws or rejects. */
export class KeyClaims {
  readonly #options: KeyClaimsOptions;

  constructor(options: KeyClaimsOptions) {
    this.#options = options;
  }

  /** Claims a key for one run; at once where the store answers at once. */
  claim(
    store: IdempotencyStore,
    key: RunningKey,
    leaseMs: number,
    withinMs: number,
    replacesLost: boolean,
  ): Awaitable<Verdict> {
    const { fingerprint, run, ttlMs } = key;
    const request = { fingerprint, run, leaseMs, ttlMs, replacesLost };
    let late = false;
    return this.#ask(
      'claim',
      () => {
        const answer = store.claim(key, request);
        if (isPromiseLike(answer)) {
          answer.then(
            (claim: ClaimAnswer | undefined) => {
              if (late && claim?.status === 'claimed') void this.release(store, key);
            },
            () => undefined,
          );
        }
        return answer;
      },
      withinMs,
      (answer) => this.#judge(store, key, answer),
      () => {
        late = true;
        // It may have been recorded all the same, and nobody is going to run it.
        void this.release(store, key);
        return refuse(new TickwireError('unavailable', 'keys cannot be recorded at the moment'));
      },
    );
  }

  /** The run has ended so. Answers when that is recorded, or cannot be. */
  complete(store: IdempotencyStore, key: RunningKey, outcome: CommandOutcome): Awaitable<void> {
    const { timeoutMs } = this.#options;
    return this.#ask('complete', () => store.complete(key, key.run, outcome), timeoutMs, nothing, nothing);
  }

  /** The run did nothing, and the key may be used again. */
  release(store: IdempotencyStore, key: RunningKey): Awaitable<void> {
    const { timeoutMs } = this.#options;
    return this.#ask('release', () => store.release(key, key.run), timeoutMs, nothing, nothing);
  }

  /** How a key ended, as the store knows it; `null` where it does not. */
  outcomeOf(store: IdempotencyStore, key: CommandKey): Awaitable<CommandOutcome | null> {
    return this.#ask(
      'read',
      () => store.read(key),
      this.#options.timeoutMs,
      (known) => (known?.status === 'done' ? outcomeIn(known) : null),
      () => null,
    );
  }

  #judge(store: IdempotencyStore, key: RunningKey, answer: ClaimAnswer): Awaitable<Verdict> {
    switch (answer.status) {
      case 'claimed':
        return { type: 'start' };
      case 'done':
        return { type: 'replay', outcome: outcomeIn(answer) };
      case 'running':
        return refuse(
          new TickwireError('in_flight', 'the command is still running', { retryAfterMs: ASK_AGAIN_MS }),
        );
      case 'reused':
        return refuse(new TickwireError('key_reused', 'the key was used with another input'));
      case 'full':
        return refuse(new TickwireError('limit', 'too many keyed commands are running'));
      case 'lost':
        // The handler may have committed it in a transaction of its own before its process died.
        return afterwards(this.outcomeOf(store, key), (outcome) =>
          outcome === null
            ? refuse(new TickwireError('indeterminate', 'the command began and nobody knows its end'))
            : { type: 'replay', outcome },
        );
      default:
        // A store is the application's own: what it means by anything else, nobody knows.
        throw new TypeError('the answer has no status that is known');
    }
  }

  #ask<Answer, Result>(
    what: string,
    call: () => Awaitable<Answer>,
    timeoutMs: number,
    use: (answer: Answer) => Awaitable<Result>,
    failed: () => Result,
  ): Awaitable<Result> {
    const { clock, log } = this.#options;
    const fail = (error: unknown): Result => {
      log('error', `idempotency store failed to ${what}`, {
        error: errorText(error),
      });
      return failed();
    };
    try {
      const answer = call();
      if (!isPromiseLike(answer)) return use(answer);
      return withDeadline(clock, timeoutMs, `${what} of the idempotency store`, answer).then(use).catch(fail);
    } catch (error) {
      return fail(error);
    }
  }
}

/** Goes on with a value, at once where it is there. */
export function afterwards<Value, Result>(
  value: Awaitable<Value>,
  use: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return isPromiseLike(value) ? value.then(use) : use(value);
}

/** As it can be told: a store of one's own may give what no JSON can say, such as a number of a database. */
function outcomeIn({ outcome }: { readonly outcome: unknown }): CommandOutcome {
  if (!isPlainObject(outcome)) throw new TypeError('the answer has no outcome');
  // Around a value stand two objects at most: the outcome, and its error.
  return copyJson(outcome, -2) as CommandOutcome;
}

function refuse(error: TickwireError): Verdict {
  return { type: 'refuse', error };
}

function nothing(): void {
  // The store has done what it was asked to, or it was logged.
}
