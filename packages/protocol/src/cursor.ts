// The cursor rule: the one place that decides whether a frame continues what a reader holds, for live frames,
// conflated frames, recovery and broker publications alike (P-DATA-1). Pure arithmetic; knows no values.
import type { ChannelKind } from './channel/kind.js';
import type { DeltaFrame, EventsFrame, RecoveryMode, ResetReason } from './frame/server-frame.js';
import type { Position } from './position.js';

/**
 * How the range (base, offset] lies to a cursor: `apply` it covers from the cursor on; `duplicate` all of it is
 * known; `hole` something before it is missing.
 */
export type Coverage = 'apply' | 'duplicate' | 'hole';

/** Most parts that one value or change comes in; more is a fault of the sender (P-DATA-7). */
export const MAX_PARTS = 256;

/** Judges the range (base, offset] against a cursor of the same epoch (P-DATA-1). */
export function coverageOf(cursor: number, base: number, offset: number): Coverage {
  if (offset <= cursor) return 'duplicate';
  return base > cursor ? 'hole' : 'apply';
}

/** Where a delta starts (P-DATA-3). */
export function baseOfDelta(frame: Pick<DeltaFrame, 'b' | 'o'>): number {
  return frame.b ?? frame.o - 1;
}

/** The events of a frame, oldest first. */
export function eventsOf(frame: EventsFrame): readonly unknown[] {
  return frame.vs ?? [frame.v];
}

/** Where an events frame starts (P-DATA-4). */
export function baseOfEvents(frame: EventsFrame): number {
  return frame.b ?? frame.o - eventsOf(frame).length;
}

/** Offset of the event at `index`: from `os`, else counted back from `o` (P-DATA-4). */
export function offsetOfEvent(frame: EventsFrame, index: number): number {
  return frame.os?.[index] ?? frame.o - (eventsOf(frame).length - 1 - index);
}

/** How a broker's publication lies to what a node holds (P-NODE-2). */
export type Linkage = 'apply' | 'duplicate' | 'hole' | 'fork';

/** Judges a publication against the head a node holds: `fork` means another history. */
export function linkageOf(head: Position, epoch: string, previousOffset: number, offset: number): Linkage {
  if (epoch !== head.epoch) return 'fork';
  if (offset <= head.offset) return 'duplicate';
  return previousOffset === head.offset ? 'apply' : 'hole';
}

/** What a node knows of a channel when it answers a subscription. */
export interface RecoveryHead extends Position {
  /**
   * Collection: every change after this offset can be told, from records and tombstones. Stream: the offset
   * before the oldest event that is kept. State: not looked at.
   */
  readonly floor: number;
}

/** How a subscription is answered (P-SUB-4). */
export interface Recovery {
  readonly mode: RecoveryMode;
  /** With `reset`. */
  readonly why?: ResetReason;
  /** With `reset` in the same epoch: the events after the first up to and including the second are lost. */
  readonly lost?: readonly [number, number];
}

/**
 * The decision table of P-SUB-4. A cursor ahead of the head must be judged against a head that was read again
 * first; if it is still ahead, the reader's history is not this one's, whatever its epoch says, and it is given
 * everything anew. That answers this reader alone: the claim of one client never moves an epoch.
 */
export function decideRecovery(kind: ChannelKind, head: RecoveryHead, since: Position | null): Recovery {
  if (since === null) return { mode: kind === 'stream' ? 'tail' : 'full' };
  if (since.epoch !== head.epoch)
    return kind === 'stream' ? { mode: 'reset', why: 'epoch' } : { mode: 'full' };
  if (since.offset === head.offset) return { mode: 'same' };
  if (since.offset > head.offset)
    return kind === 'stream' ? { mode: 'reset', why: 'regress' } : { mode: 'full' };
  if (kind === 'state') return { mode: 'full' };
  if (since.offset >= head.floor) return { mode: 'range' };
  return kind === 'stream'
    ? { mode: 'reset', why: 'trimmed', lost: [since.offset, head.floor] }
    : { mode: 'full' };
}
