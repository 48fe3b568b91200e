// Abort source: what makes an abort signal. The core cannot name the platform's AbortController.
import type { AbortSignalLike } from '@tickwire/protocol';

/** A signal and the hand that raises it. */
export interface AbortSource {
  readonly signal: AbortSignalLike;
  /** Raises the signal; calling it again does nothing. */
  abort(reason: unknown): void;
}

/** Makes an {@link AbortSource}. */
export type CreateAbortSource = () => AbortSource;
