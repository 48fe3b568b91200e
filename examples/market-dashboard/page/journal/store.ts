// A value with listeners, for what the page itself keeps. Notifies at most once in `quietMs`, with the latest value.

export interface Store<T> {
  readonly get: () => T;
  readonly set: (next: T) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore<T>(initial: T, quietMs = 0): Store<T> {
  let value = initial;
  let shown = initial;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();
  const notify = (): void => {
    timer = undefined;
    shown = value;
    for (const listener of listeners) listener();
  };
  return {
    get: () => shown,
    set: (next) => {
      value = next;
      if (quietMs === 0) notify();
      else timer ??= setTimeout(notify, quietMs);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
