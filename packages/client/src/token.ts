// Token: one fetch at a time, for everybody who waits. Knows nothing of what the token is for.
import { TickwireError, type Cancel } from '@tickwire/protocol';
import type { ClientClock } from './ports/clock.js';
import type { TokenReason } from './connection/state.js';
import type { ClientOptions } from './options.js';

/** What a token source needs of the client. */
export interface TokenPorts {
  readonly clock: ClientClock;
  readonly tokenTimeoutMs: number;
  readonly turn: (run: () => void) => void;
  readonly report: (error: TickwireError) => void;
}

export interface TokenSource {
  /** The last token; `null` for none. */
  readonly token: string | null;
  /** Fetches a token, or joins the fetch at hand, and says whether there is one. */
  readonly fetch: (reason: TokenReason, done: (ok: boolean) => void) => void;
  /** Nobody waits any more. */
  readonly stop: () => void;
}

/** Makes a source over what the application gave; without it there is never a token and nothing to wait for. */
export function createTokenSource(
  getToken: ClientOptions['getToken'],
  { clock, tokenTimeoutMs, turn, report }: TokenPorts,
): TokenSource {
  let waiters: ((ok: boolean) => void)[] = [];
  let stop: Cancel | undefined;
  const source = {
    token: null as string | null,
    stop: () => stop?.(),
    fetch(reason: TokenReason, done: (ok: boolean) => void) {
      if (!getToken) {
        done(true);
        return;
      }
      if (waiters.push(done) > 1) return;
      const aborter = new AbortController();
      const { signal } = aborter;
      const settle = (value: string | null, error?: TickwireError): void =>
        turn(() => {
          if (signal.aborted) return;
          const told = waiters;
          source.stop();
          if (error) report(error);
          else source.token = value;
          for (const waiter of told) waiter(!error);
        });
      const failed = (cause: unknown): void =>
        settle(null, new TickwireError('unauthenticated', 'No token', { cause }));
      const cancel = clock.setTimer(tokenTimeoutMs, () => failed(new Error('getToken took too long')));
      stop = () => {
        cancel();
        aborter.abort();
        waiters = [];
      };
      // What throws at once is a failure like any other.
      Promise.resolve()
        .then(() => getToken({ reason, signal }))
        .then(settle, failed);
    },
  };
  return source;
}
