// System clock: the platform's time as the client's port.
import type { Clock } from '@tickwire/protocol';

/** Platforms count a timer's delay in 31 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The platform's clock. Nothing is touched before it is used. */
export const systemClock: Clock = Object.freeze({
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs: number, run: () => void) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (leftMs: number): void => {
      timer =
        leftMs > MAX_TIMER_MS
          ? setTimeout(arm, MAX_TIMER_MS, leftMs - MAX_TIMER_MS)
          : setTimeout(run, leftMs);
    };
    arm(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
  endOfTurn: (run: () => void) => void setTimeout(run),
});
