// Stream store: the latest events, bounded. Appends in place; what is handed out is copied, and only when read.
import type { ChannelStore } from './store.js';

/** An empty stream that keeps `maxEvents`; asked each time, because who comes later may want more. */
export function createStreamStore(bound: { readonly maxEvents: number }): ChannelStore {
  let events: unknown[] = [];
  let shown: readonly unknown[] | null = null;
  const latest = (): unknown[] => events.slice(Math.max(0, events.length - bound.maxEvents));
  return {
    read: () => (shown ??= latest()),
    apply({ t }, fresh) {
      if (t !== 'e') return false;
      for (const event of fresh) events.push(event);
      shown = null;
      // Cut at twice the bound, so that a long stream costs each event one move at most.
      if (events.length > 2 * bound.maxEvents) events = latest();
      return null;
    },
  };
}
