// Store: the value of one channel, as the three kinds of store offer it. They know no cursors and no listeners.
import type { DeltaFrame, EventsFrame, FullFrame } from '@tickwire/protocol';

/** Which keys of a collection a frame changed. */
export interface RecordsChange {
  readonly upserted: ReadonlyMap<string, unknown>;
  readonly removed: readonly string[];
  /** The frame held all records; what vanished is in `removed`, what is equal to before is in neither. */
  readonly whole: boolean;
}

/** The value of one channel. */
export interface ChannelStore {
  /** The value; the same object until the next change. */
  read(): unknown;
  /** Replaces the value. */
  applyFull(frame: FullFrame): RecordsChange | null;
  /** Applies a delta; `false`, with nothing changed, where it does not fit the value (P-DATA-6). */
  applyDelta(frame: DeltaFrame): RecordsChange | null | false;
  /** Appends the events from an index on. */
  append(frame: EventsFrame, from: number): void;
}
