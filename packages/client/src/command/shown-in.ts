// Shown in: waits until channels of this client show what a command did (P-CMD-10). Not part of the client: whoever does
// not import it does not pay for it.
import type { EffectPosition, Position } from '@tickwire/protocol';

/**
 * Holds back the end of a command that was done: called with where its effect is visible, it calls `done` once that is
 * shown, not before it has returned. What it returns is called when nobody waits any more.
 */
export type Until = (at: readonly EffectPosition[], done: () => void) => () => void;

/** What is needed of a handle, whatever it holds. */
export interface ShownHandle {
  readonly id: string;
  /** What it shows now. */
  getSnapshot(): { readonly position: Position | null };
  /** Calls `listener` after changes until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/**
 * For the option `until` of a command: it resolves when each of these channels shows what the command published there, so
 * that whoever draws them next draws it. A channel the command did not publish into is not waited for.
 * @example `await client.command('placeOrder', order, { until: shownIn(orders) })`
 */
export function shownIn(...handles: readonly ShownHandle[]): Until {
  return (at, done) => {
    const isBehind = ({ c, e, o }: EffectPosition): boolean =>
      handles.some((handle) => {
        const { position } = handle.getSnapshot();
        return handle.id === c && !(position?.epoch === e && position.offset >= o);
      });
    const check = (): void => {
      if (!at.some(isBehind)) done();
    };
    const stops = handles.map((handle) => handle.subscribe(check));
    // Of what is shown already no listener is told.
    void Promise.resolve().then(check);
    return () => stops.forEach((stop) => stop());
  };
}
