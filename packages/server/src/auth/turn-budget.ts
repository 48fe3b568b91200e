// Turn budget: how long application hooks that answer at once may hold up everybody else. What does not fit into a turn
// of the event loop waits for the next, in order.
import type { Clock } from '@tickwire/protocol';

/** Runs tasks, at most so long a turn. */
export class TurnBudget {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #waiting: (() => void)[] = [];
  /** Spent in this turn; forgotten at its end. */
  #spentMs = 0;
  #armed = false;

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Whether there is time for one more now, and nobody waits. */
  get hasRoom(): boolean {
    return this.#waiting.length === 0 && this.#spentMs < this.#budgetMs;
  }

  /** Runs a task now. */
  spend<Result>(task: () => Result): Result {
    const startMs = this.#clock.monotonicMs();
    try {
      return task();
    } finally {
      this.#spentMs += this.#clock.monotonicMs() - startMs;
      if (this.#spentMs > 0) this.#arm();
    }
  }

  /** Runs a task in a turn that has room for it. */
  later<Result>(task: () => Result | PromiseLike<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(this.spend(task));
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what the task threw
          reject(error);
        }
      });
      this.#arm();
    });
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#clock.endOfTurn(() => {
      this.#armed = false;
      this.#spentMs = 0;
      const waiting = this.#waiting;
      let run = 0;
      while (run < waiting.length && this.#spentMs < this.#budgetMs) waiting[run++]?.();
      this.#waiting = this.#waiting.slice(run);
      if (this.#waiting.length > 0) this.#arm();
    });
  }
}
