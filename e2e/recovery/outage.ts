// Outage: the server is gone for a second, and back. How long from the moment it listens until everybody is live?
import { SeededRandom } from '@tickwire/testing';
import { createFaultProxy } from '@tickwire/testing/proxy';
import { Reader, sleep, startTraffic } from './stage.js';
import { type Times, timesOf } from './times.js';

const READERS = 200;
const OUTAGES = 3;
const DOWN_MS = 1_000;

/** Nobody listens for a second, and all connections are reset, as when a process has died. */
export async function measureOutages(seed: number): Promise<Times> {
  const traffic = await startTraffic();
  const measuredMs: number[] = [];
  for (let outage = 0; outage < OUTAGES; outage++) {
    const random = new SeededRandom(`outage ${String(seed)} ${String(outage)}`);
    const before = await createFaultProxy({ target: traffic.url });
    const readers = Array.from(
      { length: READERS },
      (_, index) => new Reader(before.url, { random: random.fork(String(index)) }),
    );
    await Promise.all(readers.map((reader) => reader.live()));
    await before.close();
    await sleep(DOWN_MS);
    const after = await createFaultProxy({ target: traffic.url, port: before.port });
    const backMs = performance.now();
    measuredMs.push(...(await Promise.all(readers.map(async (reader) => (await reader.live()) - backMs))));
    for (const reader of readers) reader.close();
    await after.close();
  }
  await traffic.close();
  return timesOf(measuredMs);
}
