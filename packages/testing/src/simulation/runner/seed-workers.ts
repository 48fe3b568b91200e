// Seed workers: threads that run seeds of a bundled program. One that dies or hangs is replaced; the seed it had is told
// to have crashed.
import { Worker } from 'node:worker_threads';
import type { SeedAnswer } from './seed-program.js';

/** Longest time a seed may take before it counts as hung. */
const HUNG_MS = 30_000;

/** One thread with one program. */
export class SeedWorker {
  readonly #program: string;
  #worker: Worker | undefined;

  constructor(program: string) {
    this.#program = program;
  }

  /** Runs a seed. Never rejects. */
  run(seed: number): Promise<SeedAnswer> {
    this.#worker ??= new Worker(this.#program, { execArgv: ['--enable-source-maps'] });
    const worker = this.#worker;
    return new Promise((resolve) => {
      const settle = (answer: SeedAnswer): void => {
        clearTimeout(patience);
        worker.off('message', settle).off('error', onError).off('exit', onExit);
        resolve(answer);
      };
      const die = (crash: string): void => {
        this.stop();
        settle({ seed, crash });
      };
      const onError = (error: unknown): void => die(String(error));
      const onExit = (code: number): void => die(`the thread ended with ${code}`);
      const patience = setTimeout(() => die(`no end within ${HUNG_MS / 1_000} s`), HUNG_MS);
      worker.on('message', settle).on('error', onError).on('exit', onExit);
      worker.postMessage(seed);
    });
  }

  stop(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    // What it says on its way out is of no interest.
    worker?.on('error', () => undefined);
    void worker?.terminate();
  }
}

/** Hands out what `next` gives to so many hands, until it gives `undefined` and all are done. */
export async function inParallel<Task>(
  hands: number,
  next: () => Task | undefined,
  work: (task: Task, hand: number) => Promise<void>,
): Promise<void> {
  const one = async (hand: number): Promise<void> => {
    for (let task = next(); task !== undefined; task = next()) await work(task, hand);
  };
  await Promise.all(Array.from({ length: hands }, (_, hand) => one(hand)));
}
