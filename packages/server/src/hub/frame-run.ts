// Frame run: encoded frames that bring a reader from where it is to an offset. Shared by all readers at one place.
import type { EncodedFrame } from '../ports/frame-encoder.js';

/** Frames in order. Handed over completely, they bring the reader to `epoch` and `offset`. */
export interface FrameRun {
  readonly frames: readonly EncodedFrame[];
  readonly epoch: string;
  readonly offset: number;
  /** Bytes of its largest frame: a reader that accepts less cannot be served. */
  readonly largestBytes: number;
}

/** Makes a run of frames. */
export function frameRun(frames: readonly EncodedFrame[], epoch: string, offset: number): FrameRun {
  let largestBytes = 0;
  for (const frame of frames) if (frame.byteLength > largestBytes) largestBytes = frame.byteLength;
  return { frames, epoch, offset, largestBytes };
}
