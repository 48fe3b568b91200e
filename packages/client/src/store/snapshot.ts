// Snapshot: what an application sees of a channel at one moment, and the one rule that names its status. Pure.
import type { FeedStatus, Position, TickwireError } from '@tickwire/protocol';

/**
 * How fresh a channel's data is.
 * - `idle`: nobody holds the channel.
 * - `pending`: no data yet.
 * - `live`: the data is the server's, as of `position`.
 * - `stale`: there is data, but nobody can say that it is still right; `reason` says why.
 * - `closed`: no more will come: the server refused the channel or the connection for good, or the feed has ended.
 */
export type ChannelStatus = 'idle' | 'pending' | 'live' | 'stale' | 'closed';

/**
 * Why a channel is not live: `connecting` there is no connection; `resyncing` something is missing and was asked for;
 * `feed` the source behind the channel does not deliver; `error` the server refused it.
 */
export type StatusReason = 'connecting' | 'resyncing' | 'feed' | 'error';

/** Whether the source behind a channel delivers, and since when by the server's wall clock. */
export interface FeedState {
  readonly status: FeedStatus;
  /** Milliseconds since 1970, by the server's clock. */
  readonly sinceMs: number;
}

/** A channel at one moment. Immutable, and the same object until something changes. */
export interface ChannelSnapshot<V> {
  readonly status: ChannelStatus;
  /** Why it is not `live`. */
  readonly reason?: StatusReason | undefined;
  /**
   * State: the document. Collection: records by key. Stream: the latest events, newest last. `undefined` before the
   * first value, and where a state was never written.
   */
  readonly data: V | undefined;
  /** Up to where everything is in `data`; `null` before the first value. */
  readonly position: Position | null;
  /** Why the server refused the channel, or why there will be no connection by itself any more. */
  readonly error: TickwireError | null;
  /** When `data` was brought up to date last, by this device's wall clock, in milliseconds since 1970. */
  readonly updatedAtMs: number | null;
  /** What the server said of the source; `null` where it said nothing. */
  readonly feed: FeedState | null;
  /**
   * Age of the data when it arrived, in milliseconds, by the field the contract names as `timeField`, both clocks
   * compared. Absent where the contract names none.
   */
  readonly latencyMs?: number | undefined;
}

/** What the status of a channel follows from. */
export interface StatusFacts {
  readonly connected: boolean;
  /** The connection delivers the channel, and all that was promised has been applied. */
  readonly current: boolean;
  readonly hasValue: boolean;
  readonly feed: FeedState | null;
  readonly error: TickwireError | null;
}

/** A status and why. */
export type Standing = Pick<ChannelSnapshot<unknown>, 'status' | 'reason'>;

/** Names the status: the worst news wins. */
export function statusOf({ connected, current, hasValue, feed, error }: StatusFacts): Standing {
  const status = hasValue ? 'stale' : 'pending';
  if (error) return { status: error.temporary ? status : 'closed', reason: 'error' };
  if (!connected) return { status, reason: 'connecting' };
  if (!current) return { status, reason: hasValue ? 'resyncing' : undefined };
  if (feed && feed.status !== 'live') return { status: feed.status, reason: 'feed' };
  return { status: 'live' };
}

/** What a channel looks like that nobody holds. */
export const IDLE_SNAPSHOT: ChannelSnapshot<never> = {
  status: 'idle',
  data: undefined,
  position: null,
  error: null,
  updatedAtMs: null,
  feed: null,
};
