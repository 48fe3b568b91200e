import { expect, test } from 'vitest';
import { runFaults } from './fault-run.js';
import { generateCapture } from './generated-capture.js';
import { runOracle } from './run.js';
import { readSource } from './source.js';
import { tickwireOracleClient } from './tickwire-client.js';

test(
  'over a link torn 12 times, every state the client holds is the one the exchange checksummed',
  { timeout: 60_000 },
  async () => {
    const source = await readSource(
      generateCapture({ seed: 7, pairs: 4, updates: 1_200, updatesPerSecond: 150, depth: 50 }),
    );
    const { report, problems } = await runOracle({
      source,
      createClient: tickwireOracleClient(),
      speed: 1,
      cuts: 12,
      seed: 7,
    });
    expect(problems).toEqual([]);
    expect(report).toMatchObject({
      wrong: 0,
      booksRight: 4,
      cuts: 12,
      events: { wrong: 0, lost: 0, received: 1_204 },
    });
    expect(report.checked).toBeGreaterThan(report.checksums * 0.47);
    expect(report.recovery.range).toBeGreaterThanOrEqual(12 * 0.8);
  },
);

test(
  'under faults of every kind, nothing a client holds is wrong, and all books are right at the end',
  { timeout: 60_000 },
  async () => {
    const source = await readSource(
      generateCapture({ seed: 8, pairs: 4, updates: 1_500, updatesPerSecond: 150, depth: 50 }),
    );
    const { report, problems } = await runFaults({ source, schedules: 12, seed: 8, speed: 4 });
    expect(problems).toEqual([]);
    expect(report).toMatchObject({
      wrong: 0,
      booksRight: 48,
      schedulesRight: 12,
      events: { wrong: 0, lost: 0 },
    });
    expect(report.events.received).toBe(report.events.published);
    expect(report.faults.drop).toBeGreaterThan(0);
    expect(report.faults.duplicate).toBeGreaterThan(0);
  },
);
