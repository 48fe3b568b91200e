// Numbers and times for people. Prices are never formatted: they are shown as they came.

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const COUNT = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const formatTime = (atMs: number): string => TIME.format(atMs);

/** `14:05:09.042` */
export const formatTimeMs = (atMs: number): string =>
  `${TIME.format(atMs)}.${String(Math.floor(atMs) % 1_000).padStart(3, '0')}`;

export const formatCount = (count: number): string => COUNT.format(count);

/** `1.2M`; for volumes, where the order of magnitude is what matters. */
export const formatCompact = (value: number): string => COMPACT.format(value);

/** `+1.24 %`, or a dash when there is nothing to compare with. */
export function formatChange(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return '–';
  const percent = (share * 100).toFixed(2);
  return `${share >= 0 ? '+' : '−'}${percent.replace('-', '')} %`;
}

export function formatMs(durationMs: number): string {
  // Both ends' clocks tick in milliseconds: below one there is nothing to tell.
  if (durationMs < 1) return '< 1 ms';
  if (durationMs < 9.95) return `${durationMs.toFixed(1)} ms`;
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
