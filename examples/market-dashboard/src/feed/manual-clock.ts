// A feed clock that stands still until a test moves it.
import type { FeedClock } from './feed-clock.js';

export interface ManualClock extends FeedClock {
  /** Lets time pass; timers run in order, each at its own moment. */
  readonly advance: (ms: number) => void;
}

export function createManualClock(startWallMs = 1_700_000_000_000): ManualClock {
  let nowMs = 0;
  let nextId = 0;
  const timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>();
  return {
    monotonicMs: () => nowMs,
    wallMs: () => startWallMs + nowMs,
    setTimer: (delayMs, callback) => {
      const id = nextId++;
      timers.set(id, { atMs: nowMs + Math.max(0, delayMs), callback });
      return () => timers.delete(id);
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.atMs <= untilMs);
        const first = due.sort(([, one], [, two]) => one.atMs - two.atMs)[0];
        if (!first) break;
        const [id, timer] = first;
        timers.delete(id);
        nowMs = Math.max(nowMs, timer.atMs);
        timer.callback();
      }
      nowMs = untilMs;
    },
  };
}
