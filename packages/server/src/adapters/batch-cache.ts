// Batch cache: connections with the same subscriptions are written the same frames. The second one to come with a batch
// makes it one buffer, and all others share that; a batch of its own is a joined string, which is cheaper than a copy.
import { Buffer } from 'node:buffer';
import type { WebSocketFrame } from './websocket-frame.js';

/** Places in the cache; a power of two. */
const PLACES = 256;
/** Larger batches are snapshots, written once and not worth holding on to. */
const MAX_BYTES = 65_536;

interface Place {
  readonly frames: readonly WebSocketFrame[];
  readonly joined: Buffer;
}

/** Joins the frames of one write. */
export class BatchCache {
  /** Hash of the batch that came last to a place: most come once, and cost nothing but this. */
  readonly #hashes = new Int32Array(PLACES);
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
    if (bytes > MAX_BYTES) return concat(frames);
    const at = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (PLACES - 1);
    if (this.#hashes[at] === hash) {
      let place = this.#places[at];
      if (place === undefined || !isSame(place.frames, frames)) {
        place = { frames: frames.slice(), joined: concat(frames) };
        this.#places[at] = place;
      }
      return place.joined;
    }
    this.#hashes[at] = hash;
    let text = '';
    for (let index = 0; index < frames.length; index++) text += (frames[index] as WebSocketFrame).latin1;
    return text;
  }
}

function concat(frames: readonly WebSocketFrame[]): Buffer {
  return Buffer.concat(frames.map(({ payload }) => payload));
}

function isSame(a: readonly WebSocketFrame[], b: readonly WebSocketFrame[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
