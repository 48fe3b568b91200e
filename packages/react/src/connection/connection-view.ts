// Connection view: the client's connection with the time to the next try. Knows nothing of React.
import type { ConnectionSnapshot, ReadableStore } from '@tickwire/client';
import type { BoundStore } from '../hook-client.js';

/** The connection, with the time until the next try as a duration. */
export interface ConnectionViewSnapshot extends Omit<
  ConnectionSnapshot,
  'clockOffsetMs' | 'retryAtMs' | 'sessionId' | 'sinceMs'
> {
  /**
   * Milliseconds until the next try, as of this snapshot; `null` while none is planned. Counts down only where
   * `tickMs` asks for it.
   */
  readonly retryInMs: number | null;
}

/** What nobody has tried yet: the connection on a server and while hydrating. */
export const NOT_CONNECTED: ConnectionViewSnapshot = {
  status: 'disconnected',
  attempt: 0,
  reason: null,
  retryInMs: null,
  rttMs: null,
  online: true,
};

/** @param tickMs how often `retryInMs` is renewed while a try is planned; `undefined`: with the connection only */
export function createConnectionView(
  source: ReadableStore<ConnectionSnapshot>,
  tickMs: number | undefined,
): BoundStore<ConnectionViewSnapshot> {
  let seen: ConnectionSnapshot | undefined;
  let view = NOT_CONNECTED;

  function getSnapshot(): ConnectionViewSnapshot {
    const snapshot = source.getSnapshot();
    if (snapshot !== seen) {
      const { retryAtMs } = snapshot;
      view = { ...snapshot, retryInMs: retryAtMs === null ? null : Math.max(0, retryAtMs - Date.now()) };
      seen = snapshot;
    }
    return view;
  }

  function subscribe(listener: () => void): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const plan = () => {
      clearTimeout(timer);
      const { retryInMs } = getSnapshot();
      // Fires when a whole tick is left, so that a countdown in seconds skips none and shows none twice.
      if (tickMs && retryInMs) {
        timer = setTimeout(tick, retryInMs % tickMs || tickMs);
      }
    };
    const tick = () => {
      seen = undefined;
      changed();
    };
    const changed = () => {
      plan();
      listener();
    };
    const stop = source.subscribe(changed);
    plan();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }

  return { getSnapshot, subscribe };
}
