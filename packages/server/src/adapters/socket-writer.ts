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

/**
 * Writes to one stream. A stream's `write` keeps a queue and, for every call, a task at the end of the turn; while there
 * is nothing to queue, `_write` instead makes 5 to 8 % more deliveries of the same processor time (one shared frame per
 * connection and turn). `_write` is the stream's own to call, so its rule is kept: one at a time. While the kernel takes
 * no more, the stream is corked, and whatever anybody writes waits behind our bytes.
 *
 * Other streams, TLS first of all, answer later anyway: they are written to as usual.
 */
export class SocketWriter {
  readonly #stream: Duplex;
  readonly #isPlain: boolean;
  /** Bytes handed to `_write` that the kernel has not taken: 0 nearly always. */
  #inFlightBytes = 0;
  /** Whether the stream is corked behind those bytes. */
  #isHolding = false;
  #onDrain: (() => void) | null = null;

  constructor(stream: Duplex) {
    this.#stream = stream;
    // Not `instanceof`: a subclass, as a TLS socket is, has its own way to write.
    this.#isPlain = stream.constructor === Socket;
  }

  /** Bytes handed over that have not left the process. */
  get bufferedBytes(): number {
    return this.#inFlightBytes + this.#stream.writableLength;
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

  /** @param bytes a buffer, or a string of one character a byte */
  write(bytes: Buffer | string): void {
    const stream = this.#stream;
    const encoding = typeof bytes === 'string' ? 'latin1' : BUFFER;
    if (!this.#isPlain || this.bufferedBytes > 0) {
      stream.write(bytes, encoding);
      return;
    }
    this.#inFlightBytes = bytes.length;
    stream._write(bytes, encoding, this.#onTaken);
    if (this.#inFlightBytes > 0) {
      this.#isHolding = true;
      stream.cork();
    }
  }

  /** Called within `_write` where the kernel took everything, and later where it did not. */
  readonly #onTaken = (error?: Error | null): void => {
    this.#inFlightBytes = 0;
    if (error) this.#stream.destroy(error);
    else if (this.#isHolding) this.#letGo();
  };

  #letGo(): void {
    const stream = this.#stream;
    this.#isHolding = false;
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
