// Channel store: the store for a kind of channel.
import type { ChannelKind } from '@tickwire/protocol';
import { CollectionStore } from './collection-store.js';
import { StateStore } from './state-store.js';
import type { ChannelStore } from './store.js';
import { StreamStore } from './stream-store.js';

/** An empty store. `maxEvents` bounds a stream's value. */
export function createChannelStore(kind: ChannelKind, maxEvents: number): ChannelStore {
  if (kind === 'state') return new StateStore();
  return kind === 'collection' ? new CollectionStore() : new StreamStore(maxEvents);
}
