// useConnectionStatus: the indicator as a hook, for looks of one's own.
import { useMemo, useSyncExternalStore } from 'react';
import type { HookClient } from '../hook-client.js';
import {
  createIndicator,
  UNSEEN_CONNECTION,
  type Indicator,
  type IndicatorOptions,
  type IndicatorSnapshot,
} from './indicator.js';

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
export interface ConnectionStatusResult extends IndicatorSnapshot {
  /** The word for `status`. */
  readonly label: string;
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
    const shown = useSyncExternalStore(indicator.subscribe, indicator.getSnapshot, () => UNSEEN_CONNECTION);
    return { ...shown, label: labels?.[shown.status] ?? LABELS[shown.status] };
  };
}
