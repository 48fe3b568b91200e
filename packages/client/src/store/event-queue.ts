// Event queue: a reader's own pace for a stream. Bounded; what does not fit is announced, never dropped in silence.
import type { Cancel, Clock } from '@tickwire/protocol';

/** How a reader wants to be told of events. */
export interface EventOptions {
  /**
   * Most events a second; the rest waits in a queue.
   * @defaultValue every event at receipt
   */
  readonly maxPerSecond?: number | undefined;
  /**
   * Most events that wait. When one more comes the oldest is dropped.
   * @defaultValue 1_000
   */
  readonly maxQueueSize?: number | undefined;
  /** Called with the number of events dropped since the last call, before the next event is delivered. */
  readonly onOverflow?: ((dropped: number) => void) | undefined;
}

/** Shortest time between two rounds; several events are delivered in one if the rate asks for it. */
const MIN_ROUND_MS = 10;

/** Hands on what it is given, in order, not faster than asked. */
export class EventQueue<Item> {
  readonly #items: Item[] = [];
  readonly #clock: Clock;
  readonly #deliver: (item: Item) => void;
  readonly #onOverflow: (dropped: number) => void;
  readonly #roundMs: number;
  readonly #perRound: number;
  readonly #maxSize: number;
  #dropped = 0;
  #cancel: Cancel | null = null;

  constructor(
    clock: Clock,
    options: EventOptions & { readonly maxPerSecond: number },
    deliver: (item: Item) => void,
  ) {
    this.#clock = clock;
    this.#deliver = deliver;
    this.#onOverflow = options.onOverflow ?? (() => undefined);
    this.#maxSize = options.maxQueueSize ?? 1_000;
    this.#roundMs = Math.max(MIN_ROUND_MS, 1_000 / options.maxPerSecond);
    this.#perRound = Math.max(1, Math.floor((options.maxPerSecond * this.#roundMs) / 1_000));
  }

  /** How many wait. */
  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > this.#maxSize) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#cancel ??= this.#clock.setTimer(0, this.#round);
  }

  /** Drops what waits; nothing is delivered any more. */
  close(): void {
    this.#cancel?.();
    this.#items.length = 0;
  }

  readonly #round = (): void => {
    this.#cancel = this.#items.length === 0 ? null : this.#clock.setTimer(this.#roundMs, this.#round);
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#onOverflow(dropped);
    }
    for (let left = this.#perRound; left > 0 && this.#items.length > 0; left--)
      this.#deliver(this.#items.shift() as Item);
  };
}
