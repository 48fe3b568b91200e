// Held runs: the runs of several frames that readers of one channel are half-way through. Each is as large as a value may
// be and stays until its last reader has taken it, so there are few: whoever asks for one more is given one that is there.
import type { FrameRun } from './frame-run.js';

/** Most runs of several frames that are held for one channel, however many readers it has and wherever they are. */
export const MAX_HELD_RUNS = 4;

/** What may hold a run: a subscription. */
export interface RunHolder {
  readonly run: FrameRun | null;
  /** Everything up to here was handed over before {@link run}. */
  readonly sent: number;
  readonly reader: { readonly maxFrameBytes: number };
  /** The run may not be held any longer. */
  letGo(): void;
}

/**
 * The held runs of one channel and who holds them.
 *
 * While they are fewer than the limit, nobody notices: the slowest reader that lives is left to finish what it began. With
 * all of them held, readers that come join the newest that suits them. Only one that none suits, because it is ahead of
 * them all or needs another form, costs another its run: the one of which nothing was taken for longest, which is that of
 * a reader that has stopped rather than of a slow one. Who loses a run begins again, mostly by joining. So a slow reader
 * can be kept from ever finishing only where in the time between two of its drains the channel has moved on by a run of
 * several frames four times, and each time left somebody half-way through it.
 */
export class HeldRuns {
  /** The run of which nothing was taken for longest comes first. */
  readonly #holders = new Map<FrameRun, Set<RunHolder>>();

  /** A reader has no room for the rest of its run. */
  hold(holder: RunHolder, run: FrameRun): void {
    if (run.frames.length === 1) return;
    const holders = this.#holders.get(run) ?? new Set();
    holders.add(holder);
    this.#holders.delete(run);
    this.#holders.set(run, holders);
    if (this.#holders.size > MAX_HELD_RUNS) this.#letGoOfFirst();
  }

  /** A reader has taken its run, or does without. */
  leave(holder: RunHolder): void {
    const { run } = holder;
    if (run === null || this.#holders.size === 0) return;
    const holders = this.#holders.get(run);
    if (holders?.delete(holder) === true && holders.size === 0) this.#holders.delete(run);
  }

  /**
   * What a reader is given that will not take all of a run at once: the run, or where too many are held the newest that
   * suits it as well. Behind that it gets the range to the head, as from anywhere else.
   * @param floor the head's: below it nothing can follow.
   */
  insteadOf(run: FrameRun, holder: RunHolder, floor: number): FrameRun {
    if (run.span === null || this.#holders.size < MAX_HELD_RUNS || this.#holders.has(run)) return run;
    const { form } = run.span;
    const { sent, reader } = holder;
    let newest: FrameRun | null = null;
    for (const held of this.#holders.keys()) {
      const { span, epoch, offset, largestBytes } = held;
      if (span?.form !== form || epoch !== run.epoch || offset < floor) continue;
      // A range may be applied to any value between its ends (P-DATA-3), a whole one to whatever is older.
      if (span.base > sent || offset <= sent || largestBytes > reader.maxFrameBytes) continue;
      if (newest === null || offset > newest.offset) newest = held;
    }
    return newest ?? run;
  }

  #letGoOfFirst(): void {
    for (const [run, holders] of this.#holders) {
      this.#holders.delete(run);
      for (const holder of holders) holder.letGo();
      return;
    }
  }
}
