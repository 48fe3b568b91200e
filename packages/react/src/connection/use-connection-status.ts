// useConnectionStatus: the indicator as a hook, for looks of one's own.
import { useMemo, useSyncExternalStore } from 'react';
import type { ConnectionReason } from '@tickwire/client';
import type { HookClient } from '../hook-client.js';
import { createIndicator, type Indicator, type IndicatorOptions } from './indicator.js';

/** Words for people. */
export type IndicatorLabels = Readonly<Record<Indicator, string>>;

const LABELS: IndicatorLabels = { live: 'Live', connecting: 'Connecting...', offline: 'Offline' };

/** Options of `useConnectionStatus`. */
export interface ConnectionStatusOptions extends IndicatorOptions {
  /**
   * Words in place of the English ones.
   * @defaultValue `Live`, `Connecting...`, `Offline`
   */
  readonly labels?: Partial<IndicatorLabels> | undefined;
}

/** What to tell people of the connection. */
export interface ConnectionStatusResult {
  /** Calm: without blips shorter than `afterMs`. `connecting` on a server and while hydrating. */
  readonly status: Indicator;
  /** The word for `status`. */
  readonly label: string;
  /** Whether there is a connection at this moment, blips included. */
  readonly isConnected: boolean;
  /** Why there is none; `null` while there is one or nobody has tried. */
  readonly error: ConnectionReason | null;
}

/** What to tell people of the connection, without a look. */
export type UseConnectionStatus = (options?: ConnectionStatusOptions) => ConnectionStatusResult;

export function createUseConnectionStatus(useClient: () => HookClient): UseConnectionStatus {
  return function useConnectionStatus({ afterMs, offlineAfterMs, labels } = {}) {
    const { connection } = useClient();
    const indicator = useMemo(
      () => createIndicator(connection, { afterMs, offlineAfterMs }),
      [connection, afterMs, offlineAfterMs],
    );
    const status = useSyncExternalStore<Indicator>(
      indicator.subscribe,
      indicator.getSnapshot,
      () => 'connecting',
    );
    const { subscribe, getSnapshot } = useMemo(
      () => ({
        subscribe: (listener: () => void) => connection.subscribe(listener),
        getSnapshot: () => connection.getSnapshot().status === 'connected',
      }),
      [connection],
    );
    const isConnected = useSyncExternalStore(subscribe, getSnapshot, () => false);
    const error = useSyncExternalStore(
      subscribe,
      () => connection.getSnapshot().reason,
      () => null,
    );
    const label = labels?.[status] ?? LABELS[status];
    return useMemo(() => ({ status, label, isConnected, error }), [status, label, isConnected, error]);
  };
}
