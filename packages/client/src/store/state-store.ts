// State store: one document, replaced at every change.
import { applyStateDelta, type DeltaFrame, type FullFrame } from '@tickwire/protocol';
import { dequal } from 'dequal/lite';
import type { ChannelStore } from './store.js';

export class StateStore implements ChannelStore {
  #value: unknown = undefined;

  read(): unknown {
    return this.#value;
  }

  /** An equal value keeps its identity, so that coming back after a cut redraws nothing. */
  applyFull({ v }: FullFrame): null {
    if (!dequal(this.#value, v)) this.#value = v;
    return null;
  }

  applyDelta(frame: DeltaFrame): null | false {
    const next = applyStateDelta(this.#value, frame);
    if (next === null) return false;
    this.#value = next;
    return null;
  }

  append(): void {
    // A state has no events.
  }
}
