// Collection store: records by key. Changes in place; what is handed out is copied, and only when read after a change.
import { applyCollectionDelta } from '@tickwire/protocol';
import { jsonEqual } from './json-equal.js';
import type { ChannelStore } from './store.js';

/** An empty collection. */
export function createCollectionStore(): ChannelStore {
  let records = new Map<string, unknown>();
  let shown: ReadonlyMap<string, unknown> | null = null;

  /** Replaces all records and returns the keys that changed. */
  function replace(k: Readonly<Record<string, unknown>> = {}): Set<string> {
    const before = records;
    const touched = new Set(before.keys());
    records = new Map(Object.entries(k));
    for (const [key, record] of records) {
      touched.add(key);
      if (!before.has(key) || !jsonEqual(before.get(key), record)) continue;
      // An equal record keeps its identity, so that a row that did not change is not drawn again.
      records.set(key, before.get(key));
      touched.delete(key);
    }
    return touched;
  }

  return {
    read: () => (shown ??= new Map(records)),
    apply(frame) {
      const whole = frame.t === 'f';
      const touched = whole ? replace(frame.k) : frame.t === 'd' && applyCollectionDelta(records, frame);
      if (!touched) return false;
      const upserted = new Map<string, unknown>();
      const removed: string[] = [];
      shown = null;
      for (const key of touched) {
        if (records.has(key)) upserted.set(key, records.get(key));
        else removed.push(key);
      }
      return { upserted, removed, whole };
    },
  };
}
