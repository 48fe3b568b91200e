// Store: the value of one channel, as the three kinds of store offer it. They know no cursors and no listeners.
import type { DeltaFrame, EventsFrame, FullFrame } from '@tickwire/protocol';

/** Which keys of a collection a frame changed. */
export interface RecordsChange {
  readonly upserted: ReadonlyMap<string, unknown>;
  readonly removed: readonly string[];
  /** The frame held all records; what vanished is in `removed`, what is equal to before is in neither. */
  readonly whole: boolean;
}

/** A frame that changes a value. */
export type ValueFrame = FullFrame | DeltaFrame | EventsFrame;

/** The value of one channel. */
export interface ChannelStore {
  /** The value; the same object until the next change. */
  read(): unknown;
  /**
   * Applies a frame; of an `e` the events that are new. `false`, with nothing changed, where it does not fit the kind
   * or the value (P-DATA-6).
   */
  apply(frame: ValueFrame, fresh: readonly unknown[]): RecordsChange | null | false;
}
