// Run mutants: each without one rule, seed after seed, until the checker says that something is broken. A crash is told,
// but proves nothing about the checker and does not count.
import type { Mutant } from '../../mutants/mutant.js';
import type { Rule } from '../check/violation.js';
import { BundleFolder, PatchError } from './bundle.js';
import type { SeedAnswer } from './seed-program.js';
import { inParallel, SeedWorker } from './seed-workers.js';

/** What became of one mutant. */
export interface MutantResult {
  readonly name: string;
  readonly rule: string;
  /** What the checker said first; `null`: it never noticed. */
  readonly caught: { readonly seed: number; readonly invariant: Rule; readonly message: string } | null;
  /** How many seeds it took. */
  readonly seeds: number;
  readonly crashes: number;
  /** Why it could not be run. */
  readonly problem: string | null;
}

/** How mutants are run. */
export interface MutantOptions {
  readonly mutants: readonly Mutant[];
  /** Each is caught within so many seeds, or not at all. */
  readonly maxSeeds: number;
  readonly workers: number;
  readonly onResult: (result: MutantResult) => void;
}

/** Crashes after which a mutant is given up: it proves nothing. */
const MAX_CRASHES = 20;

/** Runs all of them, several at once, each from seed 1. */
export async function runMutants({
  mutants,
  maxSeeds,
  workers,
  onResult,
}: MutantOptions): Promise<MutantResult[]> {
  const folder = new BundleFolder();
  const results: MutantResult[] = [];
  const sound = new SoundRuns(await folder.bundle('sound'), workers);
  const left = [...mutants];
  try {
    await inParallel(
      workers,
      () => left.shift(),
      async (mutant, hand) => {
        const result = await hunt(mutant, maxSeeds, folder, (seed) => sound.breaks(seed, hand));
        results.push(result);
        onResult(result);
      },
    );
  } finally {
    sound.stop();
    folder.remove();
  }
  return results;
}

/** What the product as it is does with a seed: a mutant is caught only by a seed that is sound without it. */
class SoundRuns {
  readonly #workers: readonly SeedWorker[];

  constructor(program: string, workers: number) {
    this.#workers = Array.from({ length: workers }, () => new SeedWorker(program));
  }

  async breaks(seed: number, hand: number): Promise<boolean> {
    const answer = await this.#workers[hand]?.run(seed);
    return answer === undefined || 'crash' in answer || answer.summary.violations.length > 0;
  }

  stop(): void {
    for (const worker of this.#workers) worker.stop();
  }
}

async function hunt(
  mutant: Mutant,
  maxSeeds: number,
  folder: BundleFolder,
  breaksAnyway: (seed: number) => Promise<boolean>,
): Promise<MutantResult> {
  const { name, rule } = mutant;
  const result = { name, rule, caught: null, seeds: 0, crashes: 0, problem: null };
  let program: string;
  try {
    program = await folder.bundle(name, mutant);
  } catch (error) {
    return { ...result, problem: problemOf(error, name) };
  }
  const worker = new SeedWorker(program);
  let crashes = 0;
  let problem: string | null = null;
  try {
    for (let seed = 1; seed <= maxSeeds; seed++) {
      const answer: SeedAnswer = await worker.run(seed);
      if ('crash' in answer) {
        problem = `seed ${seed}: ${answer.crash}`;
        if (++crashes === MAX_CRASHES) return { ...result, seeds: seed, crashes, problem };
        continue;
      }
      const [first] = answer.summary.violations;
      if (first === undefined) continue;
      if (await breaksAnyway(seed)) {
        problem = `seed ${seed} is broken without the mutant`;
        continue;
      }
      const caught = { seed, invariant: first.rule, message: first.message };
      return { ...result, caught, seeds: seed, crashes, problem };
    }
    return { ...result, seeds: maxSeeds, crashes, problem };
  } finally {
    worker.stop();
  }
}

/** A bundler tells what a plugin threw in a list. */
function problemOf(error: unknown, name: string): string {
  const told = (
    error as { readonly errors?: readonly { readonly text: string; readonly detail?: unknown }[] }
  ).errors;
  const thrown = told?.[0]?.detail ?? error;
  if (thrown instanceof PatchError) return thrown.message;
  return `${name} cannot be bundled: ${told?.[0]?.text ?? String(error)}`;
}
