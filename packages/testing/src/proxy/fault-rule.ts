// Fault rules: what goes wrong, when, as data that can be drawn, printed and kept. Knows no sockets.
import type { Direction } from '../network/virtual-network.js';
import type { FrameType, MessageKind, ObservedMessage } from './observed-message.js';

/** Which messages a rule is about: those that fit everything it says. One that says nothing fits every message of data. */
export interface FaultMatch {
  /** @defaultValue both */
  readonly direction?: Direction | undefined;
  /** @defaultValue `text` and `binary`: data, not the upgrade and not WebSocket's own control frames */
  readonly kind?: MessageKind | readonly MessageKind[] | undefined;
  /** Messages with a frame of this type, or of one of these. */
  readonly frame?: FrameType | readonly FrameType[] | undefined;
  /** Messages with a frame about this channel, by its id: `book/BTC-USD`. */
  readonly channel?: string | undefined;
  /** Messages with a frame that has this alias. */
  readonly alias?: number | undefined;
  /** Anything else. A frame that `frame`, `channel` and `alias` ask for is in `message.frames`. */
  readonly where?: ((message: ObservedMessage) => boolean) | undefined;
  /**
   * Only the n-th message, from 1, of those that fit everything above, counted over all connections since the rules
   * were set.
   * @defaultValue all of them
   */
  readonly nth?: number | undefined;
  /**
   * How likely it is, from 0 to 1, that a message which fits is struck; drawn from the proxy's `random`.
   * @defaultValue 1
   */
  readonly chance?: number | undefined;
}

/**
 * What happens to a message, or from it on to its connection. TCP keeps order and loses nothing, and so does the proxy
 * with one exception: `drop` and `duplicate` break what a WebSocket promises, for tests of what notices.
 *
 * - `delay`: it and all that follow it in its direction come so much later. The proxy takes what the sender writes.
 * - `stall`: the same, but nothing is read meanwhile: the sender's buffers fill.
 * - `drop`: it never comes.
 * - `duplicate`: it comes twice, the second time so many milliseconds later, behind what has passed meanwhile.
 * - `truncate`: its first bytes come, then both ends see a reset. More bytes than it has: all of it comes.
 * - `closeWithCode`: it does not come; both ends get a close frame, each as if from the other. The code must be one
 *   that a close frame may carry.
 * - `reset`: it does not come, and both ends see a TCP reset.
 * - `blackhole`: from it on nothing comes in either direction, the end of the other side included, and nobody is told.
 * - `throttle`: from it on its direction carries so many bytes a second; the sender's buffers fill.
 */
export type Fault =
  | { readonly do: 'delay'; readonly delayMs: number }
  | { readonly do: 'stall'; readonly durationMs: number }
  | { readonly do: 'drop' }
  | {
      readonly do: 'duplicate';
      /** @defaultValue 0: the copy is the next message */
      readonly copyDelayMs?: number | undefined;
    }
  | { readonly do: 'truncate'; readonly afterBytes: number }
  | { readonly do: 'closeWithCode'; readonly code: number; readonly reason?: string | undefined }
  | { readonly do: 'reset' }
  | { readonly do: 'blackhole' }
  | { readonly do: 'throttle'; readonly bytesPerSecond: number };

/** The name of a fault. */
export type FaultName = Fault['do'];

/** One rule: `then` happens to what fits `match`. Where several rules fit a message, the first of the list strikes it. */
export interface FaultRule {
  /** @defaultValue every message of data */
  readonly match?: FaultMatch | undefined;
  readonly then: Fault;
}
