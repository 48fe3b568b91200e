// Virtual environment: the page or device around a client, as a test wants it to be.
import type { Environment, EnvironmentEvent } from '@tickwire/client';

/** An environment that a test can hide, take offline and wake. Nothing is painted, so there are no frames. */
export interface VirtualEnvironment extends Environment {
  /** Tells the client; `offline` and `hidden` also change what it reads. */
  emit(event: EnvironmentEvent): void;
  /** Listeners that are subscribed. */
  readonly listeners: number;
}

/** Makes an environment that is online and visible. */
export function createVirtualEnvironment(origin = 'ws://virtual'): VirtualEnvironment {
  const listeners = new Set<(event: EnvironmentEvent) => void>();
  let online = true;
  let hidden = false;
  return {
    get listeners() {
      return listeners.size;
    },
    emit(event) {
      if (event === 'online' || event === 'offline') online = event === 'online';
      else hidden = event === 'hidden';
      for (const listener of [...listeners]) listener(event);
    },
    isOnline: () => online,
    isHidden: () => hidden,
    subscribe(listener) {
      // Each subscription is its own, even of one function.
      const entry = (event: EnvironmentEvent): void => listener(event);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    urlOf: (path) => origin + path,
    wantsDebug: () => false,
  };
}
