// Turn budget: how long application hooks that answer at once may hold up everybody else. What does not fit into a turn
// of the event loop waits for the next. Whoever has tasks waiting is served in turn, so that one who has thousands makes
// the others wait for one of them and no more.
import type { Clock } from '@tickwire/protocol';

/** Tasks of one owner, in order. */
interface Queue {
  readonly tasks: (() => void)[];
  /** The next one. Taking the first from an array would move all the others. */
  at: number;
}

/** Runs tasks, at most so long a turn. */
export class TurnBudget {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  /** By owner, whose turn it is first. */
  readonly #waiting = new Map<object, Queue>();
  /** Spent in this turn; forgotten at its end. */
  #spentMs = 0;
  #armed = false;

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Whether there is time for one more now, and nobody waits. */
  get hasRoom(): boolean {
    return this.#waiting.size === 0 && this.#spentMs < this.#budgetMs;
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

  /** Runs a task in a turn that has room for it, behind the tasks of the same owner. */
  later<Result>(owner: object, task: () => Result | PromiseLike<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let queue = this.#waiting.get(owner);
      if (queue === undefined) this.#waiting.set(owner, (queue = { tasks: [], at: 0 }));
      queue.tasks.push(() => {
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

  /** Drops what an owner has waiting: it never settles. */
  forget(owner: object): void {
    this.#waiting.delete(owner);
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#clock.endOfTurn(() => {
      this.#armed = false;
      this.#spentMs = 0;
      // Owners that are put behind the others come up again in the same pass.
      for (const [owner, queue] of this.#waiting) {
        if (this.#spentMs >= this.#budgetMs) break;
        const task = queue.tasks[queue.at++];
        this.#waiting.delete(owner);
        if (queue.at < queue.tasks.length) this.#waiting.set(owner, queue);
        task?.();
      }
      if (this.#waiting.size > 0) this.#arm();
    });
  }
}
