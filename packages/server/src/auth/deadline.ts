// Deadline: application hooks answer in time or not at all. A late answer is thrown away.
import { type Clock, TickwireError } from '@tickwire/protocol';

/** Whether a value may be awaited. */
export function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Resolves as the promise does, or rejects with `unavailable` after `timeoutMs`. */
export function withDeadline<Value>(
  clock: Clock,
  timeoutMs: number,
  what: string,
  promise: PromiseLike<Value>,
): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () =>
      reject(new TickwireError('unavailable', `${what} gave no answer within ${timeoutMs} ms.`)),
    );
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what the hook rejected with
        reject(error);
      },
    );
  });
}
