// Run seeds: many seeds on all cores, what they come to together, and the first that broke something. Some run twice,
// and on other releases of Node, to see that a seed is all it takes.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Violation } from '../check/violation.js';
import { ReportBuilder, type SimulationReport } from '../report.js';
import { BundleFolder } from './bundle.js';
import { inParallel, SeedWorker } from './seed-workers.js';

/** What to run. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
  /** How many at once. */
  readonly workers: number;
  /** Further releases of Node on which some of the seeds are run. */
  readonly nodes: readonly string[];
}

/** What is told while it runs. */
export interface SeedListener {
  onProgress(done: number): void;
  onBroken(seed: number, violations: readonly Violation[]): void;
  /** Anything else that must not be. */
  onProblem(text: string): void;
}

/** One in so many seeds runs twice: the histories must be equal. */
const REPEAT_EVERY = 100;
/** How many seeds run on another release of Node. */
const SAMPLE = 20;

/** Runs all of them. */
export async function runSeeds(range: SeedRange, listener: SeedListener): Promise<SimulationReport> {
  const { first, count, workers, nodes } = range;
  const folder = new BundleFolder();
  const hands: SeedWorker[] = [];
  try {
    const program = await folder.bundle('seeds');
    const builder = new ReportBuilder();
    const hashes = new Map<number, string>();
    for (let hand = 0; hand < workers; hand++) hands.push(new SeedWorker(program));
    let given = 0;
    let done = 0;
    await inParallel(
      workers,
      () => (given < count ? first + given++ : undefined),
      async (seed, hand) => {
        const runs = (seed - first) % REPEAT_EVERY === 0 ? 2 : 1;
        for (let run = 0; run < runs; run++) {
          const answer = await hands[hand]?.run(seed);
          if (answer === undefined || 'crash' in answer) {
            listener.onProblem(`seed ${seed} crashed: ${answer?.crash}`);
            continue;
          }
          const { summary } = answer;
          const before = hashes.get(seed);
          if (before !== undefined && before !== summary.historyHash)
            listener.onProblem(`seed ${seed}: two runs differ (${before}, ${summary.historyHash})`);
          if (before === undefined) {
            builder.add(summary);
            hashes.set(seed, summary.historyHash);
            if (summary.violations.length > 0) listener.onBroken(seed, summary.violations);
          }
        }
        listener.onProgress(++done);
      },
    );
    const sample = [...hashes.keys()].sort((a, b) => a - b).slice(0, SAMPLE);
    for (const node of nodes) await compareOn(node, program, sample, hashes, listener);
    return builder.build();
  } finally {
    for (const hand of hands) hand.stop();
    folder.remove();
  }
}

/** The same seeds on another release of Node, which `npx` fetches. */
async function compareOn(
  node: string,
  program: string,
  seeds: readonly number[],
  hashes: ReadonlyMap<number, string>,
  listener: SeedListener,
): Promise<void> {
  const args = ['--yes', '--package', `node@${node}`, 'node', program, ...seeds.map(String)];
  try {
    const { stdout } = await promisify(execFile)('npx', args);
    const lines = stdout.trim().split('\n');
    if (lines.length !== seeds.length)
      listener.onProblem(`Node ${node} ran ${lines.length} of ${seeds.length} seeds.`);
    for (const line of lines) {
      const [seed, hash] = line.split(' ');
      if (hash !== hashes.get(Number(seed)))
        listener.onProblem(`seed ${seed}: on Node ${node} it is ${hash}, here ${hashes.get(Number(seed))}.`);
    }
  } catch (error) {
    listener.onProblem(`Node ${node} did not run: ${error instanceof Error ? error.message : String(error)}`);
  }
}
