// Fake clock: time that stands still until a test moves it. Not part of any door.
import type { Clock } from '@tickwire/protocol';

export interface FakeClock extends Clock {
  /** Lets time pass; promises run before and after every timer. */
  advance(ms: number): Promise<void>;
  /** Lets promises run. */
  settle(): Promise<void>;
  /** The device sleeps: time passes and no timer fires until it wakes. */
  sleep(ms: number): void;
  /** Timers that wait. */
  readonly timers: number;
}

export function createFakeClock(): FakeClock {
  let now = 1_000;
  let order = 0;
  const timers = new Map<number, { atMs: number; run: () => void }>();

  async function settle(): Promise<void> {
    for (let round = 0; round < 20; round++) await Promise.resolve();
  }

  return {
    get timers() {
      return timers.size;
    },
    monotonicMs: () => now,
    wallMs: () => 1_700_000_000_000 + now,
    setTimer(delayMs, run) {
      const id = ++order;
      timers.set(id, { atMs: now + Math.max(0, delayMs), run });
      return () => void timers.delete(id);
    },
    endOfTurn(run) {
      timers.set(++order, { atMs: now, run });
    },
    settle,
    sleep(ms) {
      now += ms;
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const due = [...timers]
          .filter(([, { atMs }]) => atMs <= end)
          .sort((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].atMs);
        due[1].run();
        await settle();
      }
      now = Math.max(now, end);
      await settle();
    },
  };
}
