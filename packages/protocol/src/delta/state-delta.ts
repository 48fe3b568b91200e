// State delta: builds and applies the `s` and `x` of a state's `d` frame (P-DATA-3).
import type { DeltaFrame } from '../frame/server-frame.js';
import { isPlainObject } from './plain-object.js';
import { applyPatch, patchOf } from './touched-fields.js';

/** What a state's delta says; empty where nothing was touched. */
export type StateDelta = Pick<DeltaFrame, 's' | 'x'>;

/** Builds the delta of the touched fields; `null` where `value` cannot be patched and must be sent whole. */
export function buildStateDelta(touched: ReadonlySet<string>, value: unknown): StateDelta | null {
  if (!isPlainObject(value)) return null;
  const { set, unset } = patchOf(touched, value);
  return {
    ...(Object.keys(set).length === 0 ? {} : { s: set }),
    ...(unset.length === 0 ? {} : { x: unset }),
  };
}

/** The value with the delta applied; `null` where `value` cannot be patched, which a reader treats as a hole. */
export function applyStateDelta(value: unknown, delta: StateDelta): Readonly<Record<string, unknown>> | null {
  return isPlainObject(value) ? applyPatch(value, delta.s, delta.x) : null;
}
