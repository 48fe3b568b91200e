// Clock: time as the core sees it. Implementations live at the edge of each package; tests bring a virtual one.

/** Cancels what returned it. Calling it again, or after the timer fired, does nothing. */
export type Cancel = () => void;

/** Time, injected everywhere, so that a simulation can own it. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. Everything that is timed is timed by this. */
  monotonicMs(): number;
  /** Milliseconds since 1970. Only for what leaves the process: token expiry, `welcome.now`, latency. */
  wallMs(): number;
  /**
   * Calls `run` once after `delayMs`; negative delays count as 0. One beyond 2^31 − 1 (24.8 days), which platforms cannot
   * count, may end there: whoever is woken looks at the time.
   */
  setTimer(delayMs: number, run: () => void): Cancel;
  /** Calls `run` once when the present turn of the event loop has ended (Node: `setImmediate`). */
  endOfTurn(run: () => void): void;
}
