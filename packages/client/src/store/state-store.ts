// State store: one document, replaced at every change.
import { applyStateDelta } from '@tickwire/protocol';
import { dequal } from 'dequal/lite';
import type { ChannelStore } from './store.js';

/** An empty state. */
export function createStateStore(): ChannelStore {
  let value: unknown;
  return {
    read: () => value,
    applyFull({ v }) {
      // An equal value keeps its identity, so that coming back after a cut redraws nothing.
      if (!dequal(value, v)) value = v;
      return null;
    },
    applyDelta(frame) {
      const next = applyStateDelta(value, frame);
      if (!next) return false;
      value = next;
      return null;
    },
    append: () => undefined,
  };
}
