// Outbox: what one connection is about to be sent. Cursors, not queues: while the peer is slow nothing is gathered for
// it, and when it takes data again each channel gives one run from where it was. Hot: mutable, allocates nothing a frame.
import { CloseCode } from '@tickwire/protocol';
import type { FrameForm } from '../hub/channel-head.js';
import type { Flusher, Writer } from '../hub/flush.js';
import type { Reader, Subscription } from '../hub/subscription.js';
import type { EncodedFrame } from '../ports/frame-encoder.js';
import type { ServerSocket } from '../ports/server-socket.js';

/** What an outbox tells its session. */
export interface OutboxEvents {
  /** A value of this subscription is larger than the peer accepts; it must be detached. */
  onTooLarge(subscription: Subscription): void;
  /** More than the watermark waits in the socket. */
  onStalled(): void;
}

/** Handed to sockets again and again: they may keep frames, but not the array (`ServerSocket.write`). */
const ONE_FRAME: EncodedFrame[] = [];

/**
 * Data is held back above the watermark; answers are not, and a peer that asks and does not read would have them all kept
 * here. Above so many watermarks of them it is no longer slow but hostile. Far enough for all that a peer that reads asks
 * for at once: its commands in flight, the acks of all its channels.
 */
const CONTROL_WATERMARKS = 16;
/** The bound where the watermark is small, in bytes. */
const MIN_CONTROL_BYTES = 1_048_576;

/** Everything one connection is sent goes through here. */
export class Outbox implements Reader, Writer {
  form: FrameForm;
  maxFrameBytes: number;
  readonly #socket: ServerSocket;
  readonly #flusher: Flusher;
  readonly #watermarkBytes: number;
  readonly #events: OutboxEvents;
  /** Control frames as they were created, each ack with its subscriptions behind it. */
  #queue: (EncodedFrame | Subscription)[] = [];
  /** The first live frame of this flush: mostly it stays the only one, and needs no array. */
  #first: EncodedFrame | null = null;
  /** Live frames of a flush with several. Written in the step they are gathered in, so nothing revoked waits here. */
  #live: EncodedFrame[] = [];
  /** Subscriptions that are not in step. */
  readonly #behind = new Set<Subscription>();
  /** Bytes that may still be handed over in this flush. */
  #room = 0;
  #listed = false;
  /** Whether anything but one live frame may wait. Asking those who hold it costs four cache lines a connection. */
  #hasMore = false;
  #closed = false;
  /** Bytes of the control frames in the queue. */
  #queuedBytes = 0;
  /** Bytes of control frames that were written, and may not have left. */
  #writtenBytes = 0;

  constructor(
    socket: ServerSocket,
    flusher: Flusher,
    watermarkBytes: number,
    form: FrameForm,
    maxFrameBytes: number,
    events: OutboxEvents,
  ) {
    this.#socket = socket;
    this.#flusher = flusher;
    this.#watermarkBytes = watermarkBytes;
    this.form = form;
    this.maxFrameBytes = maxFrameBytes;
    this.#events = events;
  }

  /** Subscriptions that wait for the peer. */
  get behind(): number {
    return this.#behind.size;
  }

