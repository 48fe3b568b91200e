// Backoff: how long to wait before the next attempt. Chance is handed in.

/** How attempts are spread over time. */
export interface BackoffPlan {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
  /** 0: always the bound; 1: anywhere between nothing and the bound (full jitter). */
  readonly jitter: number;
}

/** Delay after `level` attempts that did not last; `random` is from 0 to 1 (P-LIVE-4). */
export function backoffDelayMs(plan: BackoffPlan, level: number, random: number): number {
  const bound = Math.min(plan.maxDelayMs, plan.initialDelayMs * plan.multiplier ** level);
  return bound * (1 - plan.jitter * random);
}
