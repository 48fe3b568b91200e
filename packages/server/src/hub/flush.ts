// Flush: once a turn, or once a window, everything that changed goes out: first channels hand frames to readers, then
// each reader writes once. Knows neither values nor sockets.
import type { Cancel, Clock } from '@tickwire/protocol';

/** A channel with something new. */
export interface Dirty {
  flush(): void;
}

/** A connection with something to write. */
export interface Writer {
  /** Reads what `write` is about to need; see {@link WRITERS_AT_ONCE}. Means nothing: without a result, compilers drop it. */
  warm(): number;
  write(): void;
}

/**
 * So many connections are warmed before the first of them is written to. Each write of the kernel drives what the next
 * connection needs out of the processor's cache, and fetched one after another, between two writes, every line of it is
 * waited for. Read in a row they are fetched side by side, and few enough of them stay: 4 % more deliveries of the same
 * processor time, with one shared frame for each of 1,000 connections.
 */
const WRITERS_AT_ONCE = 32;

/**
 * Most turns that a process that was held up writes nothing: it takes so many until it has read what waited in its
 * sockets and looked at the clock.
 */
const MAX_HELD_TURNS = 4;

/** The list of what is to be done at the end of the turn. */
export class Flusher {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #isBehind: () => boolean;
  #heldTurns = 0;
  #dirty: Dirty[] = [];
  #writers: Writer[] = [];
  #turnArmed = false;
  #cancelWindow: Cancel | null = null;
  /** Whether this turn's end takes channels too: always without a window, else when the window is over. */
  #dataDue = false;
  #stopped = false;
  /** Kept, and not private, so that warming has a result. */
  protected warmed = 0;

  /**
   * @param windowMs 0 flushes data at the end of every turn, else data waits so long for more.
   * @param isBehind whether rights may have ended that nobody has looked at yet: then nothing is written.
   */
  constructor(clock: Clock, windowMs: number, isBehind: () => boolean) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#isBehind = isBehind;
  }

  channel(channel: Dirty): void {
    this.#dirty.push(channel);
    if (this.#windowMs === 0) {
      this.#dataDue = true;
      this.#armTurn();
    } else if (this.#cancelWindow === null && !this.#stopped) {
      this.#cancelWindow = this.#clock.setTimer(this.#windowMs, () => {
        this.#cancelWindow = null;
        this.#dataDue = true;
        // A turn that is armed already counts how long nothing may be written.
        if (!this.#turnArmed) this.#run();
      });
    }
  }

  writer(writer: Writer): void {
    if (this.#stopped) return;
    this.#writers.push(writer);
    this.#armTurn();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelWindow?.();
    this.#cancelWindow = null;
    this.#dirty = [];
    this.#writers = [];
  }

  #run(): void {
    if (this.#isBehind() && this.#heldTurns < MAX_HELD_TURNS) {
      this.#heldTurns++;
      this.#armTurn();
      return;
    }
    this.#heldTurns = 0;
    if (this.#dataDue) {
      this.#dataDue = false;
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const channel of dirty) channel.flush();
    }
    const writers = this.#writers;
    this.#writers = [];
    for (let from = 0; from < writers.length; from += WRITERS_AT_ONCE) {
      const to = Math.min(from + WRITERS_AT_ONCE, writers.length);
      let warmed = 0;
      for (let at = from; at < to; at++) warmed += (writers[at] as Writer).warm();
      this.warmed = warmed;
      for (let at = from; at < to; at++) (writers[at] as Writer).write();
    }
  }

  #armTurn(): void {
    if (this.#turnArmed || this.#stopped) return;
    this.#turnArmed = true;
    this.#clock.endOfTurn(() => {
      this.#turnArmed = false;
      this.#run();
    });
  }
}
