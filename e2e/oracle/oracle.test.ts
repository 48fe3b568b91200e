import { expect, test } from 'vitest';
import { generateCapture } from './generated-capture.js';
import { runOracle } from './run.js';
import { readSource } from './source.js';
import { createTickwireOracleClient } from './tickwire-client.js';

test(
  'over a link torn 12 times, every state the client holds is the one the exchange checksummed',
  { timeout: 60_000 },
  async () => {
    const source = await readSource(
      generateCapture({ seed: 7, pairs: 4, updates: 1_200, updatesPerSecond: 150, depth: 50 }),
    );
    const { report, problems } = await runOracle({
      source,
      createClient: createTickwireOracleClient,
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
