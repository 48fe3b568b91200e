// Link: a socket, what belongs to it alone, and what is written to it. Knows frames as text only.
import type { AnnouncedLimits, ServerFrame } from '@tickwire/protocol';
import type { Socket } from './ports/transport.js';
import type { Channel } from './subscription/channel.js';

/** Most frames in one message (P-FRAME-4). */
const MAX_FRAMES = 64;
/** What a server takes before it has said how much it takes (P-CONN-6). */
const DEFAULT_LIMIT_BYTES = 65_536;
/** No server that means it accepts less. */
const MIN_LIMIT_BYTES = 1_024;

export interface Link {
  readonly socket: Socket;
  /** Channels by alias. */
  readonly aliases: Map<number, Channel>;
  /** Frames that wait for the end of the turn. */
  readonly out: string[];
  /** Once it is welcome. */
  limits?: AnnouncedLimits;
  /** The first message is out: the rest waits for `welcome`, because the server keeps only so much until then. */
  greeted?: boolean;
  welcomed?: boolean;
  /** The server said that it did nothing of what it was sent. */
  rejected?: boolean;
  receivedMs: number;
  /** When something was sent last that is answered at once. */
  askedMs: number;
}

/** Puts a frame into the next message; `false` if it is larger than the server accepts. */
export function enqueue(link: Link, text: string): boolean {
  const fits = bytesOf(text) <= maxBytesOf(link);
  if (fits) link.out.push(text);
  return fits;
}

/** Writes what waits, in as few messages as the server allows, and returns how many those were. */
export function write(link: Link): number {
  const { out, socket, welcomed } = link;
  let messages = 0;
  while (out.length && (welcomed || !link.greeted)) {
    let count = 0;
    for (let bytes = 0; count < Math.min(out.length, MAX_FRAMES); count++) {
      bytes += bytesOf(out[count] ?? '') + 1;
      if (count && bytes > maxBytesOf(link)) break;
    }
    link.greeted = true;
    messages++;
    socket.send(out.splice(0, count).join('\n'));
  }
  return messages;
}

/** What a server accepts, brought into a sane range. */
const maxBytesOf = ({ limits }: Link): number => Math.max(limits?.in ?? DEFAULT_LIMIT_BYTES, MIN_LIMIT_BYTES);

/** Size in UTF-8. Encodes nothing but what is more than a byte. JSON is well-formed, so encoding it cannot fail. */
const bytesOf = (text: string): number =>
  text.replace(/[^ -~]|%/gu, encodeURIComponent).replace(/%../g, '_').length;

/**
 * The frames of a message.
 * @throws if it is not one (P-FRAME-3).
 */
export function decode(data: unknown, maxFrameBytes: number): ServerFrame[] {
  return (data as string)
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      // Line by line: half a frame on each of two lines, or two frames on one, are none (P-FRAME-2).
      const frame: unknown = line.length <= maxFrameBytes && JSON.parse(line);
      if (!frame || typeof frame !== 'object' || Array.isArray(frame)) throw new TypeError('Not a frame');
      return frame as ServerFrame;
    });
}
