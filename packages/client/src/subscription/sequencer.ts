// Sequencer: the cursor rule for one channel (P-DATA-1). Says what to do with a frame; never looks at values. Hot:
// mutable, allocates nothing for an ordinary frame.
import {
  baseOfDelta,
  baseOfEvents,
  coverageOf,
  type DeltaFrame,
  type EventsFrame,
  type FullFrame,
  MAX_PARTS,
  type Position,
  type ResetFrame,
  type SubscribedEntry,
} from '@tickwire/protocol';

/** A frame that moves the cursor. */
export type SequencedFrame = FullFrame | DeltaFrame | EventsFrame | ResetFrame;

/**
 * What to do with a frame: a frame, to be applied and then committed; `ignore`; or `hole`: something is missing, ask
 * the server. The frame is the given one, or all parts as one.
 */
export type Verdict = SequencedFrame | 'ignore' | 'hole';

export interface Sequencer {
  /** Up to where everything is applied; `null` before anything was. */
  readonly cursor: Position | null;
  /** Whether everything the last answer promised has been applied and nothing is known to be missing. */
  readonly atHead: boolean;
  /** Offset of the cursor. */
  readonly offset: number;
  /**
   * An answer of the server, and the cursor it answers: the very object, so that one that moved since is told apart.
   * @returns `false` if it continues something that is not held, which is a hole.
   */
  attach(entry: SubscribedEntry, sent: Position | null): boolean;
  /** Judges a frame whose alias is this channel's. */
  accept(frame: SequencedFrame): Verdict;
  /** The frame has been applied: the cursor moves (P-POS-3). */
  commit(frame: SequencedFrame): void;
  /** The value held is not what the sender thinks: nothing fits but a whole new one (P-DATA-6). */
  invalidate(): void;
  /** The connection is gone, and with it what came of a value in parts (P-DATA-7). */
  detach(): void;
}

export function createSequencer(): Sequencer {
  let cursor: Position | null = null;
  let entryEpoch = '';
  let head = 0;
  let isVoid = true;
  let hole = false;
  let parts: (FullFrame | DeltaFrame)[] = [];

  const offsetOf = (): number => cursor?.offset ?? 0;

  function miss(): 'hole' {
    parts = [];
    hole = true;
    return 'hole';
  }

  function assemble(frame: FullFrame | DeltaFrame): Verdict {
    const { t, o, i = 0, more } = frame;
    const [first] = parts;
    if (!i || (first && (first.t !== t || first.o !== o || baseOf(first) !== baseOf(frame)))) parts = [];
    if (i !== parts.length || i >= MAX_PARTS) return miss();
    if (!more && i === 0) return frame;
    parts.push(frame);
    return more ? 'ignore' : merge(parts.splice(0));
  }

  return {
    get cursor() {
      return cursor;
    },
    get atHead() {
      return !isVoid && !hole && cursor?.epoch === entryEpoch && offsetOf() >= head;
    },
    get offset() {
      return offsetOf();
    },
    attach({ e: epoch, o, m, b = o }, sent) {
      parts = [];
      entryEpoch = epoch;
      head = o;
      // A cursor that is there came of an earlier answer to the same question: it knows better (P-SUB-2).
      if (m === 'tail') cursor ??= { epoch, offset: b };
      const sameEpoch = cursor?.epoch === epoch;
      // Another connection may have moved the cursor on, in the same history, since the question was asked. What follows
      // is then at worst old, and must not take the reader back (P-APP-1).
      const movedOn = sameEpoch && (sent?.epoch !== epoch || (sent.offset <= o && offsetOf() > sent.offset));
      const renews = m === 'full' || m === 'reset';
      isVoid = renews && !movedOn;
      const fits = renews || (sameEpoch && ['same', 'range', 'tail'].includes(m));
      // It continues what is not held, or in a way nobody knows: the next question has no cursor, unless that has moved
      // since this one was asked (P-SUB-6).
      if (!fits && cursor === sent) cursor = null;
      hole = !isVoid && (!fits || (m === 'same' && offsetOf() < o));
      return !hole;
    },
    accept(frame) {
      const { o, t } = frame;
      const epoch = cursor?.epoch;
      if (!Number.isSafeInteger(o) || o < 0) return 'ignore';
      if (t === 'rst') return !isVoid && frame.e === epoch && o <= offsetOf() ? 'ignore' : frame;
      if (t === 'f') {
        return !isVoid && (frame.e ?? entryEpoch) === epoch && o < offsetOf() ? 'ignore' : assemble(frame);
      }
      if (hole) return 'ignore';
      // The whole value that was promised first is lost.
      if (isVoid) return miss();
      const coverage = coverageOf(offsetOf(), t === 'd' ? baseOfDelta(frame) : baseOfEvents(frame), o);
      if (coverage === 'duplicate') return 'ignore';
      if (coverage === 'hole') return miss();
      return t === 'd' ? assemble(frame) : frame;
    },
    commit(frame) {
      if (frame.t === 'f' || frame.t === 'rst') {
        const { e: epoch = entryEpoch } = frame;
        // What the answer promised was an offset of its epoch.
        if (epoch !== entryEpoch) head = frame.o;
        entryEpoch = epoch;
        isVoid = hole = false;
        parts = [];
      }
      cursor = { epoch: entryEpoch, offset: frame.o };
    },
    invalidate() {
      cursor = null;
      miss();
    },
    detach() {
      parts = [];
    },
  };
}

const baseOf = (frame: FullFrame | DeltaFrame): unknown => (frame as Partial<DeltaFrame>).b;

/** Puts parts together. Their keys are disjoint, so the order does not matter. */
function merge(parts: readonly (FullFrame | DeltaFrame)[]): SequencedFrame {
  const pieces = parts as unknown as readonly Record<string, object | undefined>[];
  const merged: Record<string, unknown> = { ...pieces[0], x: pieces.flatMap((part) => part['x'] ?? []) };
  for (const field of 'kspuq') {
    // `fromEntries` defines own fields, also one that is called `__proto__` (P-FRAME-6).
    merged[field] = Object.fromEntries(pieces.flatMap((part) => Object.entries(part[field] ?? {})));
  }
  return merged as unknown as SequencedFrame;
}
