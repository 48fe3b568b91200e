// Codec: the port between frames and what a socket carries.
import type { ClientFrame } from '../frame/client-frame.js';
import type { ServerFrame } from '../frame/server-frame.js';

/** Bounds a decoder keeps before it looks at any meaning (P-FRAME-4). */
export interface DecodeLimits {
  /** Frames in one message. */
  readonly maxFrames: number;
  /** Nesting of objects and arrays in one frame. */
  readonly maxDepth: number;
  /** Keys of a frame's own object, payloads not counted. */
  readonly maxFrameKeys: number;
}

/** Why a message was refused. */
export type DecodeFault =
  'empty' | 'too_many_frames' | 'too_deep' | 'too_many_keys' | 'not_json' | 'not_an_object';

/** A decoded message: its frames, unchecked but each an object, or what is wrong with it. */
export type Decoded =
  | { readonly ok: true; readonly frames: readonly Readonly<Record<string, unknown>>[] }
  | {
      readonly ok: false;
      readonly fault: DecodeFault;
      /** Number of the refused frame, from 0. */ readonly index: number;
    };

/** Frames to text and back. */
export interface Codec {
  /** WebSocket subprotocol that selects it. */
  readonly subprotocol: string;
  /** One frame as text, without a newline. */
  encode(frame: ClientFrame | ServerFrame): string;
  /** Several encoded frames as one message. */
  join(frames: readonly string[]): string;
  /** The frames of a message; never throws. */
  decode(message: string, limits: DecodeLimits): Decoded;
}
