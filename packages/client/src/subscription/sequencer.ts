// Sequencer: the cursor rule for one channel (P-DATA-1). Says what to do with a frame; never looks at values. Hot:
// mutable, allocates nothing for an ordinary frame.
import {
  baseOfDelta,
  baseOfEvents,
  coverageOf,
  type DeltaFrame,
  type EventsFrame,
  type FullFrame,
  type Position,
  type ResetFrame,
  type SubscribedEntry,
} from '@tickwire/protocol';

/** A frame that moves the cursor. */
export type SequencedFrame = FullFrame | DeltaFrame | EventsFrame | ResetFrame;

/** Most parts of one value; more is a fault of the sender (P-DATA-7). */
export const MAX_PARTS = 256;

/**
 * What to do with a frame: a frame, to be applied and then committed; `ignore`; or `hole`: something is missing, ask
 * the server. The frame is the given one, or all parts as one.
 */
export type Verdict = SequencedFrame | 'ignore' | 'hole';

export class Sequencer {
  #epoch: string | null = null;
  #offset = 0;
  #entryEpoch = '';
  #head = 0;
  #isVoid = true;
  #hole = false;
  #parts: (FullFrame | DeltaFrame)[] = [];

  /** Up to where everything is applied; `null` before anything was. */
  get cursor(): Position | null {
    return this.#epoch === null ? null : { epoch: this.#epoch, offset: this.#offset };
  }

  /** Whether everything the last answer promised has been applied and nothing is known to be missing. */
  get atHead(): boolean {
    return !this.#isVoid && !this.#hole && this.#epoch === this.#entryEpoch && this.#offset >= this.#head;
  }

  /** Offset of the cursor. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * An answer of the server, and the cursor it answers.
   * @returns `false` if it continues something that is not held, which is a hole.
   */
  attach(entry: SubscribedEntry, sent: Position | null): boolean {
    this.#parts = [];
    this.#hole = false;
    this.#entryEpoch = entry.e;
    this.#head = entry.o;
    switch (entry.m) {
      case 'tail':
        this.#epoch = entry.e;
        this.#offset = entry.b ?? entry.o;
        this.#isVoid = false;
        break;
      case 'full':
      case 'reset':
        // Another connection may have moved the cursor on, in the same history, since the question was asked. What
        // follows is then at worst old, and must not take the reader back (P-APP-1).
        this.#isVoid = !(
          sent?.epoch === entry.e &&
          this.#epoch === entry.e &&
          sent.offset <= entry.o &&
          this.#offset > sent.offset
        );
        break;
      default:
        this.#isVoid = false;
        this.#hole = this.#epoch !== entry.e || (entry.m === 'same' && this.#offset < entry.o);
    }
    return !this.#hole;
  }

  /** Judges a frame whose alias is this channel's. */
  accept(frame: SequencedFrame): Verdict {
    const { o } = frame;
    if (!Number.isSafeInteger(o) || o < 0) return 'ignore';
    switch (frame.t) {
      case 'rst':
        if (!this.#isVoid && frame.e === this.#epoch && o <= this.#offset) return 'ignore';
        this.#parts = [];
        return frame;
      case 'f':
        if (!this.#isVoid && (frame.e ?? this.#entryEpoch) === this.#epoch && o < this.#offset)
          return 'ignore';
        return this.#assemble(frame);
      default: {
        if (this.#hole || this.#isVoid || this.#epoch !== this.#entryEpoch) return 'ignore';
        const base = frame.t === 'd' ? baseOfDelta(frame) : baseOfEvents(frame);
        const coverage = coverageOf(this.#offset, base, o);
        if (coverage === 'duplicate') return 'ignore';
        if (coverage === 'hole') return this.#miss();
        return frame.t === 'd' ? this.#assemble(frame) : frame;
      }
    }
  }

  /** The frame has been applied: the cursor moves (P-POS-3). */
  commit(frame: SequencedFrame): void {
    if (frame.t === 'f' || frame.t === 'rst') {
      this.#entryEpoch = this.#epoch = frame.e ?? this.#entryEpoch;
      this.#isVoid = this.#hole = false;
    }
    this.#offset = frame.o;
  }

  /** The value held is not what the sender thinks: nothing fits but a whole new one (P-DATA-6). */
  invalidate(): void {
    this.#epoch = null;
    this.#miss();
  }

  /** The connection is gone, and with it what came of a value in parts (P-DATA-7). */
  detach(): void {
    this.#parts = [];
  }

  #miss(): 'hole' {
    this.#parts = [];
    this.#hole = true;
    return 'hole';
  }

  #assemble(frame: FullFrame | DeltaFrame): Verdict {
    const first = this.#parts[0];
    if (
      first !== undefined &&
      (first.t !== frame.t || first.o !== frame.o || baseOf(first) !== baseOf(frame))
    ) {
      this.#parts = [];
    }
    const at = this.#parts.length;
    if (at === 0 && frame.i === undefined && frame.more === undefined) return frame;
    if ((frame.i ?? 0) !== at || at >= MAX_PARTS) return this.#miss();
    this.#parts.push(frame);
    if (frame.more !== undefined) return 'ignore';
    const parts = this.#parts;
    this.#parts = [];
    return merge(parts, frame);
  }
}

const baseOf = (frame: FullFrame | DeltaFrame): number | undefined => (frame.t === 'd' ? frame.b : undefined);

/** Keys of two parts are disjoint, so the order in which they are put together does not matter. */
function merge(parts: readonly (FullFrame | DeltaFrame)[], last: FullFrame | DeltaFrame): SequencedFrame {
  const merged: Record<string, unknown> = { ...parts[0], ...last };
  for (const field of ['k', 's', 'u', 'p', 'q', 'x']) {
    const pieces = parts.flatMap(
      (part) => (part as unknown as Record<string, object | undefined>)[field] ?? [],
    );
    // `fromEntries` defines own fields, also one that is called `__proto__` (P-FRAME-6).
    if (field === 'x') merged[field] = pieces;
    else if (pieces.length > 0)
      merged[field] = Object.fromEntries(pieces.flatMap((piece) => Object.entries(piece)));
  }
  return merged as unknown as SequencedFrame;
}
