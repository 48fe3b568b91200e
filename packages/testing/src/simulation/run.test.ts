import { describe, expect, it } from 'vitest';
import { ReportBuilder } from './report.js';
import { runSeed } from './run.js';

const SEEDS = 50;

describe('runSeed', () => {
  it(`keeps every promise over ${SEEDS} seeds`, async () => {
    const builder = new ReportBuilder();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = await runSeed(seed);
      expect({ seed, violations: run.violations }).toEqual({ seed, violations: [] });
      builder.add(run);
    }
    const { deliveries, recovery } = builder.build();
    expect(deliveries).toBeGreaterThan(SEEDS * 100);
    for (const count of Object.values(recovery)) expect(count).toBeGreaterThan(0);
  }, 120_000);

  it('gives the same history for the same seed, and another for another', async () => {
    const [once, again, other] = [await runSeed(7), await runSeed(7), await runSeed(8)];
    expect(again.historyHash).toBe(once.historyHash);
    expect(again.history).toEqual(once.history);
    expect(other.historyHash).not.toBe(once.historyHash);
  });
});
