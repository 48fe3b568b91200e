// Channel id: the one name of a channel on the wire, `name/segment/segment`. Knows nothing of contracts.
import { decodeSegment } from './segment.js';

/** Longest channel id, in bytes; ids are ASCII, so also in characters (P-CHAN-2). */
export const MAX_CHANNEL_ID_BYTES = 255;

/** The first segment: what a contract calls the channel, never encoded. */
const NAME = /^[A-Za-z][A-Za-z0-9\-._~]*$/;

/**
 * Whether a text is a channel id in its one canonical form: a name, then segments that are percent-encoded as
 * P-CHAN-1 says, at most {@link MAX_CHANNEL_ID_BYTES} (P-CHAN-4). A server refuses any other.
 */
export function isCanonicalChannelId(id: string): boolean {
  if (id.length > MAX_CHANNEL_ID_BYTES) return false;
  const [name = '', ...segments] = id.split('/');
  return NAME.test(name) && segments.every((segment) => decodeSegment(segment) !== null);
}
