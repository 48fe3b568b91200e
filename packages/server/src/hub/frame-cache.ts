// Frame cache: what was encoded for a channel while its head stands, so that a storm of readers encodes once.
import type { FrameRun } from './frame-run.js';

/** Most runs kept for one channel. */
const MAX_RUNS = 64;
/** Most runs of several frames among them: each may be as large as the value. */
const MAX_LONG_RUNS = 4;

/** The runs of one channel at one offset, the oldest first. */
export class FrameCache {
  readonly #runs = new Map<string, FrameRun>();
  #used = false;

  /** The run under a name, made at the first call. */
  get(name: string, make: () => FrameRun): FrameRun {
    this.#used = true;
    const known = this.#runs.get(name);
    if (known !== undefined) return known;
    const run = make();
    this.#makeRoom(isLong(run));
    this.#runs.set(name, run);
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

  /** Forgets the oldest where there are as many as there may be. */
  #makeRoom(forLong: boolean): void {
    const names = [...this.#runs].filter(([, run]) => !forLong || isLong(run)).map(([name]) => name);
    const [oldest] = names;
    if (names.length >= (forLong ? MAX_LONG_RUNS : MAX_RUNS) && oldest !== undefined)
      this.#runs.delete(oldest);
  }
}

function isLong({ frames }: FrameRun): boolean {
  return frames.length > 1;
}
