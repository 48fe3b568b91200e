// Channel store: the store for a kind of channel.
import type { ChannelKind } from '@tickwire/protocol';
import { createCollectionStore } from './collection-store.js';
import { createStateStore } from './state-store.js';
import type { ChannelStore } from './store.js';
import { createStreamStore } from './stream-store.js';

/** An empty store. `bound` is that of a stream's value. */
export function createChannelStore(kind: ChannelKind, bound: { readonly maxEvents: number }): ChannelStore {
  if (kind === 'state') return createStateStore();
  return kind === 'collection' ? createCollectionStore() : createStreamStore(bound);
}
