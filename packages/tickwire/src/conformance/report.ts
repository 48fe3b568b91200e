// Report: the results of a run, rule by rule, for people and for programs. Pure.
import type { VectorResult } from '@tickwire/testing/conformance';

/** What came of one rule. */
export interface RuleReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A run, for programs. */
export interface ConformanceReport extends RuleReport {
  readonly url: string;
  readonly seconds: number;
  readonly rules: Readonly<Record<string, RuleReport>>;
  readonly results: readonly VectorResult[];
}

const NOTHING: RuleReport = { passed: 0, failed: 0, skipped: 0 };

/** Counts a run. */
export function reportOf(url: string, seconds: number, results: readonly VectorResult[]): ConformanceReport {
  const rules = new Map<string, RuleReport>();
  let all = NOTHING;
  for (const { rule, outcome } of results) {
    const before = rules.get(rule) ?? NOTHING;
    rules.set(rule, { ...before, [outcome]: before[outcome] + 1 });
    all = { ...all, [outcome]: all[outcome] + 1 };
  }
  const sorted = [...rules].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return { url, ...all, seconds, rules: Object.fromEntries(sorted), results };
}

/** The report as text, without a newline at its end. */
export function textOf(report: ConformanceReport): string {
  const lines = [`conformance of ${report.url}`, ''];
  for (const [rule, counts] of Object.entries(report.rules)) {
    lines.push(`${rule.padEnd(12)}${countsOf(counts)}`);
    for (const { id, name, outcome, failure } of report.results.filter((result) => result.rule === rule)) {
      if (outcome !== 'failed' || failure === undefined) continue;
      lines.push(`  FAILED ${id}: ${name}`);
      if (failure.rule !== rule) lines.push(`    breaks ${failure.rule}`);
      lines.push(`    ${failure.text}`);
    }
  }
  const reasons = new Map<string, number>();
  for (const { why } of report.results) if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  if (reasons.size > 0) lines.push('', ...[...reasons].map(([why, count]) => `skipped ${count}: ${why}`));
  const total = report.passed + report.failed + report.skipped;
  lines.push('', `${total} vectors: ${countsOf(report)}, in ${report.seconds.toFixed(1)} s`);
  return lines.join('\n');
}

function countsOf({ passed, failed, skipped }: RuleReport): string {
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return parts.join(', ');
}
