// Batch cache: connections with the same subscriptions are written the same frames. The second one to come with a batch
// makes it one buffer, and all others share that; a batch of its own is a joined string, which is cheaper than a copy.
import { Buffer } from 'node:buffer';
import type { WebSocketFrame } from './websocket-frame.js';

/** Places in the cache; a power of two. */
const PLACES = 256;
/** Larger batches are snapshots, written once and not worth holding on to. */
const MAX_BYTES = 65_536;

interface Place {
  readonly hash: number;
  readonly frames: readonly WebSocketFrame[];
  joined: Buffer | null;
}

/** Joins the frames of one write. */
export class BatchCache {
  readonly #places: (Place | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** The bytes of several frames, in order: a buffer, or a string to be written as latin1. */
  join(frames: readonly WebSocketFrame[]): Buffer | string {
    let hash = 17;
    let bytes = 0;
    for (let index = 0; index < frames.length; index++) {
      const frame = frames[index] as WebSocketFrame;
      hash = (Math.imul(hash, 31) + frame.id) | 0;
      bytes += frame.byteLength;
    }
    if (bytes > MAX_BYTES) return Buffer.concat(frames.map(({ payload }) => payload));
    const at = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (PLACES - 1);
    const place = this.#places[at];
    if (place?.hash === hash && isSame(place.frames, frames)) {
      return (place.joined ??= Buffer.concat(place.frames.map(({ payload }) => payload)));
    }
    this.#places[at] = { hash, frames: frames.slice(), joined: null };
    let text = '';
    for (let index = 0; index < frames.length; index++) text += (frames[index] as WebSocketFrame).latin1;
    return text;
  }
}

function isSame(a: readonly WebSocketFrame[], b: readonly WebSocketFrame[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
