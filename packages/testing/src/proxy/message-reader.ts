// Message reader: the bytes of one direction of a connection, cut into what they say: the HTTP head, then WebSocket
// messages and control frames (RFC 6455 §5.2). Knows no sockets and no Tickwire.
import { Buffer } from 'node:buffer';
import type { MessageKind } from './observed-message.js';

/** One message, with all the bytes it has on the wire. */
export interface WireMessage {
  readonly kind: MessageKind;
  /** Headers, masks and fragments included. */
  readonly bytes: Buffer;
  /** Of a text message that is not compressed; else `null`. */
  readonly text: string | null;
}

interface Frame {
  readonly bytes: Buffer;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

const END_OF_HEAD = '\r\n\r\n';
const SWITCHING_PROTOCOLS = 'HTTP/1.1 101';
const FIRST_CONTROL_OPCODE = 8;
const KINDS: Readonly<Record<number, MessageKind>> = {
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** Reads one direction. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #phase: 'head' | 'frames' | 'other' = 'head';
  /** Frames of a message whose last one is still to come. */
  #fragments: Frame[] = [];

  /** What is complete with these bytes, in order. Nothing is ever lost: what it does not know comes as `other`. */
  read(chunk: Buffer): readonly WireMessage[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: WireMessage[] = [];
    if (this.#phase === 'head') {
      const end = this.#rest.indexOf(END_OF_HEAD);
      if (end === -1) return messages;
      const head = this.#take(end + END_OF_HEAD.length);
      const isRefusal =
        head.subarray(0, 5).toString('latin1') === 'HTTP/' &&
        head.subarray(0, SWITCHING_PROTOCOLS.length).toString('latin1') !== SWITCHING_PROTOCOLS;
      this.#phase = isRefusal ? 'other' : 'frames';
      messages.push({ kind: 'upgrade', bytes: head, text: null });
    }
    if (this.#phase === 'other') {
      if (this.#rest.length > 0)
        messages.push({ kind: 'other', bytes: this.#take(this.#rest.length), text: null });
      return messages;
    }
    for (let frame = this.#takeFrame(); frame !== null; frame = this.#takeFrame()) {
      const message = this.#join(frame);
      if (message !== null) messages.push(message);
    }
    return messages;
  }

  #take(byteLength: number): Buffer {
    const taken = this.#rest.subarray(0, byteLength);
    this.#rest = this.#rest.subarray(byteLength);
    return taken;
  }

  #takeFrame(): Frame | null {
    const bytes = this.#rest;
    if (bytes.length < 2) return null;
    const [first = 0, second = 0] = bytes;
    const isMasked = (second & 0x80) !== 0;
    const short = second & 0x7f;
    const maskAt = short < 126 ? 2 : short === 126 ? 4 : 10;
    const payloadAt = maskAt + (isMasked ? 4 : 0);
    if (bytes.length < payloadAt) return null;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < payloadAt + length) return null;
    const frame = this.#take(payloadAt + length);
    const payload = frame.subarray(payloadAt);
    return {
      bytes: frame,
      isFinal: (first & 0x80) !== 0,
      isCompressed: (first & 0x40) !== 0,
      opcode: first & 15,
      payload: isMasked ? unmask(payload, frame.subarray(maskAt, payloadAt)) : payload,
    };
  }

  /** Control frames may come between the fragments of a message and stand for themselves. */
  #join(frame: Frame): WireMessage | null {
    const isControl = frame.opcode >= FIRST_CONTROL_OPCODE;
    if (!isControl && !frame.isFinal) {
      this.#fragments.push(frame);
      return null;
    }
    const frames = isControl ? [frame] : [...this.#fragments.splice(0), frame];
    const kind = KINDS[frames[0]?.opcode ?? 0] ?? 'other';
    const isReadable = kind === 'text' && frames[0]?.isCompressed === false;
    return {
      kind,
      bytes: Buffer.concat(frames.map(({ bytes }) => bytes)),
      text: isReadable ? Buffer.concat(frames.map(({ payload }) => payload)).toString('utf8') : null,
    };
  }
}

function unmask(payload: Buffer, mask: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(payload.length);
  for (let at = 0; at < payload.length; at++) plain[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return plain;
}
