// Channel head: what a node holds of one hot channel, and the frames that bring a reader to it. The hot path: mutable,
// one per channel. Knows no readers, no sockets and no time.
import { linkageOf, type Linkage, type RecoveryHead, type ResetReason } from '@tickwire/protocol';
import type { ChannelHead as BrokerHead, Publication } from '../broker/broker.js';
import type { EncodedFrame } from '../ports/frame-encoder.js';
import { FrameCache } from './frame-cache.js';
import { frameRun, type FrameRun, type Span } from './frame-run.js';

/** What a reader accepts. */
export interface FrameForm {
  /** Whether it understands fields instead of whole records (capability `delta`). */
  readonly patches: boolean;
  /** Largest part worth sending at once, in bytes. */
  readonly partBytes: number;
}

/** `sent` of a reader that must be given the whole value. */
export const NOTHING_SENT = -1;

/** Epoch, offset and value of a channel. The three kinds fill in what a value is. */
export abstract class HeadOfChannel implements RecoveryHead {
  epoch: string;
  offset: number;
  /** Readers in step hold everything up to here; the next live frame starts here. */
  flushed: number;
  protected readonly cache = new FrameCache();

  protected constructor(epoch: string, offset: number) {
    this.epoch = epoch;
    this.offset = offset;
    this.flushed = offset;
  }

  abstract readonly floor: number;

  /** Takes a publication if it continues what is held (P-NODE-2). */
  accept(publication: Publication, nowMs: number): Linkage {
    const linkage = linkageOf(this, publication.epoch, publication.previousOffset, publication.offset);
    if (linkage !== 'apply') return linkage;
    this.apply(publication, nowMs);
    this.offset = publication.offset;
    this.cache.clear();
    return linkage;
  }

  /** Takes over what was read from the broker. Readers are no longer in step afterwards: they need runs. */
  replace(head: BrokerHead, nowMs: number, nowWallMs: number): void {
    this.adopt(head, nowMs, nowWallMs);
    this.epoch = head.epoch;
    this.offset = head.offset;
    this.cache.clear();
    this.endFlush();
  }

  /** The frames that bring readers in step from `flushed` to the head: nearly always one. */
  abstract live(form: FrameForm): FrameRun;

  /**
   * The frames that bring a reader from anywhere to the head or, where what it needs can be had one by one, nearer to it.
   * @param epoch the one it knows; @param sent what it holds of that, or {@link NOTHING_SENT}.
   */
  abstract catchUp(epoch: string, sent: number, form: FrameForm): FrameRun;

  /** Stream: the offset after which `last` events follow. Other kinds have no tail. */
  tailBase(_last: number | undefined): number {
    return this.offset;
  }

  /** Stream: tells a reader that its history is not continued; more may follow from the run's offset. */
  resetRun(_why: ResetReason, _lost?: readonly [number, number]): FrameRun | null {
    return null;
  }

  /** Drops what is kept only for a while. */
  expire(_nowMs: number): void {
    this.cache.age();
  }

  /** The live frame has been handed out. */
  endFlush(): void {
    this.flushed = this.offset;
    this.forgetTouched();
  }

  /** A run that ends at the head. @param span of a value that may be in parts */
  protected toHead(frames: readonly EncodedFrame[], span: Span | null = null): FrameRun {
    return frameRun(frames, this.epoch, this.offset, { span });
  }

  protected abstract apply(publication: Publication, nowMs: number): void;
  protected abstract adopt(head: BrokerHead, nowMs: number, nowWallMs: number): void;
  protected abstract forgetTouched(): void;
}
