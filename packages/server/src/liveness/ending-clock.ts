// Ending clock: the time of whoever asks the application something. When the server has ended nobody waits for the answer,
// and a timer that still does would keep the process.
import type { Cancel, Clock } from '@tickwire/protocol';

/** A clock whose timers end with the server. */
export class EndingClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Cancel>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  setTimer(delayMs: number, run: () => void): Cancel {
    if (this.#ended) return () => undefined;
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  endOfTurn(run: () => void): void {
    this.#clock.endOfTurn(run);
  }

  /** No timer runs any more, and none can be set. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
