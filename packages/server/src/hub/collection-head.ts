// Collection head: records with the offset of their last change, tombstones, and the keys touched since the last flush.
import { buildCollectionDelta, TouchedKeys } from '@tickwire/protocol';
import type {
  CollectionEntry,
  CollectionHead as BrokerCollectionHead,
  Publication,
} from '../broker/broker.js';
import { trimTombstones } from '../broker/stored-channel.js';
import type { EncodedFrame } from '../ports/frame-encoder.js';
import { HeadOfChannel, NOTHING_SENT, type FrameForm } from './channel-head.js';
import type { FrameRun } from './frame-run.js';
import type { ChannelFrames } from './range-frames.js';

/** Removals a node remembers beyond what the broker told it. */
const MAX_TOMBSTONES = 1_024;

/** The head of a collection. */
export class CollectionHead extends HeadOfChannel {
  readonly #frames: ChannelFrames;
  readonly #alias: number;
  #records: Map<string, CollectionEntry>;
  #tombstones: Map<string, number>;
  #floor: number;
  readonly #touched = new TouchedKeys();

  constructor(head: BrokerCollectionHead, frames: ChannelFrames, alias: number) {
    super(head.epoch, head.offset);
    this.#frames = frames;
    this.#alias = alias;
    this.#records = new Map(head.records);
    this.#tombstones = new Map(head.tombstones);
    this.#floor = head.floor;
  }

  get floor(): number {
    return this.#floor;
  }

  live(form: FrameForm): FrameRun {
    const { patches, partBytes } = form;
    const delta = buildCollectionDelta(this.#touched.entries(), (key) => this.#records.get(key)?.value, {
      patch: patches,
    });
    const base = this.flushed === this.offset - 1 ? {} : { b: this.flushed };
    const frame = this.#frames.frame({ t: 'd', n: this.#alias, o: this.offset, ...base, ...delta });
    return frame.byteLength <= partBytes
      ? this.toHead([frame])
      : this.catchUp(this.epoch, this.flushed, form);
  }

  catchUp(epoch: string, sent: number, { partBytes }: FrameForm): FrameRun {
    if (epoch !== this.epoch) return this.#whole(this.epoch, partBytes);
    return sent < this.#floor ? this.#whole(null, partBytes) : this.#range(sent, partBytes);
  }

  protected apply({ change, offset }: Publication): void {
    if (change.type !== 'update') return;
    for (const key of change.remove) {
      this.#touched.touch(key, this.#records.get(key)?.value, undefined);
      this.#records.delete(key);
      this.#tombstones.delete(key);
      this.#tombstones.set(key, offset);
    }
    for (const [key, value] of change.upsert) {
      this.#touched.touch(key, this.#records.get(key)?.value, value);
      this.#records.set(key, { value, offset });
      this.#tombstones.delete(key);
    }
    this.#floor = trimTombstones(this.#tombstones, MAX_TOMBSTONES, this.#floor);
  }

  protected adopt(head: BrokerCollectionHead): void {
    this.#records = new Map(head.records);
    this.#tombstones = new Map(head.tombstones);
    this.#floor = head.floor;
  }

  protected forgetTouched(): void {
    this.#touched.clear();
  }

  #whole(epoch: string | null, partBytes: number): FrameRun {
    const form = epoch === null ? `${partBytes}` : `epoch ${partBytes}`;
    return this.cache.get(`whole ${form}`, () =>
      this.#inParts(
        this.#frames.wholeCollection(this.offset, epoch, valuesOf(this.#records), partBytes),
        NOTHING_SENT,
        form,
      ),
    );
  }

  #range(from: number, partBytes: number): FrameRun {
    return this.cache.get(`range ${from} ${partBytes}`, () => {
      const upserted = this.#upsertedAfter(from);
      const removed = this.#removedAfter(from);
      const frames = this.#frames.collectionRange(from, this.offset, upserted, removed, partBytes);
      return this.#inParts(frames, from, `${partBytes}`);
    });
  }

  #inParts(frames: readonly EncodedFrame[], base: number, form: string): FrameRun {
    return this.toHead(frames, { epoch: this.epoch, base, offset: this.offset, form });
  }

  *#upsertedAfter(offset: number): Generator<readonly [string, unknown]> {
    for (const [key, entry] of this.#records) if (entry.offset > offset) yield [key, entry.value];
  }

  *#removedAfter(offset: number): Generator<string> {
    for (const [key, at] of this.#tombstones) if (at > offset) yield key;
  }
}

function* valuesOf(
  records: Iterable<readonly [string, CollectionEntry]>,
): Generator<readonly [string, unknown]> {
  for (const [key, { value }] of records) yield [key, value];
}
