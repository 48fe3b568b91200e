import { describe, expect, it } from 'vitest';
import { coverageProblems, ReportBuilder, type SimulationReport } from './report.js';
import type { RunSummary } from './run.js';

const run = (seed: number, more: Partial<RunSummary> = {}): RunSummary => ({
  seed,
  publishes: 600,
  deliveries: 1_000,
  simulatedMs: 600_000,
  activeMs: seed % 10 === 0 ? 3_600_000 : 60_000,
  violations: [],
  historyHash: seed.toString(16).padStart(16, '0'),
  faults: { reset: 1 },
  recovery: { same: 5, range: 5, full: 5, tail: 5, reset: 5 },
  ...more,
});

function reportOf(runs: readonly RunSummary[]): SimulationReport {
  const builder = new ReportBuilder();
  for (const each of runs) builder.add(each);
  return builder.build();
}

const many = (more: Partial<RunSummary> = {}): RunSummary[] =>
  Array.from({ length: 400 }, (_, seed) => run(seed, more));

describe('a report', () => {
  it('has one hash for the same runs, in whatever order they ended', () => {
    const forth = reportOf([run(1), run(2), run(3)]).historyHash;
    expect(reportOf([run(3), run(1), run(2)]).historyHash).toBe(forth);
    expect(reportOf([run(1), run(2), run(3, { historyHash: 'f'.repeat(16) })]).historyHash).not.toBe(forth);
  });

  it('tells how long things happened', () => {
    expect(reportOf(many())).toMatchObject({ medianSeconds: 60, hourLongSeeds: 40, simulatedHours: 66.67 });
  });

  it('is sound where enough happened', () => {
    expect(coverageProblems(reportOf(many()), ['reset'])).toEqual([]);
  });

  it.each([
    ['a fault that never happened', {}, ['reset', 'sleep'], 'sleep'],
    [
      'a kind of recovery that is rare',
      { recovery: { same: 99, range: 0, full: 5, tail: 5, reset: 5 } },
      [],
      'range',
    ],
    ['too few publishes', { publishes: 100 }, [], 'publishes'],
    ['too little time', { simulatedMs: 1_000 }, [], 'hours'],
    ['too few long seeds', { activeMs: 60_000 }, [], 'hour or more'],
    ['a median too short', { activeMs: 30_000 }, [], 'median'],
  ])('leaves to be desired: %s', (_, more, faults, told) => {
    expect(coverageProblems(reportOf(many(more)), faults).join()).toContain(told);
  });
});
