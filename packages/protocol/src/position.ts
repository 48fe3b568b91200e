// Position: a place in the history of one channel. Arithmetic on positions lives in cursor.ts.

/**
 * A place in the history of one channel. Offsets of one epoch are ordered; offsets of different epochs have
 * nothing to do with each other (P-POS-1, P-POS-2).
 */
export interface Position {
  /** Opaque, at most 32 characters, compared for equality only. Another epoch means another history. */
  readonly epoch: string;
  /** Integer from 0 to 2^53 - 1, strictly increasing within an epoch, not necessarily by one. */
  readonly offset: number;
}

/** Longest epoch a peer may send, in characters (P-POS-1). */
export const MAX_EPOCH_LENGTH = 32;
