// Indicator: what people are told of the connection, calmer than the connection itself. Knows nothing of React.
import type { ConnectionSnapshot, ReadableStore } from '@tickwire/client';

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

/** Time is counted from when the indicator is watched, so that no wall clock can mislead it. */
export function createIndicator(
  source: ReadableStore<ConnectionSnapshot>,
  { afterMs = 2_000, offlineAfterMs = 10_000 }: IndicatorOptions,
): ReadableStore<Indicator> {
  const isConnected = () => source.getSnapshot().status === 'connected';
  let shown: Indicator = isConnected() ? 'live' : 'connecting';

  function subscribe(listener: () => void): () => void {
    let timers: ReturnType<typeof setTimeout>[] = [];
    let lostFor: 'nothing' | 'moment' | 'while' | 'long' = 'nothing';

    const show = (next: Indicator) => {
      if (next === shown) return;
      shown = next;
      listener();
    };
    const age = (to: typeof lostFor) => () => {
      lostFor = to;
      changed();
    };
    const changed = () => {
      const { status, online } = source.getSnapshot();
      if (status === 'connected') {
        timers.forEach(clearTimeout);
        timers = [];
        lostFor = 'nothing';
        show('live');
      } else if (lostFor === 'nothing') {
        lostFor = 'moment';
        timers = [
          setTimeout(age('while'), afterMs),
          setTimeout(age('long'), Math.max(afterMs, offlineAfterMs)),
        ];
      } else if (lostFor !== 'moment') {
        show(lostFor === 'long' || status === 'disconnected' || !online ? 'offline' : 'connecting');
      }
    };

    const stop = source.subscribe(changed);
    changed();
    return () => {
      stop();
      timers.forEach(clearTimeout);
    };
  }

  return { getSnapshot: () => shown, subscribe };
}
