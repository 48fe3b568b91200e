// Counts how channels caught up, so that the timeline can say "23 by range, 1 anew" instead of 24 lines.
import type { RecoveredEvent } from '@tickwire/client';
import { formatCount } from '../format.js';
import type { Chip } from './timeline.js';

export interface CatchUp {
  readonly add: (event: RecoveredEvent) => void;
  /** Whether this channel has been counted. */
  readonly has: (channel: string) => boolean;
  /** How the channels went on, in a sentence that says no more than the counts do. */
  readonly sentence: () => string;
  readonly chips: () => readonly Chip[];
}

/** The ways a channel can go on, in the order they are shown. */
const MODES = ['same', 'range', 'full', 'tail', 'reset'] as const;

const channelsOf = (count: number): string => (count === 1 ? '1 channel' : `${formatCount(count)} channels`);

export function createCatchUp(): CatchUp {
  const byMode = new Map<RecoveredEvent['mode'], number>();
  const channels = new Set<string>();
  let replayed = 0;
  return {
    add: (event) => {
      channels.add(event.channel);
      replayed += event.replayed;
      byMode.set(event.mode, (byMode.get(event.mode) ?? 0) + 1);
    },
    has: (channel) => channels.has(channel),
    sentence: () => {
      const of = (...modes: readonly RecoveredEvent['mode'][]): number =>
        modes.reduce((sum, mode) => sum + (byMode.get(mode) ?? 0), 0);
      const parts = [
        [of('same', 'range'), 'went on from where this tab stood'],
        [of('full', 'tail'), 'began again from what the server holds now'],
        [of('reset'), 'lost the history between, and said so'],
      ] as const;
      const told = parts
        .filter(([count]) => count > 0)
        .map(([count, what]) => `${channelsOf(count)} ${what}`);
      return told.length === 0 ? 'The channels are catching up.' : `${told.join('; ')}.`;
    },
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
