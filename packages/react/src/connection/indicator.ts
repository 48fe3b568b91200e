// Indicator: what people are told of the connection, calmer than the connection itself. Knows nothing of React.
import type { ConnectionReason, ConnectionSnapshot, ReadableStore } from '@tickwire/client';
import type { BoundStore } from '../hook-client.js';

/** What people are told. */
export type Indicator = 'live' | 'connecting' | 'offline';

/** How calm an indicator is. */
export interface IndicatorOptions {
  /**
   * How long a connection that was there must be gone before the indicator says so, in milliseconds. A shorter blip is
   * never shown.
   * @defaultValue 2_000
   */
  readonly afterMs?: number | undefined;
  /**
   * How long a connection must be missing before `connecting` becomes `offline`, in milliseconds. A stopped client and
   * a browser that says it is offline are `offline` as soon as the loss is shown at all.
   * @defaultValue 10_000
   */
  readonly offlineAfterMs?: number | undefined;
}

/** What people are told, and the truth of this moment beside it. */
export interface IndicatorSnapshot {
  /** Calm: without blips shorter than `afterMs`. `connecting` on a server and while hydrating. */
  readonly status: Indicator;
  /** Whether there is a connection at this moment, blips included. */
  readonly isConnected: boolean;
  /** Why there is none; `null` while there is one or nobody has tried. */
  readonly error: ConnectionReason | null;
}

/** Before anybody looked. */
export const UNSEEN_CONNECTION: IndicatorSnapshot = { status: 'connecting', isConnected: false, error: null };

/** Time is counted from when the indicator is watched, so that no wall clock can mislead it. */
export function createIndicator(
  source: ReadableStore<ConnectionSnapshot>,
  { afterMs = 2_000, offlineAfterMs = 10_000 }: IndicatorOptions,
): BoundStore<IndicatorSnapshot> {
  let shown = UNSEEN_CONNECTION;

  /** Shows `status`, or what was shown before, with the truth of now. */
  function show(status: Indicator): IndicatorSnapshot {
    const { status: link, reason: error } = source.getSnapshot();
    const isConnected = link === 'connected';
    if (status !== shown.status || isConnected !== shown.isConnected || error !== shown.error) {
      shown = { status, isConnected, error };
    }
    return shown;
  }

  function subscribe(listener: () => void): () => void {
    let timers: ReturnType<typeof setTimeout>[] = [];
    /** 0 connected, 1 lost but not yet shown, 2 shown, 3 lost for long. */
    let stage = 0;

    const stopTimers = () => timers.forEach((timer) => clearTimeout(timer));
    const enterAfter = (next: number, delayMs: number) =>
      setTimeout(
        () => {
          stage = next;
          changed();
        },
        Math.min(delayMs, 2 ** 31 - 1),
      );
    const changed = () => {
      const before = shown;
      const { status, online } = source.getSnapshot();
      if (status === 'connected') {
        stopTimers();
        stage = 0;
        show('live');
      } else {
        if (stage === 0) timers = [enterAfter(2, afterMs), enterAfter(3, Math.max(afterMs, offlineAfterMs))];
        stage ||= 1;
        if (stage === 1) show(shown.status);
        else show(stage === 3 || status === 'disconnected' || !online ? 'offline' : 'connecting');
      }
      if (shown !== before) listener();
    };

    const stop = source.subscribe(changed);
    changed();
    return () => {
      stop();
      stopTimers();
    };
  }

  return {
    getSnapshot: () => show(source.getSnapshot().status === 'connected' ? 'live' : shown.status),
    subscribe,
  };
}
