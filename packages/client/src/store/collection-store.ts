// Collection store: records by key. Changes in place; what is handed out is copied, and only when read after a change.
import { applyCollectionDelta } from '@tickwire/protocol';
import { dequal } from 'dequal/lite';
import type { ChannelStore, RecordsChange } from './store.js';

/** An empty collection. */
export function createCollectionStore(): ChannelStore {
  let records = new Map<string, unknown>();
  let shown: ReadonlyMap<string, unknown> | null = null;

  function changeOf(keys: Iterable<string>, whole: boolean): RecordsChange {
    const upserted = new Map<string, unknown>();
    const removed: string[] = [];
    shown = null;
    for (const key of keys) {
      if (records.has(key)) upserted.set(key, records.get(key));
      else removed.push(key);
    }
    return { upserted, removed, whole };
  }

  return {
    read: () => (shown ??= new Map(records)),
    applyFull({ k = {} }) {
      const before = records;
      const touched = new Set(before.keys());
      records = new Map(Object.entries(k));
      for (const [key, record] of records) {
        touched.add(key);
        if (!before.has(key) || !dequal(before.get(key), record)) continue;
        // An equal record keeps its identity, so that a row that did not change is not drawn again.
        records.set(key, before.get(key));
        touched.delete(key);
      }
      return changeOf(touched, true);
    },
    applyDelta(frame) {
      const touched = applyCollectionDelta(records, frame);
      return touched !== null && changeOf(touched, false);
    },
    append: () => undefined,
  };
}
