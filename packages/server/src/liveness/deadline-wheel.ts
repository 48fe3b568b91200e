// Deadline wheel: one timer for every connection and every channel. Deadlines live with their owners and mostly move
// later, so an entry stays where it is and is looked at when its slot comes up.
import type { Cancel, Clock } from '@tickwire/protocol';

/** Something that has a next moment. */
export interface Timed {
  /** Monotonic; `Infinity` for none. Read when the slot comes up and after {@link onDeadline}. */
  readonly deadlineMs: number;
  onDeadline(nowMs: number): void;
}

/** Width of a slot: deadlines come up at most so much late. */
const SLOT_MS = 50;

/**
 * A tick so much late means that this process was held up: what peers sent meanwhile is still unread, and judging them
 * now would kill the living (P-LIVE-4).
 */
const HELD_UP_MS = 100;

/** One timer for many deadlines. */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<Timed>>();
  readonly #slotOf = new Map<Timed, number>();
  #cancel: Cancel | null = null;
  #armedSlot = Infinity;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many owners wait. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Whether this process was held up and has not yet judged what fell due meanwhile. */
  get isBehind(): boolean {
    return this.#clock.monotonicMs() - this.#armedSlot * SLOT_MS >= HELD_UP_MS;
  }

  /** Looks at an owner again no later than at its deadline. */
  schedule(timed: Timed): void {
    if (this.#stopped) return;
    const { deadlineMs } = timed;
    const known = this.#slotOf.get(timed);
    if (deadlineMs === Infinity) return;
    const slot = Math.ceil(deadlineMs / SLOT_MS);
    if (known !== undefined) {
      if (known <= slot) return;
      this.#take(timed, known);
    }
    this.#slotOf.set(timed, slot);
    const peers = this.#slots.get(slot);
    if (peers === undefined) this.#slots.set(slot, new Set([timed]));
    else peers.add(timed);
    if (slot < this.#armedSlot) this.#arm(slot);
  }

  remove(timed: Timed): void {
    const slot = this.#slotOf.get(timed);
    if (slot !== undefined) this.#take(timed, slot);
    if (this.#slotOf.size === 0) this.#disarm();
  }

  stop(): void {
    this.#stopped = true;
    this.#slots.clear();
    this.#slotOf.clear();
    this.#disarm();
  }

  #take(timed: Timed, slot: number): void {
    this.#slotOf.delete(timed);
    const peers = this.#slots.get(slot);
    peers?.delete(timed);
    if (peers?.size === 0) this.#slots.delete(slot);
  }

  #arm(slot: number): void {
    this.#cancel?.();
    this.#armedSlot = slot;
    this.#cancel = this.#clock.setTimer(slot * SLOT_MS - this.#clock.monotonicMs(), () => this.#tick());
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#armedSlot = Infinity;
  }

  #tick(): void {
    if (!this.isBehind) {
      this.#judge();
      return;
    }
    // Two turns: the first ends the turn that held us up, the second has read what waited in the sockets.
    this.#clock.endOfTurn(() => this.#clock.endOfTurn(() => this.#judge()));
  }

  #judge(): void {
    if (this.#stopped) return;
    const nowMs = this.#clock.monotonicMs();
    const present = nowMs / SLOT_MS;
    const due: Timed[] = [];
    for (const [slot, peers] of this.#slots) {
      if (slot > present) continue;
      for (const timed of peers) due.push(timed);
      this.#slots.delete(slot);
    }
    for (const timed of due) this.#slotOf.delete(timed);
    this.#disarm();
    for (const timed of due) {
      if (timed.deadlineMs <= nowMs) timed.onDeadline(nowMs);
      this.schedule(timed);
    }
    this.#armNext();
  }

  #armNext(): void {
    let next = Infinity;
    for (const slot of this.#slots.keys()) if (slot < next) next = slot;
    if (next < this.#armedSlot) this.#arm(next);
  }
}
