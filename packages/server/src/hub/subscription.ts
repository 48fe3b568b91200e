// Subscription: what one connection holds of one channel. Its cursor is kept by the channel, in an array with those of all
// its readers: the loop that serves readers in step does not touch subscriptions at all.
import type { EncodedFrame } from '../ports/frame-encoder.js';
import { NOTHING_SENT, type FrameForm, type HeadOfChannel } from './channel-head.js';
import type { FrameRun } from './frame-run.js';

/** A channel as a reader sees it. */
export interface Feeder {
  readonly id: string;
  /** `null` until the channel is warm; readers are attached only afterwards. */
  readonly head: HeadOfChannel | null;
  /** How far each reader was served, by {@link Subscription.slot}. */
  readonly cursors: number[];
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

/** Where a reader stands while frames of a run are under way to it: nothing live is for it. */
const UNDER_WAY = Infinity;

/** What one connection holds of one channel. */
export class Subscription {
  /** The epoch the reader knows. */
  epoch: string;
  /** Version of the feed's status that was handed over (P-DATA-8). */
  statusSent = 0;
  /** Place among the channel's subscriptions; -1 once detached. */
  slot = -1;
  readonly reader: Reader;
  readonly channel: Feeder;
  /** Next frame of {@link run}. */
  runIndex = 0;
  #run: FrameRun | null = null;

  constructor(reader: Reader, channel: Feeder, epoch: string) {
    this.reader = reader;
    this.channel = channel;
    this.epoch = epoch;
  }

  get attached(): boolean {
    return this.slot !== -1;
  }

  /** Everything up to here was handed over, in `epoch`. The cursor lies with the channel, beside those of its other readers. */
  get sent(): number {
    return this.channel.cursors[this.slot] ?? NOTHING_SENT;
  }

  /** Frames under way to the reader; what is live waits behind them. */
  get run(): FrameRun | null {
    return this.#run;
  }

  /** The reader is to be given this run, from its first frame. */
  follow(run: FrameRun): void {
    this.#run = run;
    this.runIndex = 0;
    this.channel.cursors[this.slot] = UNDER_WAY;
  }

  /** The run was handed over completely. */
  arrive({ epoch, offset }: FrameRun): void {
    this.epoch = epoch;
    this.#run = null;
    this.channel.cursors[this.slot] = offset;
  }

  /** What the reader holds leads nowhere: it needs the whole value. */
  startOver(): void {
    this.#run = null;
    this.channel.cursors[this.slot] = NOTHING_SENT;
  }
}
