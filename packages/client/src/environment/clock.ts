// System clock: the platform's time as the client's port. Nothing is touched before it is used.
import type { ClientClock } from '../ports/clock.js';

/** Platforms count a timer's delay in 31 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The platform's clock. */
export const systemClock: ClientClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
