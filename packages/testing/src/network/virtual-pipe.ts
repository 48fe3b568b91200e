// Virtual pipe: one direction of a connection. Messages keep their order; how fast, whether and until when they
// arrive is the pipe's condition. Knows nothing of handshakes.
import type { VirtualMachine } from '../clock/virtual-clock.js';

/** One WebSocket message under way. */
export interface VirtualMessage {
  readonly data: string;
  readonly byteLength: number;
}

/** How a direction carries messages. */
export interface PipeConditions {
  /** Shortest time a message takes, in milliseconds. */
  readonly latencyMs: number;
  /** A message takes up to so many milliseconds more, at random. Order is kept. */
  readonly jitterMs: number;
  /** How fast the receiver reads; `null`: at once. */
  readonly bytesPerMs: number | null;
  /** How many unread bytes the kernels on the way take before the sender's `bufferedBytes` grows. */
  readonly windowBytes: number;
}

/** A prompt, wide connection. */
export const DEFAULT_PIPE_CONDITIONS: PipeConditions = Object.freeze({
  latencyMs: 1,
  jitterMs: 0,
  bytesPerMs: null,
  windowBytes: 4 * 1024 * 1024,
});

/** What a pipe tells the connection it is part of. */
export interface PipeEvents {
  onArrival(message: VirtualMessage): void;
  onDrain(): void;
  /** Everything written before has arrived, then the end that {@link VirtualPipe.end} announced. */
  onEnd(code: number, reason: string): void;
}

interface Parcel {
  readonly message: VirtualMessage | null;
  readonly code: number;
  readonly reason: string;
}

/** One direction of a connection. */
export class VirtualPipe {
  conditions: PipeConditions;
  readonly #sender: VirtualMachine;
  readonly #receiver: VirtualMachine;
  readonly #random: () => number;
  readonly #events: PipeEvents;
  #backlog: Parcel[] = [];
  /** Left the sender, not yet read by the receiver. */
  #underWay: Parcel[] = [];
  /** How many of those have reached the receiver's kernel. */
  #arrived = 0;
  #backlogBytes = 0;
  #unreadBytes = 0;
  #lastArrivalMs = 0;
  #wantsDrain = false;
  #stalled = false;
  #blackHole = false;
  #generation = 0;
  #ended = false;

  constructor(
    sender: VirtualMachine,
    receiver: VirtualMachine,
    conditions: PipeConditions,
    random: () => number,
    events: PipeEvents,
  ) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.conditions = conditions;
    this.#random = random;
    this.#events = events;
  }

  /** Bytes that the sender's process still holds. A black hole does not show here: the kernel swallows it. */
  get bufferedBytes(): number {
    return this.#backlogBytes;
  }

  /** Puts a message on its way; after the end it is lost without a word. */
  write(message: VirtualMessage): void {
    if (this.#ended) return;
    this.#backlog.push({ message, code: 0, reason: '' });
    this.#backlogBytes += message.byteLength;
    this.#pump();
    if (this.#backlogBytes > 0) this.#wantsDrain = true;
  }

  /** Ends the direction behind everything that was written. */
  end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#backlog.push({ message: null, code, reason });
    this.#pump();
  }

  /** Whether this direction's sender has announced the end. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The receiver stops reading: its window fills, then the sender's buffer. */
  stall(): void {
    this.#stalled = true;
  }

  /** What is written vanishes from sight: nobody is told. */
  blackHole(): void {
    this.#blackHole = true;
  }

  /** Ends a stall and a black hole: what was held arrives now, in order. */
  heal(): void {
    this.#stalled = false;
    this.#blackHole = false;
    this.#arrive(0, 0);
    this.#pump();
  }

  /** Loses everything under way and all that is written from now on. */
  destroy(): void {
    this.#generation++;
    this.#ended = true;
    this.#backlog = [];
    this.#underWay = [];
    this.#arrived = 0;
    this.#backlogBytes = 0;
    this.#unreadBytes = 0;
    this.#wantsDrain = false;
  }

  #pump(): void {
    while (this.#backlog.length > 0) {
      if (!this.#blackHole && this.#unreadBytes >= this.conditions.windowBytes) return;
      const parcel = this.#backlog.shift();
      if (parcel === undefined) return;
      const bytes = parcel.message?.byteLength ?? 0;
      this.#backlogBytes -= bytes;
      this.#unreadBytes += bytes;
      const { latencyMs, jitterMs, bytesPerMs } = this.conditions;
      const nowMs = this.#sender.monotonicMs();
      const travelMs = latencyMs + (jitterMs > 0 ? Math.floor(this.#random() * (jitterMs + 1)) : 0);
      const readMs = bytesPerMs === null ? 0 : bytes / bytesPerMs;
      this.#lastArrivalMs = Math.max(nowMs + travelMs, this.#lastArrivalMs) + readMs;
      this.#underWay.push(parcel);
      this.#arrive(this.#lastArrivalMs - nowMs, 1);
    }
    if (this.#wantsDrain && this.#backlogBytes === 0) {
      this.#wantsDrain = false;
      const generation = this.#generation;
      this.#sender.schedule(0, () => {
        if (generation === this.#generation) this.#events.onDrain();
      });
    }
  }

  #arrive(inMs: number, parcels: number): void {
    const generation = this.#generation;
    this.#receiver.schedule(inMs, () => {
      if (generation !== this.#generation) return;
      this.#arrived += parcels;
      this.#read();
    });
  }

  #read(): void {
    while (this.#arrived > 0 && !this.#stalled && !this.#blackHole) {
      const parcel = this.#underWay.shift();
      if (parcel === undefined) return;
      this.#arrived--;
      this.#unreadBytes -= parcel.message?.byteLength ?? 0;
      if (parcel.message === null) this.#events.onEnd(parcel.code, parcel.reason);
      else this.#events.onArrival(parcel.message);
    }
    this.#pump();
  }
}
