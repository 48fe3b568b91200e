// Liveness: how long silence is believed. Whatever a server announces is brought into a sane range (P-LIVE-3).

/** A timer that fires later than this was held back by sleep or throttling and proves nothing about the peer (P-LIVE-3). */
export const LATE_TIMER_MS = 2_000;

const clamp = (value: unknown, min: number, max: number, fallback: number): number =>
  typeof value === 'number' && value >= 0 ? Math.min(Math.max(value, min), max) : fallback;

/** Longest silence of a living server, in milliseconds, from what it announced: `every + grace`. */
export function silenceLimitMs(
  ping: { readonly every?: unknown; readonly grace?: unknown } | undefined,
): number {
  return clamp(ping?.every, 1_000, 600_000, 25_000) + clamp(ping?.grace, 500, 600_000, 10_000);
}
