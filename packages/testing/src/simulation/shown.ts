// Shown: how the value of a channel reads in a history.
import { canonicalJson } from './canonical-json.js';

/** How many of a stream's newest events are shown. */
const SHOWN_EVENTS = 3;

/** Canonical JSON of a value; of a stream, its newest events. */
export function shown(data: unknown): string {
  return canonicalJson(Array.isArray(data) ? data.slice(-SHOWN_EVENTS) : data);
}
