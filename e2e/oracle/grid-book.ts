// Grid book: a book as a grid on a page holds it, row by row from what changed. It is in order, so its checksum is cheap.
import { checksumOfBest, type HeldLevel } from './checksum.js';

/** The levels of one side, the best first. */
class Side {
  readonly levels: HeldLevel[] = [];
  readonly #ranks: number[] = [];
  readonly #sign: 1 | -1;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  put(level: HeldLevel): void {
    const [at, isThere, rank] = this.#find(level);
    this.levels.splice(at, isThere ? 1 : 0, level);
    if (!isThere) this.#ranks.splice(at, 0, rank);
  }

  remove(level: HeldLevel): void {
    const [at, isThere] = this.#find(level);
    if (!isThere) return;
    this.levels.splice(at, 1);
    this.#ranks.splice(at, 1);
  }

  /** Where the price is or belongs, by bisection. */
  #find({ price }: HeldLevel): readonly [at: number, isThere: boolean, rank: number] {
    const rank = this.#sign * Number(price);
    let [from, to] = [0, this.#ranks.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#ranks[middle] ?? Infinity) < rank) from = middle + 1;
      else to = middle;
    }
    return [from, this.#ranks[from] === rank, rank];
  }
}

export class GridBook {
  readonly #rows = new Map<string, HeldLevel>();
  readonly #asks = new Side(1);
  readonly #bids = new Side(-1);

  get checksum(): number {
    return checksumOfBest(this.#asks.levels, this.#bids.levels);
  }

  change(upserted: ReadonlyMap<string, HeldLevel>, removed: readonly string[]): void {
    for (const key of removed) {
      const row = this.#rows.get(key);
      if (row === undefined) continue;
      this.#rows.delete(key);
      this.#sideOf(row).remove(row);
    }
    for (const [key, row] of upserted) {
      this.#rows.set(key, row);
      this.#sideOf(row).put(row);
    }
  }

  #sideOf({ side }: HeldLevel): Side {
    return side === 'ask' ? this.#asks : this.#bids;
  }
}
