// JSON codec: one frame a line, one or more lines a message (P-FRAME-1). Knows nothing of sockets.
import { SUBPROTOCOL_JSON } from '../version.js';
import type { Codec, Decoded, DecodeFault, DecodeLimits } from './codec.js';

/** Bounds a server keeps unless told otherwise (P-FRAME-4). */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = /* @__PURE__ */ Object.freeze({
  maxFrames: 64,
  maxDepth: 32,
  maxFrameKeys: 64,
});

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Looks at brackets and colons outside strings only, so it costs one pass and no memory. It runs before
 * `JSON.parse`, because a parser or a schema that recurses is what a deep message attacks.
 */
function structuralFault(text: string, limits: DecodeLimits): DecodeFault | null {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at++;
        for (let unit = text.charCodeAt(at); at < text.length && unit !== QUOTE; unit = text.charCodeAt(at)) {
          at += unit === BACKSLASH ? 2 : 1;
        }
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++depth > limits.maxDepth) return 'too_deep';
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      case COLON:
        if (depth === 1 && ++keys > limits.maxFrameKeys) return 'too_many_keys';
        break;
    }
  }
  return null;
}

function decodeFrame(line: string, limits: DecodeLimits): Readonly<Record<string, unknown>> | DecodeFault {
  const fault = structuralFault(line, limits);
  if (fault !== null) return fault;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not_json';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not_an_object';
  return value as Readonly<Record<string, unknown>>;
}

/**
 * Decodes a message. All or nothing: a message with one bad line is refused whole, at that line. One newline at
 * the end is allowed (P-FRAME-2).
 */
function decode(message: string, limits: DecodeLimits): Decoded {
  const end = message.endsWith('\n') ? message.length - 1 : message.length;
  if (end === 0) return { ok: false, fault: 'empty', index: 0 };
  const frames: Readonly<Record<string, unknown>>[] = [];
  for (let start = 0; start <= end;) {
    if (frames.length === limits.maxFrames)
      return { ok: false, fault: 'too_many_frames', index: frames.length };
    const newline = message.indexOf('\n', start);
    const stop = newline === -1 || newline > end ? end : newline;
    const frame = decodeFrame(message.slice(start, stop), limits);
    if (typeof frame === 'string') return { ok: false, fault: frame, index: frames.length };
    frames.push(frame);
    start = stop + 1;
  }
  return { ok: true, frames };
}

/** The codec of `tickwire.v1+json`. */
export const jsonCodec: Codec = /* @__PURE__ */ Object.freeze({
  subprotocol: SUBPROTOCOL_JSON,
  encode: (frame) => JSON.stringify(frame),
  join: (frames) => frames.join('\n'),
  decode,
} satisfies Codec);
