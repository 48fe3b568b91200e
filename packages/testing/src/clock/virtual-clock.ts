// Virtual clock: time that moves only when told to, for one program or for a whole cluster of virtual machines.
// Implements the Clock port; knows nothing of networks.
import type { Cancel, Clock } from '@tickwire/protocol';
import { EventHeap, type TimedEvent } from './event-heap.js';
import { inTasks } from './in-tasks.js';

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /**
   * What the wall clock shows at the start, in milliseconds since 1970.
   * @defaultValue 1_750_000_000_000 (June 2025)
   */
  readonly startWallMs?: number;
}

interface ClockEvent extends TimedEvent {
  atMs: number;
  order: number;
  readonly machine: VirtualMachine;
  /** Whether the machine armed it itself, rather than the world around it. */
  readonly own: boolean;
  /** `undefined` once it ran or was cancelled. */
  run: (() => void) | undefined;
}

const DEFAULT_START_WALL_MS = 1_750_000_000_000;
const MAX_EVENTS_PER_INSTANT = 100_000;
const nothing: Cancel = () => {
  // There is nothing to cancel.
};

/**
 * A clock whose time stands still until {@link VirtualClock.advance} moves it. Between two events every promise that
 * can continue does so, so what a program does is a function of its inputs alone. Where one clock drives several
 * programs, give each its own {@link VirtualClock.machine}.
 */
export class VirtualClock implements Clock {
  readonly #heap = new EventHeap<ClockEvent>();
  #endOfTurn: ClockEvent[] = [];
  /** What runs one by one at present: what fell due together, or the ends of that turn. */
  #turn: readonly ClockEvent[] = [];
  #at = 0;
  #ending = false;
  /** How many events had run when the present instant began. */
  #beforeInstant = 0;
  #nowMs = 0;
  #order = 0;
  #events = 0;
  #advancing = false;
  readonly #startWallMs: number;
  readonly #own: VirtualMachine;

  constructor(options: VirtualClockOptions = {}) {
    this.#startWallMs = options.startWallMs ?? DEFAULT_START_WALL_MS;
    this.#own = this.machine();
  }

  /** How many events have run since the start. */
  get events(): number {
    return this.#events;
  }

  /** Timers of the clock itself that wait; those of its machines are counted there. */
  get pendingTimers(): number {
    return this.#own.pendingTimers;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#own.wallMs();
  }

  setTimer(delayMs: number, run: () => void): Cancel {
    return this.#own.setTimer(delayMs, run);
  }

  endOfTurn(run: () => void): void {
    this.#own.endOfTurn(run);
  }

  /** Moves the wall clock, not the time: what an operator or NTP does. Negative values move it back. */
  jumpWallClock(byMs: number): void {
    this.#own.jumpWallClock(byMs);
  }

