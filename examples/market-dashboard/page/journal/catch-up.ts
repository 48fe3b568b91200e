// Counts how channels caught up, so that the timeline can say "23 by range, 1 anew" instead of 24 lines.
import type { RecoveredEvent } from '@tickwire/client';
import { formatCount } from '../format.js';
import type { Chip } from './timeline.js';

export interface CatchUp {
  readonly add: (event: RecoveredEvent) => void;
  readonly channels: () => number;
  readonly chips: () => readonly Chip[];
}

/** The ways a channel can go on, in the order they are shown. */
const MODES = ['same', 'range', 'full', 'tail', 'reset'] as const;

export function createCatchUp(): CatchUp {
  const byMode = new Map<string, number>();
  let channels = 0;
  let replayed = 0;
  return {
    add: (event) => {
      channels += 1;
      replayed += event.replayed;
      byMode.set(event.mode, (byMode.get(event.mode) ?? 0) + 1);
    },
    channels: () => channels,
    chips: () => {
      const chips: Chip[] = [];
      for (const mode of MODES) {
        const count = byMode.get(mode) ?? 0;
        if (count === 0 && mode === 'tail') continue;
        const tone =
          count === 0 || mode === 'same' || mode === 'full' ? undefined : mode === 'range' ? 'good' : 'warn';
        chips.push({ value: formatCount(count), label: mode, ...(tone === undefined ? {} : { tone }) });
      }
      if (replayed > 0) chips.push({ value: formatCount(replayed), label: 'trades replayed', tone: 'good' });
      return chips;
    },
  };
}
