// Alarm: one timer, for whatever is due first. Ringing early is harmless: whoever is woken looks at the time.
import type { Cancel } from '@tickwire/protocol';
import type { ClientClock } from './ports/clock.js';

export interface Alarm {
  /** Rings then, or before; `Infinity` asks for nothing. */
  readonly wakeAt: (atMs: number) => void;
  /** Never rings again. */
  readonly cancel: Cancel;
}

/** Makes an alarm that has nothing to wait for. Each ring uses up what was asked for. */
export function createAlarm(clock: ClientClock, ring: () => void): Alarm {
  let dueMs = Infinity;
  let stop: Cancel | undefined;
  return {
    wakeAt(atMs) {
      if (atMs >= dueMs) return;
      stop?.();
      dueMs = atMs;
      stop = clock.setTimer(atMs - clock.monotonicMs(), () => {
        dueMs = Infinity;
        ring();
      });
    },
    cancel() {
      stop?.();
      // Nothing is sooner than this.
      dueMs = -Infinity;
    },
  };
}
