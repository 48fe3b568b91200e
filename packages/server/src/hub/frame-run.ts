// Frame run: encoded frames that bring a reader from where it is to an offset. Shared by all readers at one place.
import type { EncodedFrame } from '../ports/frame-encoder.js';

/**
 * What a value in parts covers, and how it was cut. From one head, equal spans are cut into equal parts, so that a reader
 * can be given the rest of a value from a run that was encoded again.
 */
export interface Span {
  readonly epoch: string;
  /** The least a reader must hold to apply it; `NOTHING_SENT` where it is the whole value. */
  readonly base: number;
  readonly offset: number;
  /** The bytes of a part, and whether parts tell the epoch: readers that need the same form can share runs. */
  readonly form: string;
}

/** Frames in order. Handed over completely, they bring the reader to `epoch` and `offset`. */
export interface FrameRun {
  readonly frames: readonly EncodedFrame[];
  readonly epoch: string;
  readonly offset: number;
  /** Bytes of its largest frame: a reader that accepts less cannot be served. */
  readonly largestBytes: number;
  /** Bytes of all its frames. */
  readonly bytes: number;
  /** Of a value that may be in parts, which a reader applies together. `null` where each frame is applied by itself. */
  readonly span: Span | null;
  /** Of a stream in several pages: the offset a reader has reached with each. */
  readonly pages: readonly number[] | null;
}

/** What some runs have. */
type Details = Partial<Pick<FrameRun, 'span' | 'pages'>>;

/** Makes a run of frames. */
export function frameRun(
  frames: readonly EncodedFrame[],
  epoch: string,
  offset: number,
  { span = null, pages = null }: Details = {},
): FrameRun {
  let largestBytes = 0;
  let bytes = 0;
  for (const frame of frames) {
    if (frame.byteLength > largestBytes) largestBytes = frame.byteLength;
    bytes += frame.byteLength;
  }
  return { frames, epoch, offset, largestBytes, bytes, span, pages };
}

/** Whether two values in parts are the same, part by part. */
export function isSameSpan(a: Span | null, b: Span | null): boolean {
  if (a === null || b === null) return false;
  return a.epoch === b.epoch && a.base === b.base && a.offset === b.offset && a.form === b.form;
}
