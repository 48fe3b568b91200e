// Live share: of all the time that readers want a channel, for how much of it is it live under a stated schedule of faults?
import { SeededRandom } from '@tickwire/testing';
import { createFaultProxy, type Fault, type FaultProxy } from '@tickwire/testing/proxy';
import { Reader, sleep, startTraffic } from './stage.js';

const READERS = 100;
const SECONDS = 60;

/** So many of each happen to so many readers in the time: much more than a bad day of a mobile network. */
const SCHEDULE: readonly (readonly [times: number, fault: Fault])[] = [
  [20, { do: 'reset' }],
  [5, { do: 'closeWithCode', code: 1001, reason: 'restart' }],
  [4, { do: 'drop' }],
  [10, { do: 'duplicate' }],
  [20, { do: 'delay', delayMs: 200 }],
  [10, { do: 'stall', durationMs: 500 }],
];

export interface LiveShare {
  readonly readers: number;
  readonly seconds: number;
  readonly schedule: Readonly<Record<string, number>>;
  /** From 0 to 1. */
  readonly share: number;
}

/** Every fault strikes one reader, drawn like the moment. */
export async function measureLiveShare(seed: number): Promise<LiveShare> {
  const random = new SeededRandom(`share ${String(seed)}`);
  const traffic = await startTraffic();
  const lines: { readonly proxy: FaultProxy; readonly reader: Reader }[] = [];
  for (let index = 0; index < READERS; index++) {
    const proxy = await createFaultProxy({ target: traffic.url });
    lines.push({ proxy, reader: new Reader(proxy.url, { random: random.fork(String(index)) }) });
  }
  await Promise.all(lines.map(({ reader }) => reader.live()));
  const blows = SCHEDULE.flatMap(([times, fault]) =>
    Array.from({ length: times }, () => ({ fault, atMs: random.float() * (SECONDS - 5) * 1_000 })),
  ).sort((a, b) => a.atMs - b.atMs);
  const startMs = performance.now();
  for (const { reader } of lines) reader.count();
  for (const { atMs, fault } of blows) {
    await sleep(Math.max(0, startMs + atMs - performance.now()));
    random
      .pick(lines)
      .proxy.setRules([{ match: { direction: 'toClient', frame: ['f', 'd'], nth: 1 }, then: fault }]);
  }
  await sleep(startMs + SECONDS * 1_000 - performance.now());
  const liveMs = lines.reduce((sum, { reader }) => sum + reader.liveMs, 0);
  const wholeMs = (performance.now() - startMs) * READERS;
  const struck: Record<string, number> = {};
  for (const { proxy, reader } of lines) {
    for (const [name, times] of Object.entries(proxy.stats.faults))
      if (times > 0) struck[name] = (struck[name] ?? 0) + times;
    reader.close();
    await proxy.close();
  }
  await traffic.close();
  return { readers: READERS, seconds: SECONDS, schedule: struck, share: liveMs / wholeMs };
}
