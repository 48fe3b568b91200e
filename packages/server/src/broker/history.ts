// History: the newest entries of one stream, bounded by number and age. Used by the memory broker and by the hub.
import type { HistoryOptions } from '@tickwire/protocol';
import type { StreamEntry } from './broker.js';

interface Kept {
  readonly entry: StreamEntry;
  /** Monotonic time of whoever keeps it. */
  readonly sinceMs: number;
}

/** A bounded log. What falls out moves the floor. */
export class History {
  readonly #size: number;
  readonly #ttlMs: number;
  #kept: Kept[] = [];
  /** Entries before this index have fallen out; the array is cut when they are the greater part of it. */
  #start = 0;
  #floor: number;

  constructor({ size, ttlMs }: HistoryOptions, floor: number) {
    this.#size = size;
    this.#ttlMs = ttlMs;
    this.#floor = floor;
  }

  get size(): number {
    return this.#kept.length - this.#start;
  }

  /** Every event after this offset is kept, as of the last {@link trim}. */
  get floor(): number {
    return this.#floor;
  }

  append(entry: StreamEntry, sinceMs: number): void {
    this.#kept.push({ entry, sinceMs });
    if (this.size > this.#size) this.#drop(this.size - this.#size);
  }

  /** Drops what has grown too old. */
  trim(nowMs: number): void {
    let old = this.#start;
    for (let kept = this.#kept[old]; kept !== undefined; kept = this.#kept[old]) {
      if (nowMs - kept.sinceMs < this.#ttlMs) break;
      old++;
    }
    if (old > this.#start) this.#drop(old - this.#start);
  }

  /** The entries after an offset, oldest first. To be read before anything is appended. */
  *after(offset: number): Generator<StreamEntry> {
    for (let index = this.#firstAfter(offset); index < this.#kept.length; index++) {
      const kept = this.#kept[index];
      if (kept !== undefined) yield kept.entry;
    }
  }

  /** The entries after an offset, oldest first, each with its age. */
  aged(offset: number, nowMs: number): StreamEntry[] {
    return this.#kept
      .slice(this.#firstAfter(offset))
      .map(({ entry, sinceMs }) => ({ ...entry, ageMs: nowMs - sinceMs }));
  }

  /** The offset after which exactly the newest `count` entries follow; the floor if fewer are kept. */
  baseOfLast(count: number): number {
    if (count >= this.size) return this.#floor;
    return this.#kept[this.#kept.length - count - 1]?.entry.offset ?? this.#floor;
  }

  #drop(count: number): void {
    this.#start += count;
    this.#floor = this.#kept[this.#start - 1]?.entry.offset ?? this.#floor;
    if (this.#start * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#start);
    this.#start = 0;
  }

  #firstAfter(offset: number): number {
    let low = this.#start;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#kept[middle]?.entry.offset ?? Infinity) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
