// View: a channel as one reader wants it: a part of it, compared his way, at his pace. The snapshot is what is held
// back, not only the news of it, so that no other redraw lets a newer value through.
import type { Cancel, Clock } from '@tickwire/protocol';
import type { Scheduler, SchedulerMode } from './scheduler.js';
import type { ChannelSnapshot, ChannelStatus } from './snapshot.js';

/** Something that can be read and watched; what `useSyncExternalStore` of React takes. */
export interface ReadableStore<S> {
  /** The present snapshot; the same object until something changes. */
  getSnapshot(): S;
  /** Calls `listener` after changes until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** How a reader wants a channel. */
export interface ViewOptions<V, S = V> {
  /**
   * The part that is wanted. Must be pure. Called once for each snapshot that is shown.
   * @defaultValue everything
   */
  readonly select?: ((data: V) => S) | undefined;
  /**
   * Whether two selected parts count as the same; then the old one is kept and nobody is told.
   * @defaultValue `Object.is`
   */
  readonly isEqual?: ((a: S, b: S) => boolean) | undefined;
  /**
   * Most updates a second. What comes between is left out; the last value always arrives. A change of status does not wait.
   * @defaultValue the client's `maxUpdatesPerSecond`
   */
  readonly maxUpdatesPerSecond?: number | undefined;
  /** @defaultValue the client's `scheduler` */
  readonly scheduler?: SchedulerMode | undefined;
}

/** What a view looks at. */
export interface ViewSource<V> {
  /** Status of the present snapshot, without the cost of making one. */
  status(): ChannelStatus;
  getSnapshot(): ChannelSnapshot<V>;
  /** Holds the channel and reports that something changed, until the returned function is called. */
  watch(onChange: () => void): Cancel;
}

/** What views need of the client. */
export interface ViewPorts {
  readonly clock: Clock;
  /** Interval from option or default, in milliseconds; 0 for none. */
  readonly minIntervalMs: number;
  readonly scheduler: Scheduler;
  /** Wraps a listener so that it cannot throw and is not called once it is not wanted. */
  guard(listener: () => void): { (): void; stop(): void };
}

/** A view; `eager` tells the listener of the present snapshot, too. */
export interface View<S> extends ReadableStore<ChannelSnapshot<S>> {
  subscribe(listener: () => void, eager?: boolean): () => void;
}

/** Makes a view. It holds the channel while somebody is subscribed to it. */
export function createView<V, S>(
  source: ViewSource<V>,
  options: ViewOptions<V, S>,
  { clock, minIntervalMs, scheduler, guard }: ViewPorts,
): View<S> {
  const { select, isEqual = Object.is } = options;
  const listeners = new Set<() => void>();
  let seen: ChannelSnapshot<V> | null = null;
  let shown: ChannelSnapshot<S> | null = null;
  let told: ChannelSnapshot<S> | null = null;
  let stop: Cancel | null = null;
  let cancelTimer: Cancel | null = null;
  let notBeforeMs = 0;

  function project(from: ChannelSnapshot<V>): ChannelSnapshot<S> {
    const data =
      from.data === undefined || select === undefined ? (from.data as S | undefined) : select(from.data);
    const snapshot = { ...from, data };
    if (shown === null || (select === undefined && options.isEqual === undefined)) return snapshot;
    const same =
      data === undefined || shown.data === undefined ? data === shown.data : isEqual(shown.data, data);
    if (!same) return snapshot;
    return isSameStanding(shown, from) ? shown : { ...snapshot, data: shown.data };
  }

  function refresh(): ChannelSnapshot<S> {
    const snapshot = source.getSnapshot();
    if (snapshot !== seen || shown === null) {
      shown = project(snapshot);
      seen = snapshot;
    }
    return shown;
  }

  function commit(): void {
    cancelTimer?.();
    cancelTimer = null;
    if (stop === null) return;
    notBeforeMs = clock.monotonicMs() + minIntervalMs;
    const next = refresh();
    if (next === told) return;
    told = next;
    for (const listener of [...listeners]) listener();
  }

  function onChange(): void {
    const waitMs = minIntervalMs === 0 ? 0 : notBeforeMs - clock.monotonicMs();
    if (waitMs <= 0 || source.status() !== seen?.status) scheduler.schedule(commit);
    else cancelTimer ??= clock.setTimer(waitMs, commit);
  }

  return {
    getSnapshot() {
      // Whether data is live is never held back.
      if (stop !== null && shown !== null && seen?.status === source.status()) return shown;
      return refresh();
    },
    subscribe(listener, eager = false) {
      const guarded = guard(listener);
      listeners.add(guarded);
      if (stop === null) {
        stop = source.watch(onChange);
        told = refresh();
      }
      if (eager) {
        told = null;
        scheduler.schedule(commit);
      }
      return () => {
        guarded.stop();
        if (!listeners.delete(guarded) || listeners.size > 0) return;
        stop?.();
        stop = null;
        cancelTimer?.();
        cancelTimer = null;
      };
    },
  };
}

function isSameStanding(a: ChannelSnapshot<unknown>, b: ChannelSnapshot<unknown>): boolean {
  return a.status === b.status && a.reason === b.reason && a.error === b.error && a.feed === b.feed;
}