  /**
   * Queues for the end of the turn: a control frame, or a subscription, whose missing data goes behind the ack that was
   * queued before it. A peer that has taken too little of what it asked for is cut off instead (P-NODE-5).
   */
  send(queued: EncodedFrame | Subscription): void {
    if (this.#closed) return;
    if (!('reader' in queued)) {
      // One frame more may always be queued, however large: it is what is waiting already that counts.
      if (this.#unreadBytes() > this.#maxUnreadBytes()) {
        this.#cutOff();
        return;
      }
      this.#queuedBytes += queued.byteLength;
    }
    this.#queue.push(queued);
    this.#hasMore = true;
    this.#list();
  }

  ready(): boolean {
    if (!this.#listed) this.#list();
    return this.#room > 0;
  }

  push(frame: EncodedFrame): void {
    this.#room -= frame.byteLength;
    if (this.#first === null) this.#first = frame;
    else this.#gather(frame);
  }

  fallBehind(subscription: Subscription): void {
    if (this.#closed) return;
    this.#behind.add(subscription);
    this.#hasMore = true;
    if (!this.#listed && this.#socket.bufferedBytes < this.#watermarkBytes) this.#list();
  }

  forget(subscription: Subscription): void {
    this.#behind.delete(subscription);
  }

  /** The socket is empty again. */
  drained(): void {
    if (this.#behind.size > 0 && !this.#listed) this.#list();
  }

  warm(): number {
    return Number(this.#hasMore) + (this.#socket.warm?.() ?? 0);
  }

  /** Writes now, once: at the end of a turn, or before a close. */
  write(): void {
    if (this.#closed) return;
    this.#listed = false;
    const first = this.#first;
    if (first !== null && !this.#hasMore) {
      this.#first = null;
      ONE_FRAME[0] = first;
      this.#socket.write(ONE_FRAME);
      // What waits is at most what waited before and this frame.
      if (this.#room <= 0) this.#afterWrite();
      return;
    }
    this.#writeAll();
  }

  close(): void {
    this.#closed = true;
    // Channels that do not know it yet are told that there is no room.
    this.#room = 0;
    this.#queue = [];
    this.#first = null;
    this.#live = [];
    this.#behind.clear();
  }

  /** Bytes of control frames that wait, here or in the socket. What left of the socket counts as data first. */
  #unreadBytes(): number {
    return this.#queuedBytes + Math.min(this.#writtenBytes, this.#socket.bufferedBytes);
  }

  #maxUnreadBytes(): number {
    return Math.max(this.#watermarkBytes * CONTROL_WATERMARKS, MIN_CONTROL_BYTES);
  }

  /** It would not read a farewell either. The socket tells the session. */
  #cutOff(): void {
    this.close();
    this.#socket.close(CloseCode.slowConsumer, 'slow consumer');
    this.#socket.terminate();
  }

  #gather(frame: EncodedFrame): void {
    if (this.#live.length === 0 && this.#first !== null) this.#live.push(this.#first);
    this.#live.push(frame);
    this.#hasMore = true;
  }

  #writeAll(): void {
    if (this.#live.length === 0 && this.#first !== null) this.#live.push(this.#first);
    this.#first = null;
    // Not at the end: what is refused below is told at once, and waits for the next write.
    this.#hasMore = false;
    const live = this.#live;
    // Not emptied but replaced: emptying would throw its memory away all the same, and runs are gathered in it below.
    this.#live = [];
    const frames = this.#queue.length === 0 ? live : this.#withQueue(live);
    if (this.#behind.size > 0) this.#catchUp(frames);
    if (frames.length > 0) this.#socket.write(frames);
    if (this.#behind.size > 0) this.#hasMore = true;
    this.#afterWrite();
  }

  #afterWrite(): void {
    if (this.#socket.bufferedBytes >= this.#watermarkBytes) this.#events.onStalled();
    else if (this.#behind.size > 0) this.#list();
  }

  #list(): void {
    if (this.#listed || this.#closed) return;
    this.#listed = true;
    this.#room = this.#watermarkBytes - this.#socket.bufferedBytes;
    this.#flusher.writer(this);
  }

  /** Control frames first, an ack together with what its subscriptions need, then what channels gave. */
  #withQueue(live: readonly EncodedFrame[]): EncodedFrame[] {
    const queue = this.#queue;
    this.#queue = [];
    this.#writtenBytes = this.#unreadBytes();
    this.#queuedBytes = 0;
    const frames: EncodedFrame[] = [];
    for (const queued of queue) {
      if (!('reader' in queued)) {
        frames.push(queued);
      } else if (queued.attached && !this.#pump(queued, frames)) {
        this.#behind.add(queued);
      }
    }
    for (const frame of live) frames.push(frame);
    return frames;
  }

  #catchUp(frames: EncodedFrame[]): void {
    for (const subscription of this.#behind) {
      if (this.#room <= 0) return;
      if (this.#pump(subscription, frames)) this.#behind.delete(subscription);
    }
  }

  /** Hands over what a subscription is missing as far as there is room; whether it is in step afterwards. */
  #pump(subscription: Subscription, frames: EncodedFrame[]): boolean {
    const { channel } = subscription;
    const { head } = channel;
    if (head === null) return true;
    for (;;) {
      let { run } = subscription;
      if (run === null) {
        const current = subscription.epoch === head.epoch && subscription.sent >= head.offset;
        if (current) return this.#pumpStatus(subscription, frames);
        if (this.#room <= 0) return false;
        run = head.catchUp(subscription.epoch, subscription.sent, this.form);
        if (run.bytes > this.#room) run = channel.held.insteadOf(run, subscription, head.floor);
        subscription.follow(run);
      }
      if (run.largestBytes > this.maxFrameBytes) {
        this.#events.onTooLarge(subscription);
        return true;
      }
      while (subscription.runIndex < run.frames.length) {
        if (this.#room <= 0) {
          channel.held.hold(subscription, run);
          return false;
        }
        const frame = run.frames[subscription.runIndex++];
        if (frame === undefined) continue;
        frames.push(frame);
        this.#room -= frame.byteLength;
      }
      subscription.arrive(run);
    }
  }

  #pumpStatus(subscription: Subscription, frames: EncodedFrame[]): boolean {
    const { channel } = subscription;
    if (subscription.statusSent === channel.statusVersion) return true;
    if (this.#room <= 0) return false;
    const frame = channel.statusFrame();
    frames.push(frame);
    this.#room -= frame.byteLength;
    subscription.statusSent = channel.statusVersion;
    return true;
  }
}
