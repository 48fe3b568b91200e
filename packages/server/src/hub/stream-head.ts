// Stream head: the kept history and the events since the last flush, which may be more than history keeps.
import type { HistoryOptions, ResetReason } from '@tickwire/protocol';
import type { Publication, StreamEntry, StreamHead as BrokerStreamHead } from '../broker/broker.js';
import { History } from '../broker/history.js';
import { HeadOfChannel, type FrameForm } from './channel-head.js';
import { frameRun, type FrameRun } from './frame-run.js';
import type { ChannelFrames } from './range-frames.js';

/** The present moment, in both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The head of a stream. */
export class StreamHead extends HeadOfChannel {
  readonly #frames: ChannelFrames;
  readonly #options: HistoryOptions;
  #history: History;
  #unflushed: StreamEntry[] = [];

  constructor(head: BrokerStreamHead, frames: ChannelFrames, options: HistoryOptions, now: Moment) {
    super(head.epoch, head.offset);
    this.#frames = frames;
    this.#options = options;
    this.#history = keep(head, options, now);
  }

  get floor(): number {
    return this.#history.floor;
  }

  live({ partBytes }: FrameForm): FrameRun {
    const pages = [...this.#frames.pages(this.flushed, this.#unflushed, partBytes)];
    const frames = pages.map(({ frame }) => frame);
    if (pages.length <= 1) return this.toHead(frames);
    return frameRun(frames, this.epoch, this.offset, { pages: pages.map(({ offset }) => offset) });
  }

  catchUp(epoch: string, sent: number, { partBytes }: FrameForm): FrameRun {
    if (epoch !== this.epoch) return this.#reset('epoch', this.floor);
    if (sent < this.floor) return this.#reset('trimmed', this.floor, [sent, this.floor]);
    return this.cache.get(`events ${sent} ${partBytes}`, () => this.#page(sent, partBytes));
  }

  override tailBase(last: number | undefined): number {
    return last === undefined ? this.floor : this.#history.baseOfLast(last);
  }

  /**
   * Another epoch, and history that fell out: what is kept follows. The same epoch ahead of this head: the reader has
   * seen offsets that will come again, so nothing is told twice and it goes on from the head.
   */
  override resetRun(why: ResetReason, lost?: readonly [number, number]): FrameRun {
    return this.#reset(why, why === 'regress' ? this.offset : this.floor, lost);
  }

  override expire(nowMs: number): void {
    super.expire(nowMs);
    this.#history.trim(nowMs);
  }

  protected apply({ change }: Publication, nowMs: number): void {
    if (change.type !== 'append') return;
    for (const entry of change.events) {
      this.#history.append(entry, nowMs);
      this.#unflushed.push(entry);
    }
  }

  protected adopt(head: BrokerStreamHead, nowMs: number, nowWallMs: number): void {
    this.#history = keep(head, this.#options, { monotonicMs: nowMs, wallMs: nowWallMs });
  }

  protected forgetTouched(): void {
    if (this.#unflushed.length > 0) this.#unflushed = [];
  }

  /** One page only: a reader that stops behind it holds nothing, and goes on from history. */
  #page(sent: number, partBytes: number): FrameRun {
    const [page] = this.#frames.pages(sent, this.#history.after(sent), partBytes);
    return page === undefined ? this.toHead([]) : frameRun([page.frame], this.epoch, page.offset);
  }

  #reset(why: ResetReason, offset: number, lost?: readonly [number, number]): FrameRun {
    return this.cache.get(`reset ${why} ${offset} ${lost === undefined ? '' : lost.join()}`, () =>
      frameRun([this.#frames.reset(this.epoch, offset, why, lost)], this.epoch, offset),
    );
  }
}

/** Ages what was read by the time it had when the broker wrote it, so that the node forgets when the broker does. */
function keep(head: BrokerStreamHead, options: HistoryOptions, now: Moment): History {
  const history = new History(options, head.floor);
  for (const entry of head.log) {
    const { ageMs = now.wallMs - entry.atMs } = entry;
    history.append(entry, now.monotonicMs - Math.max(0, ageMs));
  }
  return history;
}
