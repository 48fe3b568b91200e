// Selection: from the snapshots of a channel to what one component sees. A cache per component and render; knows
// nothing of React, of sockets or of where snapshots come from.
import type { ChannelSnapshot, ChannelStatus } from '@tickwire/client';
import { shallowEqual } from './shallow-equal.js';

/** What a component sees of a channel. The same object as long as nothing in it changed. */
export interface ChannelResult<S> {
  /**
   * The selected value; `undefined` before the first one, after the channel was cleared, and while skipped. Never of
   * other parameters unless `keepPreviousData` asked for it.
   */
  readonly data: S | undefined;
  /**
   * - `idle`: skipped, nothing is subscribed.
   * - `pending`: no data yet.
   * - `live`: `data` is current.
   * - `stale`: there is data, but it may be old; `reason` says why.
   * - `closed`: the server ended the subscription, or the feed is over; `error` says why.
   */
  readonly status: ChannelStatus;
  /** Why the status is not `live`. */
  readonly reason: ChannelSnapshot<unknown>['reason'];
  /** The last refusal or failure of this channel; `null` while there is none. */
  readonly error: ChannelSnapshot<unknown>['error'];
  /** What the server said of the source behind the channel; `null` while it said nothing. */
  readonly feed: ChannelSnapshot<unknown>['feed'];
  /** Position of the change that made `data`; with a selector, of the last change it let through. */
  readonly position: ChannelSnapshot<unknown>['position'];
  /** Wall clock of that change's arrival, milliseconds since 1970; `null` while there is none. */
  readonly updatedAtMs: number | null;
  /** `data` belongs to the parameters of before; only with `keepPreviousData`. */
  readonly isPrevious: boolean;
}

/** How a component looks at a channel. */
export interface SelectionOptions<V, S> {
  /**
   * Part of the value this component needs; it renders when that part changes. May be written inline: it runs once
   * for a change of the value and once for a render.
   * @defaultValue the whole value
   */
  readonly select?: ((value: V) => S) | undefined;
  /**
   * When two selected values count as the same.
   * @defaultValue one level deep with `select`, by identity without
   */
  readonly isEqual?: ((before: NoInfer<S>, after: NoInfer<S>) => boolean) | undefined;
  /**
   * The value (before `select`) to show until the first one arrives, e.g. rendered by a server. Its status is `stale`.
   * Server and browser must give the same. It belongs to the parameters it came with: after a change of parameters
   * the same object is not shown again, another one is.
   */
  readonly initialData?: V | undefined;
  /**
   * After a change of parameters, go on showing the data of the old ones, with `isPrevious` set, until the new ones
   * have data.
   * @defaultValue `false`
   */
  readonly keepPreviousData?: boolean | undefined;
}

/** What the last commit of the component showed, of which channel, and for which channel `initialData` came. */
export interface Shown<V, S> {
  id: string | null;
  result: ChannelResult<S> | null;
  initialData: V | undefined;
  initialId: string | null;
}

/** A cached view for one component. */
export interface Selection<S> {
  getResult(): ChannelResult<S>;
  /** The same on a server and while hydrating: it does not look at the channel. */
  getServerResult(): ChannelResult<S>;
}

/** What a channel is before anybody knows it. */
const UNKNOWN: ChannelSnapshot<never> = {
  status: 'pending',
  data: undefined,
  position: null,
  error: null,
  updatedAtMs: null,
  feed: null,
};

/**
 * @param id of the channel; `null` while it is skipped
 * @param shown is read when a result is made: what is equal to it is it
 */
export function createSelection<V, S>(
  id: string | null,
  getSnapshot: () => ChannelSnapshot<V>,
  options: SelectionOptions<V, S>,
  shown: Shown<V, S>,
): Selection<S> {
  const select = options.select ?? ((value: V) => value as unknown as S);
  const isEqual = options.isEqual ?? (options.select === undefined ? Object.is : shallowEqual);
  const initialData =
    options.initialData !== shown.initialData || shown.initialId === id ? options.initialData : undefined;
  let seen: ChannelSnapshot<V> | undefined;
  let input: V | undefined;
  let selected: S | undefined;
  let result: ChannelResult<S> | null = null;

  function resultOf(snapshot: ChannelSnapshot<V>): ChannelResult<S> {
    if (result !== null && snapshot === seen) return result;
    const before = result ?? (shown.id === id ? shown.result : null);
    let { status, reason } = snapshot;
    let value = snapshot.data;
    let isPrevious = false;
    // A handle without interest is idle for the moment between render and effect; `idle` is kept for "skipped".
    if (id !== null && status === 'idle') status = 'pending';
    if (status === 'pending' && value === undefined && initialData !== undefined) {
      value = initialData;
      status = 'stale';
      reason ??= 'connecting';
    }
    if (value !== input) {
      input = value;
      selected = value === undefined ? undefined : select(value);
    }
    let data = selected;
    if (options.keepPreviousData === true && status === 'pending' && value === undefined) {
      const previous = result ?? shown.result;
      if (previous?.data !== undefined && (previous.isPrevious || shown.id !== id)) {
        data = previous.data;
        isPrevious = true;
      }
    }
    const isSame =
      before !== null &&
      (Object.is(before.data, data) ||
        (before.data !== undefined && data !== undefined && isEqual(before.data, data)));
    if (
      isSame &&
      before.status === status &&
      before.reason === reason &&
      before.error === snapshot.error &&
      before.feed === snapshot.feed &&
      before.isPrevious === isPrevious
    ) {
      result = before;
    } else {
      result = {
        data: isSame ? before.data : data,
        status,
        reason,
        error: snapshot.error,
        feed: snapshot.feed,
        position: snapshot.position,
        updatedAtMs: snapshot.updatedAtMs,
        isPrevious,
      };
    }
    seen = snapshot;
    return result;
  }

  return {
    getResult: () => resultOf(getSnapshot()),
    getServerResult: () => resultOf(id === null ? getSnapshot() : UNKNOWN),
  };
}
