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
   * - `pending`: no data yet; with the reason `error` the server has refused for now and is asked again.
   * - `live`: `data` is current.
   * - `stale`: there is data, but it may be old; `reason` says why.
   * - `closed`: the server ended the subscription, or the feed is over; `error` says why.
   */
  readonly status: ChannelStatus;
  /** Why the status is not `live`; absent with `idle` and, as a rule, `pending`. */
  readonly reason: ChannelSnapshot<unknown>['reason'];
  /** The last refusal or failure of this channel; `null` while there is none. */
  readonly error: ChannelSnapshot<unknown>['error'];
  /** What the server said of the source behind the channel; `null` while it said nothing. */
  readonly feed: ChannelSnapshot<unknown>['feed'];
  /** Position of the change that made `data`; with a selector, of the last change it let through. */
  readonly position: ChannelSnapshot<unknown>['position'];
  /** Wall clock of that change's arrival, milliseconds since 1970; `null` while there is none. */
  readonly updatedAtMs: number | null;
  /** Age of `data` when it arrived, in milliseconds; `undefined` where the contract names no `timeField`. */
  readonly latencyMs: number | undefined;
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
  /** `null` for a skipped channel, absent before the first commit. */
  id?: string | null;
  result?: ChannelResult<S>;
  initialData?: V | undefined;
  initialId?: string | null;
}

/** A cached view for one component. */
export interface Selection<S> {
  readonly getResult: () => ChannelResult<S>;
  /** The same on a server and while hydrating: it does not look at the channel. */
  readonly getServerResult: () => ChannelResult<S>;
}

/** A channel nobody knows yet, or that is skipped. */
export const UNKNOWN: ChannelSnapshot<never> = {
  status: 'idle',
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
  const { select, keepPreviousData } = options;
  const isEqual = options.isEqual ?? (select ? shallowEqual : Object.is);
  const initialData =
    options.initialData !== shown.initialData || shown.initialId === id ? options.initialData : undefined;
  let seen: ChannelSnapshot<V> | undefined;
  let input: V | undefined;
  let selected: S | undefined;
  let result: ChannelResult<S> | undefined;

  function resultOf(snapshot: ChannelSnapshot<V>): ChannelResult<S> {
    if (result && snapshot === seen) return result;
    seen = snapshot;
    const previous = result ?? shown.result;
    const before = result ?? (shown.id === id ? shown.result : undefined);
    let { status, reason, data: value } = snapshot;
    // A handle without interest is idle for the moment between render and effect; `idle` is kept for "skipped".
    if (id !== null && status === 'idle') status = 'pending';
    const isWaiting = status === 'pending' && value === undefined;
    // To wait for the connection or for the answer is one to a reader: no render in between.
    if (isWaiting && reason === 'connecting') reason = undefined;
    if (isWaiting && initialData !== undefined) {
      value = initialData;
      status = 'stale';
      reason ??= 'connecting';
    }
    if (value !== input) {
      input = value;
      selected = value === undefined || !select ? (value as S | undefined) : select(value);
    }
    const isPrevious =
      isWaiting &&
      value === undefined &&
      keepPreviousData === true &&
      previous?.data !== undefined &&
      (previous.isPrevious || shown.id !== id);
    const data = isPrevious ? previous.data : selected;
    const isSame =
      before !== undefined &&
      (before.data === undefined || data === undefined ? before.data === data : isEqual(before.data, data));
    const { error, feed, position, updatedAtMs, latencyMs } = snapshot;
    result =
      isSame &&
      before.status === status &&
      before.reason === reason &&
      before.error === error &&
      before.feed === feed &&
      before.isPrevious === isPrevious
        ? before
        : {
            data: isSame ? before.data : data,
            status,
            reason,
            error,
            feed,
            position,
            updatedAtMs,
            latencyMs,
            isPrevious,
          };
    return result;
  }

  return {
    getResult: () => resultOf(getSnapshot()),
    getServerResult: () => resultOf(UNKNOWN),
  };
}
