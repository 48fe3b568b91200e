// Limits: what a change must not lose. They lie below what a quiet machine measures, by more than its noise.
import type { BundleSize } from './bundle-size.js';
import type { FanOutResult } from './fan-out.js';
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
