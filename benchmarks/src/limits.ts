// Limits: what a change must not lose. They lie below what a quiet machine measures, by more than its noise.
import type { BundleSize } from './bundle-size.js';
import type { FanOutResult } from './fan-out.js';
import { type StalledResult, WATERMARK_BYTES } from './stalled-result.js';
import type { WorkloadName } from './workload.js';

/** Least ratios of `tickwire`, which sends full values. */
export const LEAST_RATIOS: Readonly<
  Record<WorkloadName, { readonly naiveWs: number; readonly socketIo: number }>
> = {
  hot: { naiveWs: 1.2, socketIo: 1.5 },
  watchlist: { naiveWs: 10, socketIo: 10 },
};

export const MAX_GZIP_BYTES: Readonly<Partial<Record<BundleSize['name'], number>>> = {
  client: 10_000,
  'client-with-react': 13_000,
};

/** Packages no browser bundle may hold. */
export const BARRED_PACKAGES: readonly string[] = ['zod'];

/** What the run with stalled readers must keep. */
export const STALLED_LIMITS = {
  leastSentBytes: 16_000_000,
  leastPastWatermark: 0.99,
  /** The watermark and 64 KiB. */
  mostBytesEach: WATERMARK_BYTES + 65_536,
  closedAfterMs: [30_000, 45_000],
} as const;

/** One sentence for every limit that the run with stalled readers misses. */
export function missedByStalled(result: StalledResult): readonly string[] {
  const { leastSentBytes, leastPastWatermark, mostBytesEach, closedAfterMs } = STALLED_LIMITS;
  const [earliest, latest] = closedAfterMs;
  const mostGrowth = result.stopped * mostBytesEach;
  const kept: readonly (readonly [boolean, string])[] = [
    [result.sentBytes >= leastSentBytes, `${result.sentBytes} bytes sent to each, ${leastSentBytes} wanted`],
    [
      result.pastWatermark >= result.stopped * leastPastWatermark,
      `${result.pastWatermark} of ${result.stopped} passed the watermark, 99 % wanted`,
    ],
    [
      result.mostBytesEach <= mostBytesEach,
      `${result.mostBytesEach} bytes waited for one, at most ${mostBytesEach}`,
    ],
    [
      result.growthBytes <= mostGrowth,
      `the process grew by ${result.growthBytes} bytes, at most ${mostGrowth}`,
    ],
    [
      result.closedAfterMs === null ||
        (result.closedAfterMs.first >= earliest && result.closedAfterMs.last <= latest),
      `readers of nothing were closed after ${String(result.closedAfterMs?.first)} to ${String(result.closedAfterMs?.last)} ms, ${earliest} to ${latest} wanted`,
    ],
    [
      result.converged === result.cameBack,
      `${result.cameBack - result.converged} that were closed and came back did not get the last event`,
    ],
    [result.slowClosed === 0, `${result.slowClosed} that read a thousand bytes a second were closed`],
    [
      result.slowCaughtUp === result.slow,
      `${result.slow - result.slowCaughtUp} that read a thousand bytes a second did not catch up`,
    ],
    [result.delivered === result.expected, `the others got ${result.delivered} of ${result.expected} events`],
    [result.othersLost === 0, `${result.othersLost} of the others were closed`],
  ];
  return kept.filter(([ok]) => !ok).map(([, sentence]) => `stalled: ${sentence}`);
}

/** One sentence for every limit that is missed. */
export function missedLimits(
  results: readonly FanOutResult[],
  sizes: readonly BundleSize[],
): readonly string[] {
  const missed: string[] = [];
  for (const { workload, server, ratioToNaiveWs, ratioToSocketIo } of results) {
    if (server !== 'tickwire') continue;
    const least = LEAST_RATIOS[workload];
    const told = (ratio: number, bound: number, peer: string): void => {
      if (ratio >= bound) return;
      missed.push(
        `${workload}: ${ratio.toFixed(2)} times ${peer}, at least ${bound} wanted (${(bound - ratio).toFixed(2)} short)`,
      );
    };
    told(ratioToNaiveWs, least.naiveWs, 'naive ws');
    told(ratioToSocketIo, least.socketIo, 'Socket.IO');
  }
  for (const { name, gzipBytes, packages } of sizes) {
    const most = MAX_GZIP_BYTES[name];
    if (most === undefined) continue;
    if (gzipBytes > most)
      missed.push(
        `size of ${name}: ${gzipBytes} bytes gzip, at most ${most} wanted (${gzipBytes - most} over)`,
      );
    for (const barred of BARRED_PACKAGES) {
      const bytes = packages[barred];
      if (bytes !== undefined)
        missed.push(`size of ${name}: ${barred} is in the bundle (${bytes} bytes minified)`);
    }
  }
  return missed;
}
