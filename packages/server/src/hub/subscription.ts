// Subscription: the cursor of one connection in one channel. Small, mutable, one per (connection, channel): at a million
// deliveries a second this is what the loop touches.
import type { EncodedFrame } from '../ports/frame-encoder.js';
import type { FrameForm, HeadOfChannel } from './channel-head.js';
import type { FrameRun } from './frame-run.js';

/** A channel as a reader sees it. */
export interface Feeder {
  readonly id: string;
  /** `null` until the channel is warm; readers are attached only afterwards. */
  readonly head: HeadOfChannel | null;
  /** Grows with every change of the feed's status; 0 while there is nothing to tell. */
  readonly statusVersion: number;
  /** The shared frame that tells the status. */
  statusFrame(): EncodedFrame;
}

/** A connection as a channel sees it: the outbox. */
export interface Reader {
  readonly form: FrameForm;
  /** Largest frame it accepts, in bytes. */
  readonly maxFrameBytes: number;
  /** Whether it takes data now; the first call of a flush also puts it on the list of those to be written. */
  ready(): boolean;
  /** Hands over a live frame; only after {@link ready} said yes. */
  push(frame: EncodedFrame): void;
  /** The subscription is no longer in step: the reader fetches runs for it when it can. */
  fallBehind(subscription: Subscription): void;
  /** The subscription has ended. */
  forget(subscription: Subscription): void;
}

/** What one connection holds of one channel. */
export class Subscription {
  /** Everything up to here was handed over, in `epoch`. */
  sent: number;
  /** The epoch the reader knows. */
  epoch: string;
  /** Frames under way to the reader; what is live waits behind them. */
  run: FrameRun | null = null;
  /** Next frame of {@link run}. */
  runIndex = 0;
  /** Version of the feed's status that was handed over (P-DATA-8). */
  statusSent = 0;
  /** Place among the channel's subscriptions; -1 once detached. */
  slot = -1;
  readonly reader: Reader;
  readonly channel: Feeder;

  constructor(reader: Reader, channel: Feeder, epoch: string, sent: number) {
    this.reader = reader;
    this.channel = channel;
    this.epoch = epoch;
    this.sent = sent;
  }

  get attached(): boolean {
    return this.slot !== -1;
  }
}
