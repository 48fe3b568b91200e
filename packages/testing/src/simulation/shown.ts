// Shown: how the value of a channel reads in a history.
import { canonicalJson, freshJson } from './canonical-json.js';

/** How many of a stream's newest events are shown. */
const SHOWN_EVENTS = 3;

/** Canonical JSON of a value; of a stream, its newest events. */
export function shown(data: unknown): string {
  return canonicalJson(newest(data));
}

/** The same at the end of a run, where also what was changed in place must be seen. */
export function shownAtRest(data: unknown): string {
  return freshJson(newest(data));
}

function newest(data: unknown): unknown {
  return Array.isArray(data) ? data.slice(-SHOWN_EVENTS) : data;
}
