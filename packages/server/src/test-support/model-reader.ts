// Model reader: what a client holds by the cursor rule alone. It breaks the test where the server breaks a promise.
import {
  applyCollectionDelta,
  applyStateDelta,
  baseOfDelta,
  baseOfEvents,
  coverageOf,
  eventsOf,
  offsetOfEvent,
  type DeltaFrame,
  type EventsFrame,
  type FullFrame,
  type ResetFrame,
  type SubscribedEntry,
} from '@tickwire/protocol';
import type { Frame } from './peer.js';

/** One channel as a client sees it. */
export class ModelReader {
  epoch = '';
  cursor = -1;
  #void = true;
  /** State: the document. Collection: a map. Stream: every event that was delivered. */
  value: unknown;
  readonly events: { readonly offset: number; readonly value: unknown }[] = [];
  /** Ranges that were announced as lost, or lie before the beginning. */
  readonly lost: (readonly [number, number])[] = [];
  #parts: FullFrame[] | DeltaFrame[] = [];
  readonly #kind: 'state' | 'collection' | 'stream';

  constructor(kind: 'state' | 'collection' | 'stream') {
    this.#kind = kind;
    this.value = kind === 'collection' ? new Map() : undefined;
  }

  read(frame: Frame): void {
    switch (frame.t) {
      case 'subd':
        for (const entry of frame.r) if (!('err' in entry)) this.#enter(entry);
        break;
      case 'f':
        this.#full(frame);
        break;
      case 'd':
        this.#delta(frame);
        break;
      case 'e':
        this.#append(frame);
        break;
      case 'rst':
        this.#reset(frame);
        break;
      default:
        break;
    }
  }

  #enter({ e, o, m, b }: SubscribedEntry): void {
    this.#parts = [];
    this.#void = m === 'full' || m === 'reset';
    if (m === 'tail') {
      // What came before was never asked for.
      this.lost.push([0, b ?? o]);
      [this.epoch, this.cursor] = [e, b ?? o];
    } else if (this.#void) this.epoch = e;
  }

  #full(frame: FullFrame): void {
    if (!this.#void && frame.e === undefined && frame.o < this.cursor) return;
    const parts = this.#collect(frame) as FullFrame[] | null;
    if (parts === null) return;
    this.epoch = frame.e ?? this.epoch;
    this.cursor = frame.o;
    this.#void = false;
    this.value =
      this.#kind === 'state' ? frame.v : new Map(parts.flatMap(({ k }) => Object.entries(k ?? {})));
  }

  #delta(frame: DeltaFrame): void {
    if (this.#void) throw new Error('a delta before the value');
    if (!this.#covers(baseOfDelta(frame), frame.o)) return;
    const parts = this.#collect(frame) as DeltaFrame[] | null;
    if (parts === null) return;
    for (const part of parts) {
      if (this.#kind === 'collection') {
        if (applyCollectionDelta(this.value as Map<string, unknown>, part) === null)
          throw new Error('a patch of nothing');
      } else {
        this.value = applyStateDelta(this.value, part);
        if (this.value === null) throw new Error('a delta of no object');
      }
    }
    this.cursor = frame.o;
  }

  #append(frame: EventsFrame): void {
    if (this.#void) throw new Error('events before the entry is done');
    if (!this.#covers(baseOfEvents(frame), frame.o)) return;
    for (const [index, value] of eventsOf(frame).entries()) {
      const offset = offsetOfEvent(frame, index);
      if (offset > this.cursor) this.events.push({ offset, value });
    }
    this.cursor = frame.o;
  }

  #reset({ e, o, lost }: ResetFrame): void {
    if (!this.#void && e === this.epoch && o <= this.cursor) throw new Error('a reset into the past');
    if (lost !== undefined) this.lost.push(lost);
    [this.epoch, this.cursor] = [e, o];
    this.#void = false;
  }

  #covers(base: number, offset: number): boolean {
    const coverage = coverageOf(this.cursor, base, offset);
    if (coverage === 'hole') throw new Error(`a hole: cursor ${this.cursor}, frame (${base}, ${offset}]`);
    return coverage === 'apply';
  }

  #collect(frame: FullFrame | DeltaFrame): readonly (FullFrame | DeltaFrame)[] | null {
    // Stricter than a client: a server does not send parts of one value again that the reader still holds.
    const [first] = this.#parts;
    if (first !== undefined && !isSameValue(first, frame)) this.#parts = [];
    if ((frame.i ?? 0) !== this.#parts.length) throw new Error('a part that is not the next');
    const parts = [...this.#parts, frame];
    this.#parts = frame.more === 1 ? (parts as FullFrame[]) : [];
    return frame.more === 1 ? null : parts;
  }
}

/** Parts are told apart by nothing else (P-DATA-7). */
function isSameValue(a: FullFrame | DeltaFrame, b: FullFrame | DeltaFrame): boolean {
  return a.t === b.t && a.o === b.o && ('b' in a ? a.b : undefined) === ('b' in b ? b.b : undefined);
}
