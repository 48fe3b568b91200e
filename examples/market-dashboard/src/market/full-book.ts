// One product's book in full: both sides sorted, strings kept as they came. Turns events into changes of a collection.
import {
  isZero,
  levelKey,
  type BookSide,
  type BookSnapshotEvent,
  type BookUpdateEvent,
  type PriceLevel,
} from '../feed/feed-event.js';
import type { Level } from '../contract.js';

/** What a collection is told: levels to put, keys to remove. */
export interface BookChange {
  readonly upsert: readonly Level[];
  readonly remove: readonly string[];
}

interface Rung {
  readonly at: number;
  readonly level: Level;
}

export class FullBook {
  /** Best first. */
  readonly #sides: { readonly bid: Rung[]; readonly ask: Rung[] } = { bid: [], ask: [] };
  #depth = Infinity;

  /** Best first, up to `limit`. */
  levels(side: BookSide, limit = Infinity): readonly Level[] {
    return this.#sides[side].slice(0, limit).map((rung) => rung.level);
  }

  best(side: BookSide): Level | undefined {
    return this.#sides[side][0]?.level;
  }

  /** Replaces the book. Levels it no longer holds are named for removal. */
  replace({ levels, depth }: BookSnapshotEvent): BookChange {
    const before = [...this.#sides.bid, ...this.#sides.ask].map((rung) => rung.level.key);
    this.#sides.bid.length = 0;
    this.#sides.ask.length = 0;
    this.#depth = depth ?? Infinity;
    for (const level of levels) {
      if (!isZero(level.size)) this.#put(level);
    }
    this.#cut('bid');
    this.#cut('ask');
    const upsert = [...this.levels('bid'), ...this.levels('ask')];
    const kept = new Set(upsert.map((level) => level.key));
    return { upsert, remove: before.filter((key) => !kept.has(key)) };
  }

  /** Applies an update; the change names only what really is different afterwards. */
  update({ changes }: BookUpdateEvent): BookChange {
    const upsert = new Map<string, Level>();
    const remove = new Set<string>();
    for (const change of changes) {
      const key = levelKey(change.side, change.price);
      if (isZero(change.size)) {
        upsert.delete(key);
        if (this.#remove(change.side, Number(change.price))) remove.add(key);
      } else {
        upsert.set(key, this.#put(change));
        remove.delete(key);
      }
    }
    for (const key of [...this.#cut('bid'), ...this.#cut('ask')]) {
      if (!upsert.delete(key)) remove.add(key);
    }
    return { upsert: [...upsert.values()], remove: [...remove] };
  }

  #put({ side, price, size }: PriceLevel): Level {
    const level: Level = { key: levelKey(side, price), side, price, size };
    const at = Number(price);
    const place = this.#place(side, at);
    const rungs = this.#sides[side];
    rungs.splice(place, rungs[place]?.at === at ? 1 : 0, { at, level });
    return level;
  }

  #remove(side: BookSide, at: number): boolean {
    const place = this.#place(side, at);
    if (this.#sides[side][place]?.at !== at) return false;
    this.#sides[side].splice(place, 1);
    return true;
  }

  /** Drops what lies beyond the depth and names it. */
  #cut(side: BookSide): readonly string[] {
    const rungs = this.#sides[side];
    if (rungs.length <= this.#depth) return [];
    return rungs.splice(this.#depth).map((rung) => rung.level.key);
  }

  /** Index of the price, or where it belongs. */
  #place(side: BookSide, at: number): number {
    const rungs = this.#sides[side];
    const direction = side === 'bid' ? -1 : 1;
    let low = 0;
    let high = rungs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rungs[middle] as Rung).at * direction < at * direction) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
