// State store: one document, replaced at every change.
import { applyStateDelta } from '@tickwire/protocol';
import { dequal } from 'dequal/lite';
import type { ChannelStore } from './store.js';

/** An empty state. */
export function createStateStore(): ChannelStore {
  let value: unknown;
  return {
    read: () => value,
    apply(frame) {
      const next = frame.t === 'f' ? frame.v : frame.t === 'd' && applyStateDelta(value, frame);
      if (frame.t !== 'f' && !next) return false;
      // An equal value keeps its identity, so that coming back after a cut redraws nothing.
      if (frame.t === 'd' || !dequal(value, next)) value = next;
      return null;
    },
  };
}
