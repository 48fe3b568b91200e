// Flush: once a turn, or once a window, everything that changed goes out: first channels hand frames to readers, then
// each reader writes once. Knows neither values nor sockets.
import type { Cancel, Clock } from '@tickwire/protocol';

/** A channel with something new. */
export interface Dirty {
  flush(): void;
}

/** A connection with something to write. */
export interface Writer {
  write(): void;
}

/** The list of what is to be done at the end of the turn. */
export class Flusher {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #dirty: Dirty[] = [];
  #writers: Writer[] = [];
  #turnArmed = false;
  #cancelWindow: Cancel | null = null;
  /** Whether this turn's end takes channels too: always without a window, else when the window is over. */
  #dataDue = false;
  #stopped = false;

  /** @param windowMs 0 flushes data at the end of every turn, else data waits so long for more. */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
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
        this.run();
      });
    }
  }

  writer(writer: Writer): void {
    this.#writers.push(writer);
    this.#armTurn();
  }

  /** Does now what is due. */
  run(): void {
    if (this.#dataDue) {
      this.#dataDue = false;
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const channel of dirty) channel.flush();
    }
    const writers = this.#writers;
    this.#writers = [];
    for (const writer of writers) writer.write();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelWindow?.();
    this.#cancelWindow = null;
    this.#dirty = [];
    this.#writers = [];
  }

  #armTurn(): void {
    if (this.#turnArmed || this.#stopped) return;
    this.#turnArmed = true;
    this.#clock.endOfTurn(() => {
      this.#turnArmed = false;
      this.run();
    });
  }
}
