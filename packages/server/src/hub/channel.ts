// Channel: one hot channel on this node: its head, who reads it, and whether its source still speaks. Owns the loop that
// hands one frame to every reader in step. Knows no broker and no sockets.
import type { FeedStatus } from '@tickwire/protocol';
import type { ChannelSpec, Publication } from '../broker/broker.js';
import type { EncodedFrame } from '../ports/frame-encoder.js';
import type { FrameForm, HeadOfChannel } from './channel-head.js';
import type { FrameRun } from './frame-run.js';
import { HeldRuns } from './held-runs.js';
import type { ChannelFrames } from './range-frames.js';
import type { Feeder, Reader, Subscription } from './subscription.js';

/** What a contract says of a channel, as far as a hub needs it. */
export interface ChannelDescription {
  readonly spec: ChannelSpec;
  /** @see FreshnessOptions */
  readonly staleAfterMs: number | undefined;
}

/** One channel that is, or is becoming, hot. */
export class Channel implements Feeder {
  readonly id: string;
  readonly alias: number;
  readonly spec: ChannelSpec;
  readonly frames: ChannelFrames;
  readonly staleAfterMs: number | undefined;
  readonly subscriptions: Subscription[] = [];
  /** What a flush needs of {@link subscriptions}, slot by slot: 16,000 of those do not fit into a processor's cache. */
  readonly cursors: number[] = [];
  readonly held = new HeldRuns();
  readonly #readers: Reader[] = [];
  head: HeadOfChannel | null = null;
  /** Publications that wait for a read to come back; `null` while none is under way. */
  buffered: Publication[] | null = null;
  /** The read under way, for everybody who needs it. */
  loading: Promise<void> | null = null;
  /** Requests that are about to subscribe: the channel must not be dropped under them. */
  pins = 0;
  /** Whether it is on the list of the next flush. */
  dirty = false;
  closed = false;
  /** Monotonic time at which the source spoke last. */
  spokeAtMs = 0;
  /** The source said that it will not speak again. */
  feedClosed = false;
  /** The broker could not be read: nobody knows how old the value is. */
  unreadable = false;
  statusVersion = 0;
  #status: FeedStatus = 'live';
  #statusSinceMs = 0;
  #statusFrame: EncodedFrame | null = null;
  readonly #liveRuns = new Map<FrameForm, FrameRun>();

  constructor(description: ChannelDescription, alias: number, frames: ChannelFrames) {
    this.id = description.spec.id;
    this.spec = description.spec;
    this.staleAfterMs = description.staleAfterMs;
    this.alias = alias;
    this.frames = frames;
  }

  get isIdle(): boolean {
    return this.subscriptions.length === 0 && this.pins === 0;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** @param sent what its reader holds, in the subscription's epoch, or `NOTHING_SENT` */
  attach(subscription: Subscription, sent: number): void {
    if (subscription.attached) return;
    subscription.slot = this.subscriptions.length;
    this.subscriptions.push(subscription);
    this.#readers.push(subscription.reader);
    this.cursors.push(sent);
  }

  /** Detached, a subscription gets nothing any more, not even what this turn has gathered. */
  detach(subscription: Subscription): void {
    const { slot } = subscription;
    if (slot === -1) return;
    const last = this.subscriptions.pop();
    const lastReader = this.#readers.pop();
    const lastCursor = this.cursors.pop();
    if (last !== subscription && last !== undefined && lastReader !== undefined && lastCursor !== undefined) {
      this.subscriptions[slot] = last;
      this.#readers[slot] = lastReader;
      this.cursors[slot] = lastCursor;
      last.slot = slot;
    }
    subscription.slot = -1;
    this.held.leave(subscription);
    subscription.reader.forget(subscription);
  }

  /** Hands what is new to every reader in step; the others fetch a run of their own when they can. */
  flush(): void {
    this.dirty = false;
    const { head } = this;
    if (head === null) return;
    if (head.offset > head.flushed) {
      this.#flushData(head);
      head.endFlush();
    }
    if (this.statusVersion > 0) this.#flushStatus(head);
  }

  /** What readers hold no longer leads to the head: each gets a run from where it is. */
  scatter(): void {
    const epoch = this.head?.epoch;
    for (const subscription of this.subscriptions) {
      // Offsets of another history must not look as if they were in step (P-POS-1). Of half a value of another history,
      // a fresh one follows, and the reader drops the parts (P-DATA-7).
      if ((subscription.run ?? subscription).epoch !== epoch) subscription.startOver();
      subscription.reader.fallBehind(subscription);
    }
  }

  setStatus(status: FeedStatus, sinceMs: number): boolean {
    if (this.statusVersion > 0 && status === this.#status) return false;
    this.#status = status;
    this.#statusSinceMs = sinceMs;
    this.#statusFrame = null;
    this.statusVersion++;
    return true;
  }

  statusFrame(): EncodedFrame {
    return (this.#statusFrame ??= this.frames.frame({
      t: 'stat',
      n: this.alias,
      s: this.#status,
      since: this.#statusSinceMs,
    }));
  }

  #flushData(head: HeadOfChannel): void {
    const { cursors } = this;
    const readers = this.#readers;
    const base = head.flushed;
    const to = head.offset;
    let form: FrameForm | null = null;
    let run: FrameRun | null = null;
    let only: EncodedFrame | undefined;
    for (let slot = 0; slot < cursors.length; slot++) {
      const sent = cursors[slot] as number;
      if (sent < base || sent >= to) continue;
      const reader = readers[slot] as Reader;
      if (!reader.ready()) {
        reader.fallBehind(this.subscriptions[slot] as Subscription);
        continue;
      }
      if (run === null || reader.form !== form) {
        form = reader.form;
        run = this.#liveRun(head, form);
        only = run.frames.length === 1 ? run.frames[0] : undefined;
      }
      if (only !== undefined && only.byteLength <= reader.maxFrameBytes) {
        reader.push(only);
        cursors[slot] = to;
      } else {
        const subscription = this.subscriptions[slot] as Subscription;
        // What can be had again is not held for readers that have no room for it.
        if (run.pages !== null && sent < head.floor) subscription.follow(run);
        reader.fallBehind(subscription);
      }
    }
    this.#liveRuns.clear();
  }

  #liveRun(head: HeadOfChannel, form: FrameForm): FrameRun {
    const known = this.#liveRuns.get(form);
    if (known !== undefined) return known;
    const run = head.live(form);
    this.#liveRuns.set(form, run);
    return run;
  }

  #flushStatus(head: HeadOfChannel): void {
    for (const subscription of this.subscriptions) {
      if (subscription.statusSent === this.statusVersion || subscription.run !== null) continue;
      if (subscription.sent !== head.offset || subscription.epoch !== head.epoch) continue;
      const { reader } = subscription;
      if (reader.ready()) {
        reader.push(this.statusFrame());
        subscription.statusSent = this.statusVersion;
      } else {
        reader.fallBehind(subscription);
      }
    }
  }
}
