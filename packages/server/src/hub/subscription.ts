// Subscription: what one connection holds of one channel. Its cursor is kept by the channel, in an array with those of all
// its readers: the loop that serves readers in step does not touch subscriptions at all.
import type { EncodedFrame } from '../ports/frame-encoder.js';
import { NOTHING_SENT, type FrameForm, type HeadOfChannel } from './channel-head.js';
import { isSameSpan, type FrameRun, type Span } from './frame-run.js';
import type { HeldRuns } from './held-runs.js';

/** A channel as a reader sees it. */
export interface Feeder {
  readonly id: string;
  /** `null` until the channel is warm; readers are attached only afterwards. */
  readonly head: HeadOfChannel | null;
  /** How far each reader was served, by {@link Subscription.slot}. */
  readonly cursors: number[];
  /** The runs its readers are half-way through. */
  readonly held: HeldRuns;
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
  /** What was handed over before {@link run}. */
  #before = NOTHING_SENT;
  /** The value in parts that was let go of when {@link runIndex} of them were handed over. */
  #lost: Span | null = null;

  constructor(reader: Reader, channel: Feeder, epoch: string) {
    this.reader = reader;
    this.channel = channel;
    this.epoch = epoch;
  }

  get attached(): boolean {
    return this.slot !== -1;
  }

  /**
   * Everything up to here was handed over, in `epoch`. The cursor lies with the channel, beside those of its other readers,
   * except while a run is under way or was let go of.
   */
  get sent(): number {
    const cursor = this.channel.cursors[this.slot] ?? NOTHING_SENT;
    return cursor === UNDER_WAY ? this.#before : cursor;
  }

  /** Frames under way to the reader; what is live waits behind them. */
  get run(): FrameRun | null {
    return this.#run;
  }

  /**
   * The reader is to be given this run from its first frame, or, where it is one that was let go of in the middle, the
   * rest: what it took of the same parts still counts (P-DATA-7). The parts of any other it drops by itself.
   */
  follow(run: FrameRun): void {
    if (!isSameSpan(run.span, this.#lost)) this.runIndex = 0;
    this.#before = this.sent;
    this.#lost = null;
    this.#run = run;
    this.channel.cursors[this.slot] = UNDER_WAY;
  }

  /** The run was handed over completely. */
  arrive({ epoch, offset }: FrameRun): void {
    this.channel.held.leave(this);
    this.epoch = epoch;
    this.#run = null;
    this.channel.cursors[this.slot] = offset;
  }

  /**
   * The run may not be held any longer: the reader goes on from where it was before, or from its last whole page. Until
   * then nothing live is for it, because it may hold parts.
   */
  letGo(): void {
    const { runIndex } = this;
    this.#before = this.#run?.pages?.[runIndex - 1] ?? this.#before;
    this.#lost = this.#run?.span ?? null;
    this.#run = null;
  }

  /** What the reader holds leads nowhere: it needs the whole value. */
  startOver(): void {
    this.channel.held.leave(this);
    this.#run = null;
    this.#lost = null;
    this.channel.cursors[this.slot] = NOTHING_SENT;
  }
}
