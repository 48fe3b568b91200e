// WebSocket bytes: RFC 6455 by hand, right and wrong. No library between a test and the wire; knows no sockets.
import { Buffer } from 'node:buffer';

/** Opcodes that RFC 6455 §5.2 defines. */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a frame may have that a right one has not. */
export interface FrameShape {
  /** @defaultValue `true` */
  readonly fin?: boolean;
  /** The three reserved bits, 4 for RSV1 to 1 for RSV3. @defaultValue 0 */
  readonly rsv?: number;
  /** @defaultValue `true`, as clients must */
  readonly masked?: boolean;
  /** Bits of the length field: 7, 16 or 64. @defaultValue the least that fits */
  readonly lengthBits?: 7 | 16 | 64;
  /** The length that is written, whatever follows. @defaultValue the payload's */
  readonly claims?: bigint;
}

const MASK = Buffer.from([1, 2, 3, 4]);

/** One frame. */
export function frame(
  opcode: number,
  payload: Uint8Array | string = '',
  { fin = true, rsv = 0, masked = true, lengthBits, claims }: FrameShape = {},
): Buffer {
  const body = Buffer.from(payload);
  const length = claims ?? BigInt(body.length);
  const bits = lengthBits ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const head = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (bits === 7 ? Number(length) : bits === 16 ? 126 : 127);
  if (bits === 16) head.writeUInt16BE(Number(length), 2);
  if (bits === 64) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, body]);
  for (let at = 0; at < body.length; at++) body[at] = (body[at] ?? 0) ^ (MASK[at % 4] ?? 0);
  return Buffer.concat([head, MASK, body]);
}

/** A whole text message. */
export const textFrame = (payload: Uint8Array | string): Buffer => frame(Opcode.text, payload);

/** A message in pieces: one frame each, none of them empty of meaning. */
export function fragments(pieces: readonly (Uint8Array | string)[], opcode: number = Opcode.text): Buffer {
  return Buffer.concat(
    pieces.map((piece, index) =>
      frame(index === 0 ? opcode : Opcode.continuation, piece, { fin: index === pieces.length - 1 }),
    ),
  );
}

/** A close frame; the reason is bytes where it must not be UTF-8. */
export function closeFrame(code: number, reason: Uint8Array | string = ''): Buffer {
  const status = Buffer.alloc(2);
  status.writeUInt16BE(code);
  return frame(Opcode.close, Buffer.concat([status, Buffer.from(reason)]));
}

/** Headers of a right upgrade; `undefined` takes one away, a list sends it several times. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the first line and the headers of an upgrade may have otherwise. */
export interface UpgradeShape {
  readonly method?: string;
  readonly target?: string;
  readonly httpVersion?: string;
  readonly headers?: HeaderChanges;
}

/** The text of an upgrade request. */
export function upgradeRequest({
  method = 'GET',
  target = '/tickwire',
  httpVersion = '1.1',
  headers = {},
}: UpgradeShape = {}): string {
  const all: HeaderChanges = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': 'tickwire.v1+json, tickwire',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map((one) => `${name}: ${one}\r\n`),
  );
  return `${method} ${target} HTTP/${httpVersion}\r\n${lines.join('')}\r\n`;
}

/** One frame that came from a server. */
export interface ReceivedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes one frame off the front of `bytes`; `null` while it is not complete. Servers never mask. */
export function takeFrame(bytes: Buffer): { readonly frame: ReceivedFrame; readonly rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  if ((second & 0x80) !== 0) throw new Error('a server masked a frame');
  const short = second & 0x7f;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < at) return null;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < at + length) return null;
  return {
    frame: {
      fin: (first & 0x80) !== 0,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      payload: bytes.subarray(at, at + length),
    },
    rest: bytes.subarray(at + length),
  };
}
