// System clock: the platform's time as the client's port. Nothing is touched before it is used.
import type { Clock } from '@tickwire/protocol';

/** Platforms count a timer's delay in 31 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The platform's clock. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, run) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (leftMs: number): void => {
      const nowMs = Math.min(leftMs, MAX_TIMER_MS);
      timer = setTimeout(() => (leftMs > nowMs ? arm(leftMs - nowMs) : run()), nowMs);
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  },
  endOfTurn: (run) => void setTimeout(run),
};