  /** A further computer that lives in this time: own wall clock, own timers, can be frozen and halted. */
  machine(): VirtualMachine {
    return new VirtualMachine({
      nowMs: () => this.#nowMs,
      startWallMs: this.#startWallMs,
      add: (machine, own, delayMs, run) => {
        const event: ClockEvent = { machine, own, atMs: this.#nowMs + delayMs, order: this.#order++, run };
        this.#heap.push(event);
        return event;
      },
      addEndOfTurn: (machine, run) => {
        this.#endOfTurn.push({ machine, own: true, atMs: this.#nowMs, order: this.#order++, run });
      },
      addAgain: (event) => {
        event.atMs = this.#nowMs;
        event.order = this.#order++;
        this.#heap.push(event);
      },
    });
  }

  /**
   * Moves the time by `byMs`, running what falls due, each event at its own instant.
   * @throws what an event throws, and an `Error` where a hundred thousand events fall on one instant.
   */
  async advance(byMs: number): Promise<void> {
    if (!(byMs >= 0)) throw new RangeError(`advance(${byMs}): time moves forward only.`);
    if (this.#advancing) throw new Error('advance() is already under way: await it before the next call.');
    this.#advancing = true;
    const untilMs = this.#nowMs + byMs;
    this.#beforeInstant = this.#events;
    // What was armed meanwhile belongs to the next turn.
    if (this.#at >= this.#turn.length) this.#ending = true;
    try {
      await inTasks(() => this.#step(untilMs));
    } finally {
      this.#advancing = false;
    }
  }

  /** Runs everything that can run without time passing. */
  settle(): Promise<void> {
    return this.advance(0);
  }

  /** Milliseconds until the next event of any machine; `null` where nothing is planned. */
  get nextInMs(): number | null {
    const next = this.#peek();
    return next === undefined ? null : Math.max(0, next.atMs - this.#nowMs);
  }

  #peek(): ClockEvent | undefined {
    for (;;) {
      const top = this.#heap.peek();
      if (top === undefined || top.run !== undefined) return top;
      this.#heap.pop();
    }
  }

  /** Runs the next event, whatever time it takes to get there; whether nothing is left to run until then. */
  #step(untilMs: number): boolean {
    for (;;) {
      const event = this.#turn[this.#at++];
      if (event !== undefined) {
        if (this.#runEvent(event)) return false;
      } else if (this.#endOfTurn.length > 0 && !this.#ending) {
        this.#ending = true;
        this.#begin(this.#endOfTurn);
        this.#endOfTurn = [];
      } else {
        // A turn of the event loop: all that is due now, then its ends.
        this.#ending = false;
        this.#begin(this.#takeDue());
        if (this.#turn.length > 0 || this.#endOfTurn.length > 0) continue;
        const next = this.#peek();
        this.#nowMs = next === undefined ? untilMs : Math.min(next.atMs, untilMs);
        if (next === undefined || next.atMs > untilMs) return true;
        this.#beforeInstant = this.#events;
      }
    }
  }

  #begin(turn: readonly ClockEvent[]): void {
    this.#turn = turn;
    this.#at = 0;
    if (this.#events - this.#beforeInstant > MAX_EVENTS_PER_INSTANT) {
      throw new Error(
        'A hundred thousand events at one instant: something arms a timer without delay for ever.',
      );
    }
  }

  #takeDue(): readonly ClockEvent[] {
    const due: ClockEvent[] = [];
    for (let top = this.#peek(); top !== undefined && top.atMs <= this.#nowMs; top = this.#peek()) {
      this.#heap.pop();
      due.push(top);
    }
    return due;
  }

  #runEvent(event: ClockEvent): boolean {
    const { run } = event;
    if (run === undefined || !event.machine.claim(event)) return false;
    event.run = undefined;
    this.#events++;
    run();
    return true;
  }
}

/** What a machine needs of its clock. */
interface Timeline {
  nowMs(): number;
  readonly startWallMs: number;
  add(machine: VirtualMachine, own: boolean, delayMs: number, run: () => void): ClockEvent;
  addEndOfTurn(machine: VirtualMachine, run: () => void): void;
  /** Plans an event that could not run when it was due for now. */
  addAgain(event: ClockEvent): void;
}

/** A computer under a {@link VirtualClock}: made by {@link VirtualClock.machine}. */
export class VirtualMachine implements Clock {
  readonly #timeline: Timeline;
  #wallOffsetMs = 0;
  #pending = 0;
  #frozen = false;
  #halted = false;
  #parked: ClockEvent[] = [];

  /** @internal */
  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Timers and ends of turn that this machine's programs armed and that wait. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** Whether {@link VirtualMachine.halt} was called. */
  get halted(): boolean {
    return this.#halted;
  }

  /** Whether {@link VirtualMachine.freeze} was called, and not yet {@link VirtualMachine.thaw}. */
  get frozen(): boolean {
    return this.#frozen;
  }

  monotonicMs(): number {
    return this.#timeline.nowMs();
  }

  wallMs(): number {
    return this.#timeline.startWallMs + this.#timeline.nowMs() + this.#wallOffsetMs;
  }

  setTimer(delayMs: number, run: () => void): Cancel {
    if (Number.isNaN(delayMs)) throw new RangeError('setTimer: the delay is not a number.');
    if (this.#halted) return nothing;
    this.#pending++;
    const event = this.#timeline.add(this, true, Math.max(0, delayMs), run);
    return () => {
      if (event.run === undefined) return;
      event.run = undefined;
      this.#pending--;
    };
  }

  /** What the world does to this machine after a while, such as a packet that arrives: none of its own timers. */
  schedule(delayMs: number, run: () => void): void {
    if (Number.isNaN(delayMs)) throw new RangeError('schedule: the delay is not a number.');
    if (!this.#halted) this.#timeline.add(this, false, Math.max(0, delayMs), run);
  }

  endOfTurn(run: () => void): void {
    if (this.#halted) return;
    this.#pending++;
    this.#timeline.addEndOfTurn(this, run);
  }

  /** Moves this machine's wall clock, not the time. */
  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** SIGSTOP: nothing of this machine runs until {@link VirtualMachine.thaw}; what falls due meanwhile waits. */
  freeze(): void {
    this.#frozen = true;
  }

  /** SIGCONT: what fell due while frozen runs now, in its order. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    const parked = this.#parked;
    this.#parked = [];
    for (const event of parked) this.#timeline.addAgain(event);
  }

  /** SIGKILL: nothing of this machine ever runs again. */
  halt(): void {
    this.#halted = true;
    this.#parked = [];
    this.#pending = 0;
  }

  /**
   * Whether an event that is due may run now. One that may not because the machine is frozen is kept for the thaw.
   * @internal
   */
  claim(event: ClockEvent): boolean {
    if (this.#halted) return false;
    if (this.#frozen) {
      this.#parked.push(event);
      return false;
    }
    if (event.own) this.#pending--;
    return true;
  }
}
