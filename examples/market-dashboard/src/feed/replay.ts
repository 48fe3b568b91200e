// Plays a recording at its own pace, faster, or as fast as it goes. Knows nothing of files or exchanges.
import type { CaptureEntry } from './capture/capture.js';
import type { Feed, FeedListener } from './feed.js';
import type { FeedClock } from './feed-clock.js';
import { createFeedLife } from './feed-life.js';

export interface ReplayOptions extends FeedListener {
  readonly entries: readonly CaptureEntry[];
  readonly clock: FeedClock;
  /** 1 is the recorded pace, 10 is ten times as fast, `Infinity` as fast as it goes. */
  readonly speed: number;
  /** Plays once and then rests; otherwise it begins again, `pass` counting up. */
  readonly once: boolean;
}

/** Entries played before other work gets its turn, when there is no pace to keep. */
const ENTRIES_PER_TURN = 200;
const LONGEST_SLEEP_MS = 1_000;
const PAUSE_BETWEEN_PASSES_MS = 1_000;

export function createReplay({ entries, clock, speed, once, onEvent, onFinished }: ReplayOptions): Feed {
  const firstAtMs = entries[0]?.atMs ?? 0;
  let pass = 1;
  let index = 0;
  /** Recorded time already played, and the moment on the clock when that was true. */
  let playedMs = 0;
  let sinceMs = 0;

  const life = createFeedLife(
    clock,
    () => {
      sinceMs = clock.monotonicMs();
      life.sleep(0, play);
    },
    () => {
      if (speed !== Infinity) playedMs += (clock.monotonicMs() - sinceMs) * speed;
    },
  );

  const passEnded = (): void => {
    if (once) {
      life.stop();
      onFinished();
      return;
    }
    index = 0;
    pass += 1;
    life.sleep(PAUSE_BETWEEN_PASSES_MS, () => {
      playedMs = 0;
      sinceMs = clock.monotonicMs();
      play();
    });
  };

  const play = (): void => {
    const dueMs = speed === Infinity ? Infinity : playedMs + (clock.monotonicMs() - sinceMs) * speed;
    let played = 0;
    while (life.isRunning() && index < entries.length && played < ENTRIES_PER_TURN) {
      const entry = entries[index] as CaptureEntry;
      if (entry.atMs - firstAtMs > dueMs) break;
      index += 1;
      played += 1;
      for (const event of entry.events) onEvent(event, entry.atMs, pass);
    }
    if (!life.isRunning()) return;
    const next = entries[index];
    if (!next) {
      passEnded();
      return;
    }
    const waitMs = speed === Infinity ? 0 : (next.atMs - firstAtMs - dueMs) / speed;
    life.sleep(Math.min(LONGEST_SLEEP_MS, Math.max(0, waitMs)), play);
  };

  return life;
}
