// Touched fields: which fields of one record were written, and what the frame says of them (P-DATA-3).
import { dequal } from 'dequal/lite';
import { isPlainObject, setOwn, type PlainObject } from './plain-object.js';

/** Fields written since the last frame, or `whole` where the record cannot be patched or did not exist. */
export type Touched = Set<string> | 'whole';

/**
 * Adds what changes between two values to what was touched before. A field that goes back to where it was stays
 * touched: a reader may hold the value in between, and a comparison of end points would leave it there (P-DATA-3).
 */
export function touchFields(touched: Touched | undefined, before: unknown, after: unknown): Touched {
  if (touched === 'whole' || !isPlainObject(before) || !isPlainObject(after)) return 'whole';
  const fields = touched ?? new Set<string>();
  for (const key of Object.keys(after)) {
    if (!Object.hasOwn(before, key) || !dequal(before[key], after[key])) fields.add(key);
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) fields.add(key);
  }
  return fields;
}

/** Fields set and fields gone, as absolute values. */
export interface FieldPatch {
  readonly set: PlainObject;
  readonly unset: readonly string[];
}

/** The patch that brings the touched fields of any earlier value to `value`. */
export function patchOf(touched: ReadonlySet<string>, value: PlainObject): FieldPatch {
  const set: Record<string, unknown> = {};
  const unset: string[] = [];
  for (const key of touched) {
    if (Object.hasOwn(value, key)) setOwn(set, key, value[key]);
    else unset.push(key);
  }
  return { set, unset };
}

/** A copy of `value` with the patch applied; `value` stays as it is. */
export function applyPatch(
  value: PlainObject,
  set: PlainObject | undefined,
  unset?: readonly string[],
): PlainObject {
  // A spread defines own fields, also one that is called `__proto__` (P-FRAME-6).
  const next: Record<string, unknown> = { ...value, ...set };
  for (const key of unset ?? []) delete next[key];
  return next;
}
