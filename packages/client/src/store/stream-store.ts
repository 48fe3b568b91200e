// Stream store: the latest events, bounded. Appends in place; what is handed out is copied, and only when read.
import { eventsOf, type EventsFrame } from '@tickwire/protocol';
import type { ChannelStore } from './store.js';

export class StreamStore implements ChannelStore {
  #events: unknown[] = [];
  #shown: readonly unknown[] | null = null;
  readonly #maxEvents: number;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  read(): readonly unknown[] {
    return (this.#shown ??= this.#latest());
  }

  applyFull(): null {
    return null;
  }

  applyDelta(): false {
    return false;
  }

  append(frame: EventsFrame, from: number): void {
    const events = eventsOf(frame);
    for (let at = from; at < events.length; at++) this.#events.push(events[at]);
    this.#shown = null;
    // Cut at twice the bound, so that a long stream costs each event one move at most.
    if (this.#events.length > 2 * this.#maxEvents) this.#events = this.#latest();
  }

  #latest(): unknown[] {
    return this.#events.slice(Math.max(0, this.#events.length - this.#maxEvents));
  }
}
