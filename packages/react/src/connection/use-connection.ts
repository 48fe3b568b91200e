// useConnection: a component reads the connection and may open or close it.
import { useMemo, useSyncExternalStore } from 'react';
import type { HookClient } from '../hook-client.js';
import { createConnectionView, NOT_CONNECTED, type ConnectionViewSnapshot } from './connection-view.js';

/** Options of `useConnection`. */
export interface UseConnectionOptions {
  /**
   * Renew `retryInMs` this often, in milliseconds, while a try is planned. Each time renders the component.
   * @defaultValue never between two changes of the connection
   */
  readonly tickMs?: number | undefined;
}

/** The connection, and how to open and close it. */
export interface ConnectionResult extends ConnectionViewSnapshot {
  /** Connects now: also out of a stop, and without waiting for the next try. */
  readonly connect: () => void;
  /** Disconnects until {@link ConnectionResult.connect}. */
  readonly disconnect: () => void;
}

/**
 * Reads the connection. It says nothing of data: a channel may be stale on an open connection, see the `status` of
 * `useChannel`. On a server and while hydrating it is `disconnected` without a reason.
 */
export type UseConnection = (options?: UseConnectionOptions) => ConnectionResult;

export function createUseConnection(useClient: () => HookClient): UseConnection {
  return function useConnection({ tickMs } = {}) {
    const client = useClient();
    const view = useMemo(() => createConnectionView(client.connection, tickMs), [client, tickMs]);
    const snapshot = useSyncExternalStore(view.subscribe, view.getSnapshot, () => NOT_CONNECTED);
    return useMemo(
      () => ({ ...snapshot, connect: () => client.connect(), disconnect: () => client.disconnect() }),
      [snapshot, client],
    );
  };
}
