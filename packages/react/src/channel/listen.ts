// Listen: one way to hear of changes for the three kinds of channel. The kind is the server's to say, so all three are
// listened for and two stay silent.
import type { EventOptions } from '@tickwire/client';
import type { HookChannel } from '../hook-client.js';

/** A listener of any kind. */
export type Listener = (...heard: readonly unknown[]) => void;

/** Holds the channel and hears of its changes until the returned function is called. */
export function listen(handle: HookChannel, listener: Listener, options: EventOptions): () => void {
  // Without a pace, whatever that of renders is: every change is heard.
  const view = handle.view({ scheduler: 'sync', maxUpdatesPerSecond: 0 });
  let told: unknown;
  /** The last one told: a channel that may not be read any more has none, and that its value is gone is told too. */
  let kind: unknown;
  const stops = [
    handle.onEvent(listener, options),
    handle.onChange(listener),
    view.subscribe(() => {
      const snapshot = view.getSnapshot();
      kind = handle.kind ?? kind;
      if (snapshot.data === told) return;
      told = snapshot.data;
      if (kind === 'state') listener(told, snapshot);
    }),
  ];
  // Read once it is held: before that even a value that is kept is not shown.
  told = view.getSnapshot().data;
  kind = handle.kind;
  return () => {
    for (const stop of stops) stop();
  };
}
