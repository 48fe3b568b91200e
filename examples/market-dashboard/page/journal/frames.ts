// How many frames a second this tab gets to draw: what a busy main thread takes away, and the SDK must not need.
import { createStore, type Store } from './store.js';

const WINDOW_MS = 1_000;

/** Null until it was measured. A hidden tab draws nothing and is told nothing. */
export function countFrames(): Pick<Store<number | null>, 'get' | 'subscribe'> {
  const rate = createStore<number | null>(null);
  let frames = 0;
  let sinceMs = performance.now();
  const count = (): void => {
    requestAnimationFrame(count);
    frames += 1;
    const elapsedMs = performance.now() - sinceMs;
    if (elapsedMs < WINDOW_MS) return;
    rate.set(Math.round((frames * 1_000) / elapsedMs));
    frames = 0;
    sinceMs = performance.now();
  };
  requestAnimationFrame(count);
  return rate;
}
