// State store: one document, replaced at every change.
import { applyStateDelta } from '@tickwire/protocol';
import { jsonEqual } from './json-equal.js';
import type { ChannelStore } from './store.js';

/** An empty state. */
export function createStateStore(): ChannelStore {
  let value: unknown;
  return {
    read: () => value,
    apply(frame) {
      // It names nothing: the cursor moves, whatever the value is (P-DATA-2).
      if (frame.t === 'd' && !frame.s && !frame.x) return null;
      const next = frame.t === 'f' ? frame.v : frame.t === 'd' && applyStateDelta(value, frame);
      if (frame.t !== 'f' && !next) return false;
      // An equal value keeps its identity, so that coming back after a cut redraws nothing.
      if (frame.t === 'd' || !jsonEqual(value, next)) value = next;
      return null;
    },
  };
}
