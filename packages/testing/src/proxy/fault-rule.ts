// Fault rules: what goes wrong, when, as data that can be drawn, printed and kept. Knows no sockets.
import { TickwireError } from '@tickwire/protocol';
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
 * - `closeWithCode`: it does not come; both ends get a close frame, each as if from the other.
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

/** Every fault and what each number it takes must be; the list that checks and counts. */
const NUMBERS: Readonly<Record<FaultName, readonly [field: string, min: number, max: number] | null>> = {
  delay: ['delayMs', 0, 2 ** 31 - 1],
  stall: ['durationMs', 0, 2 ** 31 - 1],
  drop: null,
  duplicate: ['copyDelayMs', 0, 2 ** 31 - 1],
  truncate: ['afterBytes', 0, Number.MAX_SAFE_INTEGER],
  closeWithCode: ['code', 1000, 4999],
  reset: null,
  blackhole: null,
  throttle: ['bytesPerSecond', 1, Number.MAX_SAFE_INTEGER],
};

/** All names. */
export const FAULTS = Object.keys(NUMBERS) as readonly FaultName[];

const MAX_REASON_BYTES = 123;

/**
 * Checks rules that may come from a file.
 * @throws TickwireError `bad_input` that says which rule and what it should be.
 */
export function checkRules(rules: readonly FaultRule[]): void {
  for (const [index, { match = {}, then }] of rules.entries()) {
    const fail = (what: string): never => {
      throw new TickwireError('bad_input', `rules[${index}]: ${what}`);
    };
    if (!Object.hasOwn(NUMBERS, then.do))
      fail(`\`then.do\` is ${JSON.stringify(then.do)}; it must be one of ${FAULTS.join(', ')}.`);
    const number = NUMBERS[then.do];
    if (number !== null) {
      const [field, min, max] = number;
      const given = (then as unknown as Readonly<Record<string, unknown>>)[field];
      const value = given === undefined && then.do === 'duplicate' ? 0 : given;
      if (typeof value !== 'number' || !(value >= min && value <= max))
        fail(`\`then.${field}\` is ${String(value)}; it must be a number from ${min} to ${max}.`);
    }
    if (then.do === 'closeWithCode' && new TextEncoder().encode(then.reason).length > MAX_REASON_BYTES)
      fail(`\`then.reason\` is longer than the ${MAX_REASON_BYTES} bytes that a close frame holds.`);
    const { nth = 1, chance = 1 } = match;
    if (!Number.isInteger(nth) || nth < 1) fail(`\`match.nth\` is ${nth}; it counts messages from 1.`);
    if (!(chance >= 0 && chance <= 1)) fail(`\`match.chance\` is ${chance}; it must be from 0 to 1.`);
  }
}
