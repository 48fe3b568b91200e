// Event heap: what happens next, by time and then by order of arrival. Knows nothing of clocks or machines.

/** One thing that will happen. */
export interface TimedEvent {
  readonly atMs: number;
  /** Breaks ties: events of one instant happen in the order in which they were added. */
  readonly order: number;
}

/** A binary heap; the earliest event is on top. */
export class EventHeap<Event extends TimedEvent> {
  readonly #events: Event[] = [];

  get size(): number {
    return this.#events.length;
  }

  peek(): Event | undefined {
    return this.#events[0];
  }

  push(event: Event): void {
    const events = this.#events;
    let at = events.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = events[parentAt];
      if (parent === undefined || !isBefore(event, parent)) break;
      events[at] = parent;
      at = parentAt;
    }
    events[at] = event;
  }

  pop(): Event | undefined {
    const events = this.#events;
    const top = events[0];
    const last = events.pop();
    if (top === undefined || last === undefined || events.length === 0) return top;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = events[childAt];
      if (child === undefined) break;
      const right = events[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childAt++;
      }
      if (!isBefore(child, last)) break;
      events[at] = child;
      at = childAt;
    }
    events[at] = last;
    return top;
  }
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
