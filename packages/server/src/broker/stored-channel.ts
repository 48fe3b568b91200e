// Stored channels: one channel as the memory broker keeps it, for each of the three kinds. Pure; no events, no time.
import { applyPatch, isPlainObject, TickwireError } from '@tickwire/protocol';
import { isSameJson } from '../value/json-value.js';
import type {
  Change,
  ChannelHead,
  ChannelSpec,
  CollectionEntry,
  PublishedChange,
  RecordPatch,
  UpdateChange,
} from './broker.js';
import { History } from './history.js';

/** The present moment, in both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What a store does not know of its own head. */
export type HeadPosition = Pick<ChannelHead, 'epoch' | 'spokeAtMs' | 'silentMs' | 'feedClosed'>;

/** One channel in memory. */
export interface StoredChannel {
  readonly offset: number;
  /** Writes; `null` where nothing changed and no offset was made. */
  write(change: Change, at: Moment): PublishedChange | null;
  head(position: HeadPosition, at: Moment): ChannelHead;
}

/** Makes the store of a channel that was never written. */
export function createStoredChannel(spec: ChannelSpec, maxTombstones: number): StoredChannel {
  switch (spec.kind) {
    case 'state':
      return new StoredState();
    case 'collection':
      return new StoredCollection(maxTombstones);
    case 'stream':
      return new StoredStream(new History(spec.history ?? { size: 0, ttlMs: 1 }, 0));
  }
}

function wrongChange(change: Change, kind: string): TickwireError {
  return new TickwireError('bad_input', `A change of type "${change.type}" does not fit a ${kind} channel.`);
}

class StoredState implements StoredChannel {
  offset = 0;
  #value: unknown = undefined;

  write(change: Change): PublishedChange | null {
    if (change.type !== 'set' && change.type !== 'clear') throw wrongChange(change, 'state');
    const value = change.type === 'set' ? change.value : undefined;
    if (isSameJson(this.#value, value)) return null;
    this.#value = value;
    this.offset++;
    return change;
  }

  head(position: HeadPosition): ChannelHead {
    return { kind: 'state', ...position, offset: this.offset, value: this.#value };
  }
}

class StoredCollection implements StoredChannel {
  offset = 0;
  readonly #maxTombstones: number;
  readonly #records = new Map<string, CollectionEntry>();
  /** In the order of removal. */
  readonly #tombstones = new Map<string, number>();
  #floor = 0;

  constructor(maxTombstones: number) {
    this.#maxTombstones = maxTombstones;
  }

  write(change: Change): PublishedChange | null {
    if (change.type === 'clear') {
      return this.#apply(new Map(), [...this.#records.keys()]);
    }
    if (change.type !== 'update') throw wrongChange(change, 'collection');
    const upsert = this.#resolve(change);
    const written = (key: string): boolean => change.upsert.has(key) || change.patch.has(key);
    const remove = [...new Set(change.remove)].filter((key) => this.#records.has(key) && !written(key));
    return this.#apply(upsert, remove);
  }

  head(position: HeadPosition): ChannelHead {
    return {
      kind: 'collection',
      ...position,
      offset: this.offset,
      records: new Map(this.#records),
      tombstones: new Map(this.#tombstones),
      floor: this.#floor,
    };
  }

  /** The records that really change, patches merged. Throws before anything is written. */
  #resolve(change: UpdateChange): ReadonlyMap<string, unknown> {
    const next = new Map(change.upsert);
    const removed = new Set(change.remove);
    for (const [key, patch] of change.patch) {
      const present = next.has(key)
        ? next.get(key)
        : removed.has(key)
          ? undefined
          : this.#records.get(key)?.value;
      next.set(key, merge(present, patch));
    }
    for (const [key, value] of next) {
      const present = this.#records.get(key);
      if (present !== undefined && isSameJson(present.value, value)) next.delete(key);
    }
    return next;
  }

  #apply(upsert: ReadonlyMap<string, unknown>, remove: readonly string[]): PublishedChange | null {
    if (upsert.size === 0 && remove.length === 0) return null;
    const offset = ++this.offset;
    for (const key of remove) {
      this.#records.delete(key);
      this.#tombstones.delete(key);
      this.#tombstones.set(key, offset);
    }
    for (const [key, value] of upsert) {
      this.#records.set(key, { value, offset });
      this.#tombstones.delete(key);
    }
    this.#floor = trimTombstones(this.#tombstones, this.#maxTombstones, this.#floor);
    return { type: 'update', upsert, remove };
  }
}

/** Forgets the oldest removals above `max`. Returns the new floor: the offset of the last one forgotten. */
export function trimTombstones(tombstones: Map<string, number>, max: number, floor: number): number {
  let excess = tombstones.size - max;
  let lowest = floor;
  for (const [key, offset] of tombstones) {
    if (excess-- <= 0) break;
    tombstones.delete(key);
    lowest = Math.max(lowest, offset);
  }
  return lowest;
}

function merge(present: unknown, patch: RecordPatch): unknown {
  if (!isPlainObject(present)) {
    throw new TickwireError('bad_input', 'A patch needs a record that is there: upsert the record first.');
  }
  return applyPatch(present, patch.set, patch.unset);
}

class StoredStream implements StoredChannel {
  offset = 0;
  readonly #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  write(change: Change, at: Moment): PublishedChange | null {
    if (change.type !== 'append') throw wrongChange(change, 'stream');
    if (change.events.length === 0) return null;
    const events = change.events.map((value) => ({ offset: ++this.offset, value, atMs: at.wallMs }));
    for (const entry of events) this.#history.append(entry, at.monotonicMs);
    return { type: 'append', events };
  }

  head(position: HeadPosition, at: Moment): ChannelHead {
    this.#history.trim(at.monotonicMs);
    const { floor } = this.#history;
    return {
      kind: 'stream',
      ...position,
      offset: this.offset,
      floor,
      log: this.#history.aged(floor, at.monotonicMs),
    };
  }
}
