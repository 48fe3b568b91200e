// Microtask drain: lets every promise that can continue do so. The one place here that touches the real event loop.

// Taken once, so that a test runner's fake timers cannot stop the virtual clock.
const platform = globalThis as {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
};
const { setImmediate, setTimeout } = platform;
const schedule: (run: () => void) => unknown =
  setImmediate === undefined ? (run) => setTimeout(run, 0) : (run) => setImmediate(run);

/**
 * Resolves when no promise can go on without something from outside. The runtime empties its microtask queue before
 * it starts the next task, so this is exact, however long the chains are, and the same on every version of Node.
 */
export function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => schedule(resolve));
}
