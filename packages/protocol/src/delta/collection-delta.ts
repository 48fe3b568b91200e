// Collection delta: builds and applies the `u`, `p`, `q` and `x` of a collection's `d` frame (P-DATA-3).
import type { DeltaFrame } from '../frame/server-frame.js';
import { isPlainObject, setOwn, type PlainObject } from './plain-object.js';
import { applyPatch, patchOf, touchFields, type Touched } from './touched-fields.js';

/** What a collection's delta says. */
export type CollectionDelta = Pick<DeltaFrame, 'u' | 'p' | 'q' | 'x'>;

/**
 * What was touched since the last frame, by key. A record that did not exist all the time is `whole`: a reader may
 * hold none to patch, or one that was removed in between (P-DATA-3).
 */
export class TouchedKeys {
  readonly #keys = new Map<string, Touched>();

  get size(): number {
    return this.#keys.size;
  }

  /** Notes one change; `undefined` stands for no record. */
  touch(key: string, before: unknown, after: unknown): void {
    this.#keys.set(key, touchFields(this.#keys.get(key), before, after));
  }

  /** Touched keys and what was touched of each. */
  entries(): IterableIterator<[string, Touched]> {
    return this.#keys.entries();
  }

  /** Forgets everything, as after a flush. */
  clear(): void {
    this.#keys.clear();
  }
}

/** How records may be written in a delta. */
export interface CollectionDeltaOptions {
  /** `false` writes every touched record whole, for readers without the `delta` capability (P-EXT-3). */
  readonly patch: boolean;
}

/** Builds the delta of the touched keys from the records as they are now. */
export function buildCollectionDelta(
  touched: Iterable<readonly [string, Touched]>,
  recordOf: (key: string) => unknown,
  { patch }: CollectionDeltaOptions,
): CollectionDelta {
  const upserted: Record<string, unknown> = {};
  const patched: Record<string, PlainObject> = {};
  const unset: Record<string, readonly string[]> = {};
  const removed: string[] = [];
  let upserts = 0;
  let patches = 0;
  let unsets = 0;
  for (const [key, fields] of touched) {
    const record = recordOf(key);
    if (record === undefined) {
      removed.push(key);
    } else if (fields === 'whole' || !patch || !isPlainObject(record)) {
      setOwn(upserted, key, record);
      upserts++;
    } else {
      const change = patchOf(fields, record);
      if (Object.keys(change.set).length > 0) {
        setOwn(patched, key, change.set);
        patches++;
      }
      if (change.unset.length > 0) {
        setOwn(unset, key, change.unset);
        unsets++;
      }
    }
  }
  return {
    ...(upserts === 0 ? {} : { u: upserted }),
    ...(patches === 0 ? {} : { p: patched }),
    ...(unsets === 0 ? {} : { q: unset }),
    ...(removed.length === 0 ? {} : { x: removed }),
  };
}

/**
 * Applies a delta to `records` in place.
 * @returns the keys that were written or removed; `null`, with nothing changed, where a patch meets no record it
 * could apply to: the reader's value is not what the sender thinks, which is a hole (P-DATA-6).
 */
export function applyCollectionDelta(
  records: Map<string, unknown>,
  { u = {}, p = {}, q = {}, x = [] }: CollectionDelta,
): ReadonlySet<string> | null {
  const touched = new Set([...Object.keys(p), ...Object.keys(q)]);
  for (const key of touched) if (!isPlainObject(records.get(key))) return null;
  const record = (key: string): PlainObject => records.get(key) as PlainObject;
  for (const [key, set] of Object.entries(p)) records.set(key, applyPatch(record(key), set));
  for (const [key, unset] of Object.entries(q)) records.set(key, applyPatch(record(key), undefined, unset));
  for (const [key, whole] of Object.entries(u)) {
    records.set(key, whole);
    touched.add(key);
  }
  for (const key of x) {
    records.delete(key);
    touched.add(key);
  }
  return touched;
}
