// Socket writer: hands bytes to a connection's stream and knows how many have not left the process. A plain TCP socket
// with nothing waiting is written to past the bookkeeping of its stream.
import type { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Writing nothing tells when everything before it is gone. */
const NOTHING = new Uint8Array(0);
/** What streams call the encoding of bytes; Node's types do not know it. */
const BUFFER = 'buffer' as BufferEncoding;

/** What Node's handles of streams tell: bytes handed over, and those of them that still wait for the kernel. */
interface StreamHandle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/** One call of `_write`: how it went, and who is to know where it takes longer. */
class Attempt {
  isOver = false;
  error: Error | null = null;
  whenOver: ((error: Error | null) => void) | null = null;
  readonly end = (error: Error | null = null): void => {
    this.isOver = true;
    this.error = error;
    this.whenOver?.(error);
  };
}

/**
 * The one that all writers share: nearly every attempt is over when `_write` returns. One that is not stays with its
 * writer, and another takes its place. A callback of its own for every connection costs 3 %.
 */
let attempt = new Attempt();

/**
 * Writes to one stream. A stream's `write` keeps a queue and, for every call, a task at the end of the turn; while there
 * is nothing to queue, `_write` instead makes 5 to 8 % more deliveries of the same processor time (one shared frame per
 * connection and turn). `_write` is the stream's own to call, so its rule is kept: one at a time. While the kernel takes
 * no more, the stream is corked, and whatever anybody writes waits behind our bytes.
 *
 * Other streams, TLS first of all, answer later anyway: they are written to as usual.
 *
 * To be extended rather than held. What a flush touches of a thousand connections does not fit into a processor's cache;
 * one object less for each of them, and {@link bufferedBytes} without a look at the stream, make about 6 % together.
 */
export class SocketWriter {
  readonly #stream: Duplex;
  readonly #isPlain: boolean;
  /** Whether the last write found or left anything waiting. */
  #hasBacklog = false;
  /** Bytes handed to `_write` that the kernel has not taken. */
  #inFlightBytes = 0;
  #onDrain: (() => void) | null = null;

  constructor(stream: Duplex) {
    this.#stream = stream;
    // Not `instanceof`: a subclass, as a TLS socket is, has its own way to write.
    this.#isPlain = stream.constructor === Socket;
  }

  /** Bytes handed over that have not left the process. What others write to an idle stream counts from our next write on. */
  get bufferedBytes(): number {
    return this.#hasBacklog ? this.#inFlightBytes + this.#stream.writableLength : 0;
  }

  /**
   * Bytes that have left the process. Of the handle beneath the stream, which is not documented: `undefined` without it. What
   * `bufferedBytes` counts stands still until a whole write is over.
   */
  get takenBytes(): number | undefined {
    const { _handle: handle } = this.#stream as { readonly _handle?: StreamHandle | null };
    const { bytesWritten, writeQueueSize } = handle ?? {};
    return bytesWritten === undefined || writeQueueSize === undefined
      ? undefined
      : bytesWritten - writeQueueSize;
  }

  /** @param listener called when nothing waits any more, after something had to */
  onDrain(listener: () => void): void {
    this.#onDrain = listener;
    this.#stream.on('drain', listener);
  }

  /** Reads what {@link writeBytes} will look at, for `ServerSocket.warm`. */
  protected warmStream(): number {
    const stream = this.#stream as Duplex & Partial<Pick<Socket, 'connecting'>>;
    return this.#inFlightBytes + stream.writableLength + Number(stream.connecting);
  }

  /** @param bytes a buffer, or a string of one character a byte */
  writeBytes(bytes: Buffer | string): void {
    const stream = this.#stream;
    const encoding = typeof bytes === 'string' ? 'latin1' : BUFFER;
    if (!this.#isPlain || this.#inFlightBytes > 0 || stream.writableLength > 0) {
      this.#hasBacklog = true;
      this.#queue(bytes, encoding);
      return;
    }
    attempt.isOver = false;
    stream._write(bytes, encoding, attempt.end);
    this.#hasBacklog = !attempt.isOver;
    if (!attempt.isOver) this.#hold(bytes.length);
    else if (attempt.error !== null) stream.destroy(attempt.error);
  }

  #queue(bytes: Buffer | string, encoding: BufferEncoding): void {
    const stream = this.#stream;
    if (this.#inFlightBytes > 0) {
      // It is told of in `#letGo`.
      stream.write(bytes, encoding);
      return;
    }
    // A stream that holds less than its own mark tells nobody when that is gone, and more than another's may wait for it.
    stream.write(bytes, encoding, (error) => {
      if (!error && stream.writableLength === 0) this.#onDrain?.();
    });
  }

  #hold(bytes: number): void {
    this.#inFlightBytes = bytes;
    this.#stream.cork();
    attempt.whenOver = (error) => {
      this.#inFlightBytes = 0;
      if (error === null) this.#letGo();
      else this.#stream.destroy(error);
    };
    attempt = new Attempt();
  }

  #letGo(): void {
    const stream = this.#stream;
    stream.uncork();
    if (stream.writableLength === 0) {
      this.#onDrain?.();
    } else if (!stream.writableNeedDrain) {
      // It held too little to tell of its own accord when that is gone.
      stream.write(NOTHING, (error) => {
        if (!error) this.#onDrain?.();
      });
    }
  }
}
