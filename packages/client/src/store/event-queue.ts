// Event queue: a reader's own pace for a stream. Bounded; what does not fit is announced, never dropped in silence.
import type { Cancel } from '@tickwire/protocol';
import type { ClientClock } from '../ports/clock.js';

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
export interface EventQueue<Item> {
  /** How many wait. */
  readonly size: number;
  readonly push: (item: Item) => void;
  /** Drops what waits; nothing is delivered any more. */
  readonly close: () => void;
}

/** Makes a queue. `deliver` and `onOverflow` must not throw. */
export function createEventQueue<Item>(
  clock: ClientClock,
  { maxPerSecond = Infinity, maxQueueSize = 1_000, onOverflow }: EventOptions,
  deliver: (item: Item) => void,
): EventQueue<Item> {
  const share = Math.ceil((maxPerSecond * MIN_ROUND_MS) / 1_000);
  // Without a limit there is no number.
  const roundMs = (1_000 * share) / maxPerSecond || MIN_ROUND_MS;
  let items: Item[] = [];
  let dropped = 0;
  let cancel: Cancel | undefined;

  function round(): void {
    cancel = items.length ? clock.setTimer(roundMs, round) : undefined;
    if (dropped) onOverflow?.(dropped);
    dropped = 0;
    for (const item of items.splice(0, share)) deliver(item);
  }

  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      if (items.length > maxQueueSize) {
        items.shift();
        dropped++;
      }
      cancel ??= clock.setTimer(0, round);
    },
    close() {
      cancel?.();
      items = [];
    },
  };
}
