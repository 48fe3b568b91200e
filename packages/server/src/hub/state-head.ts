// State head: one document and the fields touched since the last flush.
import { buildStateDelta, isPlainObject, touchFields, type Touched } from '@tickwire/protocol';
import type { Publication, StateHead as BrokerStateHead } from '../broker/broker.js';
import type { EncodedFrame } from '../ports/frame-encoder.js';
import { HeadOfChannel, type FrameForm } from './channel-head.js';
import type { FrameRun } from './frame-run.js';
import type { ChannelFrames } from './range-frames.js';

/** The head of a state channel. */
export class StateHead extends HeadOfChannel {
  readonly #frames: ChannelFrames;
  readonly #alias: number;
  #value: unknown;
  #touched: Touched | undefined = undefined;

  constructor(head: BrokerStateHead, frames: ChannelFrames, alias: number) {
    super(head.epoch, head.offset);
    this.#frames = frames;
    this.#alias = alias;
    this.#value = head.value;
  }

  /** Any place can be told: the whole value is the answer. */
  get floor(): number {
    return 0;
  }

  live({ patches }: FrameForm): FrameRun {
    const delta = patches ? this.#delta() : null;
    return delta === null ? this.#whole(null) : this.toHead([delta]);
  }

  catchUp(epoch: string): FrameRun {
    return this.#whole(epoch === this.epoch ? null : this.epoch);
  }

  protected apply({ change }: Publication): void {
    const value = change.type === 'set' ? change.value : undefined;
    this.#touched = touchFields(this.#touched, this.#value, value);
    this.#value = value;
  }

  protected adopt(head: BrokerStateHead): void {
    this.#value = head.value;
  }

  protected forgetTouched(): void {
    this.#touched = undefined;
  }

  #whole(epoch: string | null): FrameRun {
    return this.cache.get(epoch === null ? 'whole' : 'epoch', () =>
      this.toHead([this.#frames.wholeState(this.offset, epoch, this.#value)]),
    );
  }

  /** `null` where the whole value says the same in fewer bytes, or cannot be said otherwise. */
  #delta(): EncodedFrame | null {
    const touched = this.#touched;
    if (touched === undefined || touched === 'whole' || !isPlainObject(this.#value)) return null;
    if (touched.size >= Object.keys(this.#value).length) return null;
    const delta = buildStateDelta(touched, this.#value);
    if (delta === null) return null;
    const base = this.flushed === this.offset - 1 ? {} : { b: this.flushed };
    return this.#frames.frame({ t: 'd', n: this.#alias, o: this.offset, ...base, ...delta });
  }
}
