// Instants: what needs no time happens by itself; time passes only when a test says so. One step after another, so that
// a test need not think of what is under way.
import type { Clock } from '@tickwire/protocol';
import type { VirtualClock } from '../clock/virtual-clock.js';

/** `act` of `@testing-library/react`, or of React: everything that happens is wrapped in it. */
export type Act = (run: () => Promise<void>) => PromiseLike<unknown>;

/** The steps of one test. */
export class Instants {
  readonly #clock: VirtualClock;
  readonly #act: Act;
  /** Ends with the last step, well or not. */
  #last: Promise<void> = Promise.resolve();
  /** Something waits to happen, or a step is under way in which it will. */
  #isRoused = false;
  #isStepping = false;
  /** The last step failed before everything had happened. */
  #hasFailed = false;

  constructor(clock: VirtualClock, act: Act = (run) => run()) {
    this.#clock = clock;
    this.#act = act;
  }

  /** Takes a step, lets `byMs` pass and everything happen that is due then. Resolves with what the step did. */
  step<Result>(take: () => Result | Promise<Result>, byMs = 0): Promise<Result> {
    const before = this.#last;
    let end!: () => void;
    this.#last = new Promise((resolve) => (end = resolve));
    // Nobody but the caller hears of a failure: of a step that nobody awaits it is an unhandled rejection, which test
    // runners report.
    return before.then(() => this.#run(take, byMs)).finally(end);
  }

  async #run<Result>(take: () => Result | Promise<Result>, byMs: number): Promise<Result> {
    let result: Result | Promise<Result> | undefined;
    let isDone = false;
    this.#isStepping = true;
    try {
      await this.#act(async () => {
        result = take();
        // It may fail while time passes; it is awaited afterwards.
        if (result instanceof Promise) result.catch(() => undefined);
        await this.#clock.advance(byMs);
        // What was set off last of all, behind the clock's back.
        while (this.#isRoused) {
          this.#isRoused = false;
          await this.#clock.settle();
        }
        isDone = true;
      });
    } finally {
      // What `act` itself set off at its end, or a failure left undone, must not wait for a step that may never be taken.
      // One that fails again is not repeated: it would be for ever.
      const isLeft = isDone ? this.#isRoused : !this.#hasFailed;
      this.#hasFailed = !isDone;
      this.#isStepping = false;
      this.#isRoused = false;
      if (isLeft) this.rouse();
    }
    return result as Result | Promise<Result>;
  }

  /** Something was set off: lets it happen in the step under way, or soon. */
  readonly rouse = (): void => {
    if (this.#isRoused) return;
    this.#isRoused = true;
    if (!this.#isStepping) void this.step(() => undefined);
  };

  /** A clock that rouses when something is to happen now. */
  clock(of: Clock): Clock {
    return {
      monotonicMs: () => of.monotonicMs(),
      wallMs: () => of.wallMs(),
      setTimer: (delayMs, run) => {
        if (delayMs <= 0) this.rouse();
        return of.setTimer(delayMs, run);
      },
      endOfTurn: (run) => {
        this.rouse();
        of.endOfTurn(run);
      },
    };
  }
}
