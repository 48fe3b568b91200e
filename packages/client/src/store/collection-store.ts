// Collection store: records by key. Changes in place; what is handed out is copied, and only when read after a change.
import { applyCollectionDelta, type DeltaFrame, type FullFrame } from '@tickwire/protocol';
import { dequal } from 'dequal/lite';
import type { ChannelStore, RecordsChange } from './store.js';

export class CollectionStore implements ChannelStore {
  #records = new Map<string, unknown>();
  #shown: ReadonlyMap<string, unknown> | null = null;

  read(): ReadonlyMap<string, unknown> {
    return (this.#shown ??= new Map(this.#records));
  }

  applyFull({ k }: FullFrame): RecordsChange {
    const before = this.#records;
    const upserted = new Map<string, unknown>();
    this.#records = new Map(Object.entries(k ?? {}));
    for (const [key, record] of this.#records) {
      // An equal record keeps its identity, so that a row that did not change is not drawn again.
      if (before.has(key) && dequal(before.get(key), record)) this.#records.set(key, before.get(key));
      else upserted.set(key, record);
    }
    this.#shown = null;
    return { upserted, removed: [...before.keys()].filter((key) => !this.#records.has(key)), whole: true };
  }

  applyDelta(frame: DeltaFrame): RecordsChange | false {
    const touched = applyCollectionDelta(this.#records, frame);
    if (touched === null) return false;
    const upserted = new Map<string, unknown>();
    const removed: string[] = [];
    for (const key of touched) {
      if (this.#records.has(key)) upserted.set(key, this.#records.get(key));
      else removed.push(key);
    }
    this.#shown = null;
    return { upserted, removed, whole: false };
  }

  append(): void {
    // A collection has no events.
  }
}
