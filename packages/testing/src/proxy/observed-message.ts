// Observed message: what a rule may look at. Nothing in it is checked: a peer may say anything.
import type { ClientFrame, ServerFrame } from '@tickwire/protocol';
import type { Direction } from '../network/virtual-network.js';

/** The name of a Tickwire frame, its field `t`. */
export type FrameType = (ClientFrame | ServerFrame)['t'];

/**
 * What a message is: `upgrade` the head of the HTTP request or of its answer; `text` and `binary` messages, `ping`,
 * `pong` and `close` of WebSocket itself; `other` everything else, such as the body of an answer that refuses.
 */
export type MessageKind = 'upgrade' | 'text' | 'binary' | 'ping' | 'pong' | 'close' | 'other';

/** A Tickwire frame in a text message. */
export interface ObservedFrame {
  /** Its field `t`. */
  readonly type: FrameType | (string & {});
  /** Channels it is about: that of its alias, or those it lists. Empty for frames about the connection. */
  readonly channels: readonly string[];
  /** Its field `n`; `null` where it has none. */
  readonly alias: number | null;
  /** The frame itself. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** One message on its way through a proxy. */
export interface ObservedMessage {
  readonly direction: Direction;
  /** Which connection it is on, counted from 1. */
  readonly connection: number;
  readonly kind: MessageKind;
  /** The frames in it, in order; empty where it is not text, is compressed or is no Tickwire. */
  readonly frames: readonly ObservedFrame[];
  /** Bytes on the wire, WebSocket headers included. */
  readonly byteLength: number;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the frames of one connection; it learns from `subd` which alias stands for which channel. */
export class FrameObserver {
  readonly #channels = new Map<number, string>();

  /** The frames of a text message; lines that are none are left out. */
  read(text: string): readonly ObservedFrame[] {
    const frames: ObservedFrame[] = [];
    for (const line of text.split('\n')) {
      const json = parse(line);
      if (json !== null) frames.push(this.#observe(json));
    }
    return frames;
  }

  #observe(json: Readonly<Record<string, unknown>>): ObservedFrame {
    const type = typeof json['t'] === 'string' ? json['t'] : '';
    const alias = typeof json['n'] === 'number' ? json['n'] : null;
    const listed = type === 'subd' ? json['r'] : json['ch'];
    if (!Array.isArray(listed)) {
      const channel = alias === null ? undefined : this.#channels.get(alias);
      return { type, alias, json, channels: channel === undefined ? [] : [channel] };
    }
    const channels: string[] = [];
    for (const entry of listed as readonly unknown[]) {
      const channel = isRecord(entry) ? entry['c'] : entry;
      if (typeof channel !== 'string') continue;
      channels.push(channel);
      if (type === 'subd' && isRecord(entry) && typeof entry['n'] === 'number')
        this.#channels.set(entry['n'], channel);
    }
    return { type, alias, json, channels };
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
