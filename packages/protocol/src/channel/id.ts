// Channel id: the one name of a channel on the wire, `name/segment/segment`. Knows nothing of contracts.
import { decodeSegment } from './segment.js';

/** Longest channel id, in bytes; ids are ASCII, so also in characters (P-CHAN-1). */
export const MAX_CHANNEL_ID_BYTES = 255;

/**
 * Whether a text is a channel id in its one canonical form: one or more segments, each percent-encoded as
 * P-CHAN-2 says, at most {@link MAX_CHANNEL_ID_BYTES} (P-CHAN-4). A server refuses any other.
 */
export function isCanonicalChannelId(id: string): boolean {
  if (id === '' || id.length > MAX_CHANNEL_ID_BYTES) return false;
  return id.split('/').every((segment) => decodeSegment(segment) !== null);
}
