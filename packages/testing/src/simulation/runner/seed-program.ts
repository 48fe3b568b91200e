// Seed program: runs seeds and says what came of each. Bundled by itself, with the product in it, so that a run is one
// file: a worker of the pool, or a program for another release of Node.
import { isMainThread, parentPort } from 'node:worker_threads';
import { runSeed, type RunSummary } from '../run.js';

/** What a worker answers, one for each seed it was given. */
export type SeedAnswer =
  | { readonly seed: number; readonly summary: RunSummary }
  /** The run did not end as runs do: something threw where nothing may. */
  | { readonly seed: number; readonly crash: string };

// Stacks cost more than the errors that are made on purpose; whoever needs one runs the seed alone.
Error.stackTraceLimit = 0;

async function answer(seed: number): Promise<SeedAnswer> {
  let thrown: unknown;
  const note = (error: unknown): void => void (thrown ??= error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  try {
    const { history: _, ...summary } = await runSeed(seed);
    if (thrown === undefined) return { seed, summary };
  } catch (error) {
    note(error);
  } finally {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  }
  return { seed, crash: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
}

if (isMainThread) {
  // For another release of Node: seeds as arguments, one line `seed hash` each.
  for (const seed of process.argv.slice(2).map(Number)) {
    const said = await answer(seed);
    process.stdout.write(`${seed} ${'summary' in said ? said.summary.historyHash : 'crashed'}\n`);
  }
} else {
  parentPort?.on('message', (seed: number) => {
    void answer(seed).then((said) => parentPort?.postMessage(said));
  });
}
