// Emitter: events by name. A listener that throws is reported and stops nobody; one that is taken off is never called
// again, not even for an event that is already on its way.
import { EventEmitter } from 'eventemitter3';

/** A function that cannot throw and can be switched off. */
export interface Guarded<Args extends unknown[]> {
  (...args: Args): void;
  /** It is not called from now on. */
  readonly stop: () => void;
}

/** What a client's events go through. */
export interface Emitter {
  /** Wraps a listener; `name` is the event it listens to. */
  readonly guard: <Args extends unknown[]>(listener: (...args: Args) => void, name?: string) => Guarded<Args>;
  /** @returns what takes the listener off. */
  readonly on: (name: string, listener: (event: never) => void) => () => void;
  readonly emit: (name: string, event: unknown) => void;
  readonly has: (name: string) => boolean;
  /** Nothing that was guarded is called any more. */
  readonly close: () => void;
}

/** Makes an emitter; `onThrow` is told what a listener threw, and which event it listens to. */
export function createEmitter(onThrow: (cause: unknown, name: string) => void): Emitter {
  const emitter = new EventEmitter();
  let closed = false;

  function guard<Args extends unknown[]>(listener: (...args: Args) => void, name = ''): Guarded<Args> {
    let wanted = true;
    const guarded = (...args: Args): void => {
      try {
        if (wanted && !closed) listener(...args);
      } catch (cause) {
        onThrow(cause, name);
      }
    };
    guarded.stop = () => void (wanted = false);
    return guarded;
  }

  return {
    guard,
    on(name, listener) {
      const guarded = guard(listener as (event: unknown) => void, name);
      emitter.on(name, guarded);
      return () => {
        guarded.stop();
        emitter.off(name, guarded);
      };
    },
    emit: (name, event) => void emitter.emit(name, event),
    has: (name) => emitter.listenerCount(name) > 0,
    close: () => void (closed = true),
  };
}
