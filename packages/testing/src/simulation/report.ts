// Report: sums up runs, and says whether they went where they should: a zero counts only if the faults happened.
import type { RecoveryMode } from '@tickwire/protocol';
import type { RunSummary } from './run.js';

/** How the answers to subscriptions were distributed. */
export type RecoveryCounts = Readonly<Record<RecoveryMode, number>>;

/** What many runs came to. Printed by `--json` as it is. */
export interface SimulationReport {
  readonly seeds: number;
  readonly publishes: number;
  readonly deliveries: number;
  readonly simulatedHours: number;
  /** Half of the seeds have at least so many seconds in which things happen. */
  readonly medianSeconds: number;
  /** Seeds with an hour or more of them. */
  readonly hourLongSeeds: number;
  readonly violations: number;
  /** 16 hexadecimal digits: equal for equal seeds and code. */
  readonly historyHash: string;
  /** How often each fault was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly recovery: RecoveryCounts;
}

const MODES: readonly RecoveryMode[] = ['same', 'range', 'full', 'tail', 'reset'];
const HOUR_MS = 3_600_000;

/** Adds up runs one by one, so that their histories need not be kept. */
export class ReportBuilder {
  #seeds = 0;
  #publishes = 0;
  #deliveries = 0;
  #simulatedMs = 0;
  #violations = 0;
  #hashes: (readonly [seed: number, hash: string])[] = [];
  #activeMs: number[] = [];
  readonly #faults = new Map<string, number>();
  readonly #recovery = new Map<RecoveryMode, number>(MODES.map((mode) => [mode, 0]));

  /** Counts one run in; the order of runs does not matter. */
  add(run: RunSummary): void {
    this.#seeds++;
    this.#publishes += run.publishes;
    this.#deliveries += run.deliveries;
    this.#simulatedMs += run.simulatedMs;
    this.#violations += run.violations.length;
    this.#hashes.push([run.seed, run.historyHash]);
    this.#activeMs.push(run.activeMs);
    for (const [fault, count] of Object.entries(run.faults))
      this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + count);
    for (const mode of MODES) this.#recovery.set(mode, (this.#recovery.get(mode) ?? 0) + run.recovery[mode]);
  }

  /** What the runs counted so far say together. */
  build(): SimulationReport {
    const lengths = this.#activeMs.sort((a, b) => a - b);
    return {
      seeds: this.#seeds,
      publishes: this.#publishes,
      deliveries: this.#deliveries,
      simulatedHours: Math.round(this.#simulatedMs / 36_000) / 100,
      medianSeconds: (lengths[Math.floor(lengths.length / 2)] ?? 0) / 1_000,
      hourLongSeeds: lengths.filter((activeMs) => activeMs >= HOUR_MS).length,
      violations: this.#violations,
      historyHash: this.#hashes.sort(([a], [b]) => a - b).reduce((sum, [, hash]) => mixHashes(sum, hash), ''),
      faults: Object.fromEntries([...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1))),
      recovery: Object.fromEntries(this.#recovery) as RecoveryCounts,
    };
  }
}

/** What a report has to show for every seed it has, so that its zero means something. */
const LEAST = {
  publishes: 500,
  hours: 0.05,
  hourLongSeeds: 0.05,
  timesEachFault: 100 / 20_000,
  medianSeconds: 60,
  shareOfEachRecovery: 0.01,
} as const;

/**
 * What a report leaves to be desired: too little happened, or a fault or a kind of recovery was too rare to mean
 * anything. Few seeds may miss by chance, and are asked for less.
 */
export function coverageProblems(report: SimulationReport, faults: readonly string[]): string[] {
  const { seeds } = report;
  const problems: string[] = [];
  const expect = (what: string, has: number, least: number): void => {
    if (has < least) problems.push(`${what}: ${has}, less than ${Math.ceil(least)}.`);
  };
  const mercy = Math.max(0, 1 - 2 / Math.sqrt(seeds));
  expect('publishes', report.publishes, LEAST.publishes * seeds * mercy);
  expect('simulated hours', report.simulatedHours, LEAST.hours * seeds * mercy);
  expect('seeds of an hour or more', report.hourLongSeeds, LEAST.hourLongSeeds * seeds * mercy);
  expect('seconds of the median seed', report.medianSeconds, seeds < 100 ? 0 : LEAST.medianSeconds);
  for (const fault of faults)
    expect(`the fault ${fault}`, report.faults[fault] ?? 0, Math.max(1, LEAST.timesEachFault * seeds));
  const answers = MODES.reduce((sum, mode) => sum + report.recovery[mode], 0);
  for (const mode of MODES)
    expect(
      `subscriptions answered "${mode}" of ${answers}`,
      report.recovery[mode],
      answers * LEAST.shareOfEachRecovery,
    );
  return problems;
}

/** Joins two hashes of 16 hexadecimal digits; the order counts. */
function mixHashes(sum: string, next: string): string {
  if (sum === '') return next;
  let mixed = '';
  for (const at of [0, 8]) {
    const a = parseInt(sum.slice(at, at + 8), 16);
    const b = parseInt(next.slice(at, at + 8), 16);
    const word = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) ^ Math.imul(b ^ (b >>> 12), 0x297a2d39);
    mixed += (word >>> 0).toString(16).padStart(8, '0');
  }
  return mixed;
}
