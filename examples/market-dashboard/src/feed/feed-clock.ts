// The time a feed runs on. Injected, so a test plays half a minute of trading in no time.

export interface FeedClock {
  /** Milliseconds that never jump back. */
  readonly monotonicMs: () => number;
  /** Calendar time in milliseconds. */
  readonly wallMs: () => number;
  /** Calls `callback` once after `delayMs`; 0 means after other work had its turn. Returns its cancellation. */
  readonly setTimer: (delayMs: number, callback: () => void) => () => void;
}

/** The process's own clock. */
export const systemFeedClock: FeedClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    if (delayMs <= 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
