// Emitter: typed events. A listener that throws is reported and stops nobody; one that is taken off is never called
// again, not even for an event that is already on its way.
import { EventEmitter } from 'eventemitter3';

/** A function that cannot throw and can be switched off. */
export interface Guarded<Args extends unknown[]> {
  (...args: Args): void;
  /** It is not called from now on. */
  stop(): void;
}

/** Wraps a listener. */
export function guard<Args extends unknown[]>(
  listener: (...args: Args) => void,
  report: (cause: unknown) => void,
): Guarded<Args> {
  let wanted = true;
  const guarded = (...args: Args): void => {
    if (!wanted) return;
    try {
      listener(...args);
    } catch (cause) {
      report(cause);
    }
  };
  guarded.stop = () => {
    wanted = false;
  };
  return guarded;
}

export class Emitter<Events extends object> {
  readonly #emitter = new EventEmitter();
  readonly #report: (cause: unknown) => void;

  constructor(report: (cause: unknown) => void) {
    this.#report = report;
  }

  /** @returns what takes the listener off. */
  on<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const guarded = guard(listener, this.#report);
    this.#emitter.on(name, guarded);
    return () => {
      guarded.stop();
      this.#emitter.off(name, guarded);
    };
  }

  emit<Name extends keyof Events & string>(name: Name, event: Events[Name]): void {
    this.#emitter.emit(name, event);
  }

  has(name: keyof Events & string): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  clear(): void {
    this.#emitter.removeAllListeners();
  }
}
