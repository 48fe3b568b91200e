// Frame cache: what was encoded for a channel while its head stands, so that a storm of readers encodes once.
import type { FrameRun } from './frame-run.js';

/** Most runs kept for one channel: readers at more different places than this pay for their own. */
const MAX_RUNS = 64;
/** Most runs of several frames among them: each may be as large as the value. */
const MAX_LONG_RUNS = 4;

/** The runs of one channel at one offset. */
export class FrameCache {
  readonly #runs = new Map<string, FrameRun>();
  /** Names of the runs of several frames, oldest first. */
  readonly #long: string[] = [];
  #used = false;

  /** The run under a name, made at the first call. */
  get(name: string, make: () => FrameRun): FrameRun {
    this.#used = true;
    const known = this.#runs.get(name);
    if (known !== undefined) return known;
    const run = make();
    if (this.#runs.size >= MAX_RUNS) return run;
    if (run.frames.length > 1) this.#countLong(name);
    this.#runs.set(name, run);
    return run;
  }

  /** The head has moved: nothing here is true any more. */
  clear(): void {
    if (this.#runs.size === 0) return;
    this.#runs.clear();
    this.#long.length = 0;
  }

  /** Forgets what nobody has asked for since the last call. */
  age(): void {
    if (!this.#used) this.clear();
    this.#used = false;
  }

  #countLong(name: string): void {
    if (this.#long.push(name) <= MAX_LONG_RUNS) return;
    const oldest = this.#long.shift();
    if (oldest !== undefined) this.#runs.delete(oldest);
  }
}
