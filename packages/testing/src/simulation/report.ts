// Report: sums up runs, and says whether they went where they should: a zero counts only if the faults happened.
import type { RecoveryMode } from '@tickwire/protocol';
import type { RunResult } from './run.js';

/** How the answers to subscriptions were distributed. */
export type RecoveryCounts = Readonly<Record<RecoveryMode, number>>;

/** What many runs came to. Printed by `--json` as it is. */
export interface SimulationReport {
  readonly seeds: number;
  readonly publishes: number;
  readonly deliveries: number;
  readonly simulatedHours: number;
  readonly violations: number;
  /** 16 hexadecimal digits: equal for equal seeds and code. */
  readonly historyHash: string;
  /** How often each fault was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly recovery: RecoveryCounts;
}

/** Least share of each kind of recovery in a sound report. */
const MIN_RECOVERY_SHARE = 0.01;
const MODES: readonly RecoveryMode[] = ['same', 'range', 'full', 'tail', 'reset'];

/** Adds up runs one by one, so that their histories need not be kept. */
export class ReportBuilder {
  #seeds = 0;
  #publishes = 0;
  #deliveries = 0;
  #simulatedMs = 0;
  #violations = 0;
  #hash = '';
  readonly #faults = new Map<string, number>();
  readonly #recovery = new Map<RecoveryMode, number>(MODES.map((mode) => [mode, 0]));

  /** Counts one run in. */
  add(run: RunResult): void {
    this.#seeds++;
    this.#publishes += run.publishes;
    this.#deliveries += run.deliveries;
    this.#simulatedMs += run.simulatedMs;
    this.#violations += run.violations.length;
    this.#hash = mixHashes(this.#hash, run.historyHash);
    for (const [fault, count] of Object.entries(run.faults))
      this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + count);
    for (const mode of MODES) this.#recovery.set(mode, (this.#recovery.get(mode) ?? 0) + run.recovery[mode]);
  }

  /** What the runs counted so far say together. */
  build(): SimulationReport {
    return {
      seeds: this.#seeds,
      publishes: this.#publishes,
      deliveries: this.#deliveries,
      simulatedHours: Math.round(this.#simulatedMs / 36_000) / 100,
      violations: this.#violations,
      historyHash: this.#hash,
      faults: Object.fromEntries([...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1))),
      recovery: Object.fromEntries(this.#recovery) as RecoveryCounts,
    };
  }
}

/** What a report leaves to be desired: faults that never happened, recoveries too rare to mean anything. */
export function coverageProblems(report: SimulationReport, faults: readonly string[]): string[] {
  const problems = faults
    .filter((fault) => (report.faults[fault] ?? 0) === 0)
    .map((fault) => `The fault ${fault} never happened: run more seeds.`);
  const answers = MODES.reduce((sum, mode) => sum + report.recovery[mode], 0);
  for (const mode of MODES) {
    if (report.recovery[mode] < answers * MIN_RECOVERY_SHARE) {
      problems.push(
        `Only ${report.recovery[mode]} of ${answers} subscriptions were answered "${mode}": less than 1 %.`,
      );
    }
  }
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
