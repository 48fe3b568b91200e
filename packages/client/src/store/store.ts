// Store: the value of one channel, as the three kinds of store offer it. They know no cursors and no listeners.
import type { DeltaFrame, FullFrame } from '@tickwire/protocol';

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
  /** Replaces the value; `false` where the kind has no whole values. */
  applyFull(frame: FullFrame): RecordsChange | null | false;
  /** Applies a delta; `false`, with nothing changed, where it does not fit the value (P-DATA-6). */
  applyDelta(frame: DeltaFrame): RecordsChange | null | false;
  append(events: readonly unknown[]): void;
}
