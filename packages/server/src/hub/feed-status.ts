// Feed status: whether the source behind a channel still speaks (P-DATA-8). Pure judgement on one channel.
import type { FeedStatus } from '@tickwire/protocol';
import type { Channel } from './channel.js';

/** What the status is at a moment. A channel nobody can read is stale whatever its contract says. */
export function judgeFeed(channel: Channel, nowMs: number): FeedStatus {
  if (channel.unreadable) return 'stale';
  const { staleAfterMs, feedClosed } = channel;
  if (feedClosed) return 'closed';
  return staleAfterMs !== undefined && nowMs - channel.spokeAtMs >= staleAfterMs ? 'stale' : 'live';
}

/** When the status changes by itself; `Infinity` if it does not. */
export function staleAtMs(channel: Channel): number {
  const { staleAfterMs } = channel;
  if (staleAfterMs === undefined || channel.unreadable || channel.status !== 'live') return Infinity;
  return channel.spokeAtMs + staleAfterMs;
}
