// Lane: one direction of a proxied connection. What is put in comes out in order, as late and as slowly as it was told.
// Knows bytes only.
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

interface Parcel {
  /** What is left of it; `null` for a parcel that only runs something. */
  bytes: Buffer | null;
  /** By `performance.now()`. */
  readonly notBeforeMs: number;
  /** Runs once the bytes have left this process. */
  readonly then: (() => void) | undefined;
}

/** More than this is not taken from a sender whose receiver is slow. */
const MAX_QUEUED_BYTES = 65_536;
/** Length of the slices in which a throttled lane writes, in milliseconds. */
const SLICE_MS = 10;

/** One direction: from a socket that is read to a socket that is written. */
export class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  #queue: Parcel[] = [];
  #queuedBytes = 0;
  #bytesPerMs = Infinity;
  #stalledUntilMs = 0;
  #notBeforeMs = 0;
  #nextSliceMs = 0;
  #sinkIsFull = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(source: Socket, sink: Socket) {
    this.#source = source;
    this.#sink = sink;
    sink.on('drain', () => {
      this.#sinkIsFull = false;
      this.#pump();
    });
  }

  /** Puts bytes behind everything else; `then` runs once they have left. */
  put(bytes: Buffer | null, then?: () => void): void {
    if (this.#closed) return;
    this.#queue.push({ bytes, notBeforeMs: this.#notBeforeMs, then });
    this.#queuedBytes += bytes?.length ?? 0;
    this.#pump();
  }

  /** Lets nothing that is put in from now on leave within so many milliseconds. */
  delay(delayMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, performance.now() + delayMs);
  }

  /** As {@link Lane.delay}, and reads nothing meanwhile. */
  stall(durationMs: number): void {
    this.delay(durationMs);
    this.#stalledUntilMs = this.#notBeforeMs;
    this.#pump();
  }

  /** Writes no faster from now on. */
  throttle(bytesPerSecond: number): void {
    this.#bytesPerMs = bytesPerSecond / 1_000;
  }

  /** Forgets what waits, and takes nothing more. What the source sends from now on is read and lost. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#source.resume();
  }

  #pump(): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    let waitMs = this.#stalledUntilMs - performance.now();
    while (!this.#sinkIsFull) {
      const [parcel] = this.#queue;
      if (parcel === undefined) break;
      const nowMs = performance.now();
      const dueMs = Math.max(parcel.notBeforeMs, this.#nextSliceMs);
      if (dueMs > nowMs) {
        waitMs = dueMs - nowMs;
        break;
      }
      this.#write(parcel, nowMs);
      if (this.#isClosed()) return;
    }
    if (waitMs > 0) this.#timer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
    const isStalled = this.#stalledUntilMs > performance.now();
    if (isStalled || this.#sinkIsFull || this.#queuedBytes > MAX_QUEUED_BYTES) this.#source.pause();
    else this.#source.resume();
  }

  /** Read anew: what a parcel runs may close the lane. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #write(parcel: Parcel, nowMs: number): void {
    const { bytes, then } = parcel;
    if (bytes === null) {
      this.#queue.shift();
      then?.();
      return;
    }
    const slice = bytes.subarray(0, Math.max(1, Math.floor(this.#bytesPerMs * SLICE_MS)));
    const isLast = slice.length === bytes.length;
    this.#queuedBytes -= slice.length;
    if (isLast) this.#queue.shift();
    else parcel.bytes = bytes.subarray(slice.length);
    // At less than a byte a slice the slices are further apart.
    if (this.#bytesPerMs !== Infinity) this.#nextSliceMs = nowMs + slice.length / this.#bytesPerMs;
    this.#sinkIsFull = !this.#sink.write(slice, isLast && then !== undefined ? () => then() : undefined);
  }
}
