// Node clock: the process's time. The only place of the server that touches Node's timers.
import { performance } from 'node:perf_hooks';
import type { Clock } from '@tickwire/protocol';

/** Node fires a timer above this after one millisecond (2^31 - 1). */
const MAX_TIMER_MS = 2_147_483_647;

/** Time of this process. */
export const nodeClock: Clock = Object.freeze({
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs: number, run: () => void) {
    const dueMs = performance.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueMs - performance.now();
      timer =
        leftMs > MAX_TIMER_MS
          ? setTimeout(arm, MAX_TIMER_MS)
          : setTimeout(run, Math.max(0, Math.ceil(leftMs)));
    };
    arm();
    return () => clearTimeout(timer);
  },
  endOfTurn(run: () => void) {
    setImmediate(run);
  },
} satisfies Clock);
