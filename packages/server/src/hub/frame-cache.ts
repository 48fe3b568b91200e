// Frame cache: what was encoded for a channel while its head stands, so that a storm of readers encodes once.
import type { FrameRun } from './frame-run.js';

/** Most runs kept for one channel: readers at more different places than this pay for their own. */
const MAX_RUNS = 64;

/** The runs of one channel at one offset. */
export class FrameCache {
  readonly #runs = new Map<string, FrameRun>();
  #used = false;

  /** The run under a name, made at the first call. */
  get(name: string, make: () => FrameRun): FrameRun {
    this.#used = true;
    const known = this.#runs.get(name);
    if (known !== undefined) return known;
    const run = make();
    if (this.#runs.size < MAX_RUNS) this.#runs.set(name, run);
    return run;
  }

  /** The head has moved: nothing here is true any more. */
  clear(): void {
    if (this.#runs.size > 0) this.#runs.clear();
  }

  /** Forgets what nobody has asked for since the last call. */
  age(): void {
    if (!this.#used) this.clear();
    this.#used = false;
  }
}
