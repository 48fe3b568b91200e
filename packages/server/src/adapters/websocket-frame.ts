// WebSocket frame: a text frame of RFC 6455, built once and written to any number of sockets.
import { Buffer } from 'node:buffer';
import type { EncodedFrame, FrameEncoder, FrameKind } from '../ports/frame-encoder.js';

const TEXT_FINAL = 0x81;
let nextId = 0;

/** One frame with its header, as bytes and, where several are written together, as a string of the same bytes. */
export class WebSocketFrame implements EncodedFrame {
  /** Tells frames apart, for finding equal batches. */
  readonly id: number;
  readonly byteLength: number;
  readonly kind: FrameKind;
  /** Header and text. */
  readonly payload: Buffer;
  #latin1: string | null = null;

  constructor(byteLength: number, kind: FrameKind, payload: Buffer) {
    nextId = (nextId + 1) | 0;
    this.id = nextId;
    this.byteLength = byteLength;
    this.kind = kind;
    this.payload = payload;
  }

  /** The bytes as a string with one character each: joining those is cheaper than copying buffers. */
  get latin1(): string {
    return (this.#latin1 ??= this.payload.toString('latin1'));
  }
}

/** Builds the frames that the WebSocket adapter writes. */
export const webSocketFrameEncoder = ((text: string, kind: FrameKind): WebSocketFrame => {
  const byteLength = Buffer.byteLength(text, 'utf8');
  const headerBytes = byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10;
  const payload = Buffer.allocUnsafe(headerBytes + byteLength);
  payload[0] = TEXT_FINAL;
  if (headerBytes === 2) {
    payload[1] = byteLength;
  } else if (headerBytes === 4) {
    payload[1] = 126;
    payload.writeUInt16BE(byteLength, 2);
  } else {
    payload[1] = 127;
    payload.writeUInt32BE(Math.floor(byteLength / 0x1_0000_0000), 2);
    payload.writeUInt32BE(byteLength >>> 0, 6);
  }
  if (byteLength === text.length) payload.write(text, headerBytes, byteLength, 'latin1');
  else payload.write(text, headerBytes, byteLength, 'utf8');
  return new WebSocketFrame(byteLength, kind, payload);
}) satisfies FrameEncoder;
