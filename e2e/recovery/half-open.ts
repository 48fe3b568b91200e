// Half-open: a link that is dead and does not say so. How long until the reader notices, and until the server does?
import { createFaultProxy } from '@tickwire/testing/proxy';
import { Reader, sleep, startTraffic } from './stage.js';
import { type Times, timesOf } from './times.js';

const READERS = 20;
/** Over which the links die, so that they do at every moment between two pings. */
const SPREAD_MS = 5_000;
const PATIENCE_MS = 60_000;
const POLL_MS = 10;
/** The last message that arrives is so much older than the first that does not: the silence begins with it. */
const PUBLISH_EVERY_MS = 250;

export interface HalfOpen {
  /** From the first message that did not arrive to the client's own end of the connection. */
  readonly client: Times;
  /** The same for the server's. */
  readonly server: Times;
}

/** Every reader has a link of its own; each dies once, for good. New links are well. */
export async function measureHalfOpen(profile: 'default' | 'fast'): Promise<HalfOpen> {
  const clientMs: number[] = [];
  const serverMs: number[] = [];
  const measure = async (index: number): Promise<void> => {
    const traffic = await startTraffic({ ping: profile }, PUBLISH_EVERY_MS);
    const proxy = await createFaultProxy({ target: traffic.url });
    const reader = new Reader(proxy.url);
    await reader.live();
    await sleep((index / READERS) * SPREAD_MS);
    let darkMs = 0;
    proxy.setRules([
      {
        match: { where: ({ connection }) => connection === 1 && (darkMs ||= performance.now()) > 0 },
        then: { do: 'blackhole' },
      },
    ]);
    const noticed = async (has: () => boolean): Promise<number> => {
      for (;;) {
        if (darkMs > 0 && has()) return performance.now() - darkMs;
        if (darkMs > 0 && performance.now() - darkMs > PATIENCE_MS) return Infinity;
        await sleep(POLL_MS);
      }
    };
    const [byClientMs, byServerMs] = await Promise.all([
      noticed(() => reader.endsMs.length > 0),
      // Of the connections it has accepted one is gone; the client's next one is another.
      noticed(() => traffic.server.stats().accepted > traffic.server.stats().connections),
    ]);
    clientMs.push(byClientMs);
    serverMs.push(byServerMs);
    reader.close();
    await proxy.close();
    await traffic.close();
  };
  await Promise.all(Array.from({ length: READERS }, (_, index) => measure(index)));
  return { client: timesOf(clientMs), server: timesOf(serverMs) };
}
