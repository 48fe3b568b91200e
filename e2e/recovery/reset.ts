// Reset: a connection is cut while the server is well. How long until its reader is live again?
import { SeededRandom } from '@tickwire/testing';
import { createFaultProxy } from '@tickwire/testing/proxy';
import { Reader, startTraffic } from './stage.js';
import { type Times, timesOf } from './times.js';

const CUTS = 400;
/** Few, so that a return is not measured while others return. */
const AT_ONCE = 8;

/** Each reader is cut once, with the options every client has. */
export async function measureResets(seed: number): Promise<Times> {
  const traffic = await startTraffic();
  const random = new SeededRandom(`reset ${String(seed)}`);
  const measuredMs: number[] = [];
  let begun = 0;
  const measure = async (): Promise<void> => {
    while (begun < CUTS) {
      const proxy = await createFaultProxy({ target: traffic.url });
      const reader = new Reader(proxy.url, { random: random.fork(String(++begun)) });
      await reader.live();
      let cutMs = 0;
      proxy.setRules([
        {
          match: { direction: 'toClient', nth: 1, where: () => (cutMs ||= performance.now()) > 0 },
          then: { do: 'reset' },
        },
      ]);
      while (reader.isLive) await new Promise((resolve) => setTimeout(resolve, 1));
      measuredMs.push((await reader.live()) - cutMs);
      reader.close();
      await proxy.close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, measure));
  await traffic.close();
  return timesOf(measuredMs);
}
