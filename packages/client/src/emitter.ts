// Emitter: events by name. A listener that throws is reported and stops nobody; one that is taken off is never called
// again, not even for an event that is already on its way.
import { EventEmitter } from 'eventemitter3';

/** A function that cannot throw and can be switched off. */
export interface Guarded<Args extends unknown[]> {
  (...args: Args): void;
  /** It is not called from now on. */
  readonly stop: () => void;
}

/** Wraps a listener. */
export function guard<Args extends unknown[]>(
  listener: (...args: Args) => void,
  report: (cause: unknown) => void,
): Guarded<Args> {
  let wanted = true;
  const guarded = (...args: Args): void => {
    try {
      if (wanted) listener(...args);
    } catch (cause) {
      report(cause);
    }
  };
  guarded.stop = () => void (wanted = false);
  return guarded;
}

export class Emitter {
  readonly #emitter = new EventEmitter();
  readonly #guard: (listener: (event: unknown) => void, name: string) => Guarded<[event: unknown]>;

  /** `guardAs` wraps the listener of an event. */
  constructor(guardAs: (listener: (event: unknown) => void, name: string) => Guarded<[event: unknown]>) {
    this.#guard = guardAs;
  }

  /** @returns what takes the listener off. */
  on(name: string, listener: (event: never) => void): () => void {
    const guarded = this.#guard(listener as (event: unknown) => void, name);
    this.#emitter.on(name, guarded);
    return () => {
      guarded.stop();
      this.#emitter.off(name, guarded);
    };
  }

  emit(name: string, event: unknown): void {
    this.#emitter.emit(name, event);
  }

  has(name: string): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  clear(): void {
    this.#emitter.removeAllListeners();
  }
}
