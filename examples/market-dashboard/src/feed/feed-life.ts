// The life of a feed: started once, paused and resumed, stopped for good. Owns the one timer, so that nothing is played
// by a feed that does not run.
import type { Feed } from './feed.js';
import type { FeedClock } from './feed-clock.js';

export interface FeedLife extends Feed {
  readonly isRunning: () => boolean;
  /** Calls back once after `delayMs`, unless the feed is paused or stopped before, or asked again. */
  readonly sleep: (delayMs: number, callback: () => void) => void;
}

/** `onRun` is called at the start and after every pause, `onPause` at every pause. */
export function createFeedLife(
  clock: FeedClock,
  onRun: () => void,
  onPause: () => void = () => {},
): FeedLife {
  let state: 'idle' | 'running' | 'paused' | 'over' = 'idle';
  let cancelTimer = (): void => {};

  const enter = (next: typeof state): void => {
    cancelTimer();
    state = next;
  };
  const run = (): void => {
    enter('running');
    onRun();
  };

  return {
    start: () => {
      if (state === 'idle') run();
    },
    pause: () => {
      if (state !== 'running') return;
      enter('paused');
      onPause();
    },
    resume: () => {
      if (state === 'paused') run();
    },
    stop: () => enter('over'),
    isPaused: () => state === 'paused',
    isRunning: () => state === 'running',
    sleep: (delayMs, callback) => {
      cancelTimer();
      cancelTimer = clock.setTimer(delayMs, callback);
    },
  };
}
