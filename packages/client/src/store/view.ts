// View: a channel as one reader wants it: a part of it, compared his way, at his pace. The snapshot is what is held
// back, not only the news of it, so that no other redraw lets a newer value through.
import type { Cancel } from '@tickwire/protocol';
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
   * Most updates a second, in place of `scheduler`. What comes between is left out; the last value always arrives. A
   * change of status does not wait.
   * @defaultValue the client's `maxUpdatesPerSecond`
   */
  readonly maxUpdatesPerSecond?: number | undefined;
  /** @defaultValue the client's `scheduler` */
  readonly scheduler?: SchedulerMode | undefined;
}

/** What a view looks at. */
export interface ViewSource<V> {
  /** Status of the present snapshot, without the cost of making one. */
  readonly status: () => ChannelStatus;
  readonly getSnapshot: () => ChannelSnapshot<V>;
  /** Holds the channel and reports that something changed, until the returned function is called. */
  readonly watch: (onChange: () => void) => Cancel;
}

/** What views need of the client. */
export interface ViewPorts {
  /** For changes of data. */
  readonly scheduler: Scheduler;
  /** For changes of status. */
  readonly urgent: Scheduler;
  /** Wraps a listener so that it cannot throw and is not called once it is not wanted. */
  readonly guard: (listener: () => void) => { (): void; stop(): void };
}

/** A view; `eager` tells the listener of the present snapshot, too. */
export interface View<S> extends ReadableStore<ChannelSnapshot<S>> {
  subscribe(listener: () => void, eager?: boolean): () => void;
}

/** Makes a view. It holds the channel while somebody is subscribed to it. */
export function createView<V, S>(
  source: ViewSource<V>,
  { select, isEqual }: ViewOptions<V, S>,
  { scheduler, urgent, guard }: ViewPorts,
): View<S> {
  const listeners = new Set<() => void>();
  const isSame = isEqual ?? Object.is;
  let seen: ChannelSnapshot<V> | undefined;
  let shown: ChannelSnapshot<S> | undefined;
  let told: ChannelSnapshot<S> | undefined;
  let stop: Cancel | undefined;

  function project(from: ChannelSnapshot<V>): ChannelSnapshot<S> {
    const data = select && from.data !== undefined ? select(from.data) : (from.data as S | undefined);
    const next = { ...from, data };
    if (!shown || !(select ?? isEqual)) return next;
    const old = shown.data;
    if (data === undefined || old === undefined ? data !== old : !isSame(old, data)) return next;
    const { status, reason, error, feed } = shown;
    const stands =
      status === from.status && reason === from.reason && error === from.error && feed === from.feed;
    return stands ? shown : { ...next, data: old };
  }

  function refresh(): ChannelSnapshot<S> {
    const snapshot = source.getSnapshot();
    if (snapshot !== seen || !shown) shown = project(snapshot);
    seen = snapshot;
    return shown;
  }

  const commit = guard(() => {
    if (!stop) return;
    const next = refresh();
    if (next === told) return;
    told = next;
    for (const listener of [...listeners]) listener();
  });

  const hasMoved = (): boolean => source.status() !== seen?.status;

  return {
    // Whether data is live is never held back.
    getSnapshot: () => (stop && shown && !hasMoved() ? shown : refresh()),
    subscribe(listener, eager) {
      const guarded = guard(listener);
      listeners.add(guarded);
      if (!stop) {
        stop = source.watch(() => (hasMoved() ? urgent : scheduler).schedule(commit));
        guard(() => void (told = refresh()))();
      }
      if (eager) {
        told = undefined;
        urgent.schedule(commit);
      }
      return () => {
        guarded.stop();
        if (!listeners.delete(guarded) || listeners.size) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}
