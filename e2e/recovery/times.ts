// Times: what is told of many measurements.

/** In milliseconds, rounded. */
export interface Times {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** @throws RangeError where nothing was measured. */
export function timesOf(measuredMs: readonly number[]): Times {
  if (measuredMs.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...measuredMs].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? NaN);
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
