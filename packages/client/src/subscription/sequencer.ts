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
  /** Up to where everything is applied; `null` before anything was. */
  cursor: Position | null = null;

  #entryEpoch = '';
  #head = 0;
  #isVoid = true;
  #hole = false;
  #parts: (FullFrame | DeltaFrame)[] = [];

  /** Whether everything the last answer promised has been applied and nothing is known to be missing. */
  get atHead(): boolean {
    return (
      !this.#isVoid && !this.#hole && this.cursor?.epoch === this.#entryEpoch && this.offset >= this.#head
    );
  }

  /** Offset of the cursor. */
  get offset(): number {
    return this.cursor?.offset ?? 0;
  }

  /**
   * An answer of the server, and the cursor it answers.
   * @returns `false` if it continues something that is not held, which is a hole.
   */
  attach({ e: epoch, o, m, b = o }: SubscribedEntry, sent: Position | null): boolean {
    this.#parts = [];
    this.#entryEpoch = epoch;
    this.#head = o;
    if (m === 'tail') this.cursor = { epoch, offset: b };
    const sameEpoch = this.cursor?.epoch === epoch;
    // Another connection may have moved the cursor on, in the same history, since the question was asked. What follows
    // is then at worst old, and must not take the reader back (P-APP-1).
    const movedOn = sameEpoch && sent?.epoch === epoch && sent.offset <= o && this.offset > sent.offset;
    this.#isVoid = (m === 'full' || m === 'reset') && !movedOn;
    this.#hole = !this.#isVoid && (!sameEpoch || (m === 'same' && this.offset < o));
    return !this.#hole;
  }

  /** Judges a frame whose alias is this channel's. */
  accept(frame: SequencedFrame): Verdict {
    const { o, t } = frame;
    const epoch = this.cursor?.epoch;
    if (!Number.isSafeInteger(o) || o < 0) return 'ignore';
    if (t === 'rst') return !this.#isVoid && frame.e === epoch && o <= this.offset ? 'ignore' : frame;
    if (t === 'f') {
      const known = !this.#isVoid && (frame.e ?? this.#entryEpoch) === epoch && o < this.offset;
      return known ? 'ignore' : this.#assemble(frame);
    }
    if (this.#hole || this.#isVoid || epoch !== this.#entryEpoch) return 'ignore';
    const coverage = coverageOf(this.offset, t === 'd' ? baseOfDelta(frame) : baseOfEvents(frame), o);
    if (coverage === 'duplicate') return 'ignore';
    if (coverage === 'hole') return this.#miss();
    return t === 'd' ? this.#assemble(frame) : frame;
  }

  /** The frame has been applied: the cursor moves (P-POS-3). */
  commit(frame: SequencedFrame): void {
    if (frame.t === 'f' || frame.t === 'rst') {
      this.#entryEpoch = frame.e ?? this.#entryEpoch;
      this.#isVoid = this.#hole = false;
      this.#parts = [];
    }
    this.cursor = { epoch: this.#entryEpoch, offset: frame.o };
  }

  /** The value held is not what the sender thinks: nothing fits but a whole new one (P-DATA-6). */
  invalidate(): void {
    this.cursor = null;
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
    const { t, o, i = 0, more } = frame;
    const [first] = this.#parts;
    if (first && (first.t !== t || first.o !== o || baseOf(first) !== baseOf(frame))) this.#parts = [];
    if (i !== this.#parts.length || i >= MAX_PARTS) return this.#miss();
    if (!more && i === 0) return frame;
    this.#parts.push(frame);
    if (more) return 'ignore';
    return merge(this.#parts.splice(0));
  }
}

const baseOf = (frame: FullFrame | DeltaFrame): unknown => 'b' in frame && frame.b;

/** Puts parts together. Their keys are disjoint, so the order does not matter. */
function merge(parts: readonly (FullFrame | DeltaFrame)[]): SequencedFrame {
  const merged: Record<string, unknown> = { ...parts[0] };
  for (const field of ['k', 's', 'u', 'p', 'q', 'x']) {
    const pieces = parts.flatMap(
      (part) => (part as unknown as Record<string, object | undefined>)[field] ?? [],
    );
    // `fromEntries` defines own fields, also one that is called `__proto__` (P-FRAME-6).
    merged[field] =
      field === 'x' ? pieces : Object.fromEntries(pieces.flatMap((piece) => Object.entries(piece)));
  }
  return merged as unknown as SequencedFrame;
}
