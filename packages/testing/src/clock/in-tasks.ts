// In tasks: runs a program step by step, each in a task of its own, so that all promises that can go on do so between
// two steps. The one place here that touches the real event loop.

// Taken once, so that a test runner's fake timers cannot stop the virtual clock.
const platform = globalThis as {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
};
const { setImmediate, setTimeout } = platform;
const schedule: (run: () => void) => unknown =
  setImmediate === undefined ? (run) => setTimeout(run, 0) : (run) => setImmediate(run);

/** How many tasks are kept ahead: Node runs them in one turn of its loop, and the turn costs more than they do. */
const TASKS_AHEAD = 16;

/**
 * Calls `step` until it answers that it is done. The runtime empties its microtask queue between two tasks, so this is
 * exact, however long the chains of promises are, and the same on every version of Node. Rejects with what `step` throws.
 */
export function inTasks(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false;
    let ahead = 0;
    const task = (): void => {
      ahead--;
      if (done) return;
      try {
        done = step();
      } catch (error) {
        done = true;
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what the step threw
        reject(error);
      }
      if (done) resolve();
      else fill();
    };
    const fill = (): void => {
      for (; ahead < TASKS_AHEAD; ahead++) schedule(task);
    };
    fill();
  });
}
