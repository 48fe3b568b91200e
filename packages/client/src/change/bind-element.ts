// Bind element: keeps an element of the page showing a channel, and says on it how fresh that is.
import type { ChannelSnapshot } from '../store/snapshot.js';
import type { ReadableStore } from '../store/view.js';
import { updateElementIfChanged } from './update-element.js';

/** The part of an element that is used. */
export interface BoundElement {
  textContent: string | null;
  readonly isConnected: boolean;
  /** Used for the status. */
  setAttribute(name: string, value: string): void;
}

/** A channel or a view of one. */
export type BindSource<S> = ReadableStore<ChannelSnapshot<S>>;

/** Options of {@link bindElement}. */
export interface BindOptions {
  /** The attribute that holds the status (`live`, `stale`, …), for style sheets. @defaultValue `'data-tickwire'` */
  readonly statusAttribute?: string | undefined;
  /** Text while there is no data. @defaultValue an empty text */
  readonly placeholder?: string | undefined;
}

/**
 * Shows a channel's data in an element until the returned function is called, or the element has left the page at an
 * update after it had been in it.
 * @throws what `format` throws at once; then it holds nothing. Later, that is an `error` event of the client.
 */
export function bindElement<S>(
  element: BoundElement,
  source: BindSource<S>,
  format?: (data: S) => string,
  { statusAttribute = 'data-tickwire', placeholder = '' }: BindOptions = {},
): () => void {
  let wasConnected = false;
  const show = (): void => {
    if (wasConnected && !element.isConnected) {
      stop();
      return;
    }
    wasConnected = element.isConnected;
    const { data, status } = source.getSnapshot();
    if (data === undefined) updateElementIfChanged(element, placeholder);
    else updateElementIfChanged(element, data, format);
    element.setAttribute(statusAttribute, status);
  };
  const stop = source.subscribe(show);
  try {
    show();
  } catch (error) {
    // Nobody would be left who could.
    stop();
    throw error;
  }
  return stop;
}
