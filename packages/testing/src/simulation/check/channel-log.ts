// Channel log: what each channel held at each position, folded from what the broker wrote. The checker's own model.
import type { ChannelKind } from '@tickwire/protocol';
import { canonicalJson } from '../canonical-json.js';
import type { Change, HistoryEvent, WrittenChange } from '../history.js';
import type { Violation } from './violation.js';

type Records = ReadonlyMap<string, unknown>;

/** One epoch of one channel. */
export interface EpochLog {
  /** Offsets that were written, ascending. Of a stream, one an event. */
  readonly offsets: number[];
  /** When {@link EpochLog.offsets} were written, one for each. */
  readonly writtenAtMs: number[];
  /** State, collection: the value. Stream: the event. Canonical JSON, by offset. */
  readonly valueAt: Map<number, string>;
  /** Collections: what {@link EpochLog.valueAt} reads. */
  readonly recordsAt: Map<number, Records>;
  head: number;
}

/** Everything that was written, by channel and epoch. */
export class ChannelLogs {
  readonly #kinds = new Map<string, ChannelKind>();
  readonly #kept = new Map<string, { readonly size: number; readonly ttlMs: number }>();
  readonly #epochs = new Map<string, Map<string, EpochLog>>();
  readonly violations: Violation[] = [];

  constructor(history: readonly HistoryEvent[]) {
    for (const event of history) {
      if (event.type === 'written') this.#write(event);
      if (event.type !== 'channel') continue;
      this.#kinds.set(event.channel, event.kind);
      if (event.history !== undefined) this.#kept.set(event.channel, event.history);
    }
  }

  kindOf(channel: string): ChannelKind {
    const kind = this.#kinds.get(channel);
    if (kind === undefined) throw new Error(`The history uses channel ${channel} without introducing it.`);
    return kind;
  }

  epoch(channel: string, epoch: string): EpochLog | undefined {
    return this.#epochs.get(channel)?.get(epoch);
  }

  /** The value at a position, `undefined` where there is no such position. Nothing was written at offset 0. */
  valueAt(channel: string, epoch: string, offset: number): string | undefined {
    if (offset === 0) return this.kindOf(channel) === 'collection' ? '{}' : 'null';
    return this.epoch(channel, epoch)?.valueAt.get(offset);
  }

  /** The records of a collection at a position, and before it was written. */
  recordsAround(channel: string, epoch: string, offset: number): readonly [before: Records, at: Records] {
    const log = this.epoch(channel, epoch);
    const recordsAt = (each: number | undefined): Records => log?.recordsAt.get(each ?? 0) ?? NO_RECORDS;
    const offsets = log?.offsets ?? [];
    return [recordsAt(offsets[firstAbove(offsets, offset - 1) - 1]), recordsAt(offset)];
  }

  /** Offsets in (base, offset] that were written. */
  *between(channel: string, epoch: string, base: number, offset: number): Generator<number> {
    const offsets = this.epoch(channel, epoch)?.offsets ?? [];
    for (let at = firstAbove(offsets, base); at < offsets.length; at++) {
      const written = offsets[at] ?? 0;
      if (written > offset) return;
      yield written;
    }
  }

  /** Whether a stream's history must still hold the event at an offset. */
  keeps(channel: string, epoch: string, offset: number, nowMs: number): boolean {
    const history = this.#kept.get(channel);
    const log = this.epoch(channel, epoch);
    if (history === undefined || log === undefined) return false;
    const at = firstAbove(log.offsets, offset - 1);
    const end = firstAbove(log.writtenAtMs, nowMs);
    return at < end && end - at <= history.size && nowMs - (log.writtenAtMs[at] ?? 0) < history.ttlMs;
  }

  #write(event: Extract<HistoryEvent, { type: 'written' }>): void {
    const epochs = this.#epochs.get(event.channel) ?? new Map<string, EpochLog>();
    this.#epochs.set(event.channel, epochs);
    const log = epochs.get(event.epoch) ?? emptyLog();
    epochs.set(event.epoch, log);
    if (event.previousOffset !== log.head || event.offset <= log.head) {
      this.violations.push({
        rule: 'R5',
        atMs: event.atMs,
        message: `${event.channel}: (${event.previousOffset}, ${event.offset}] was written after ${log.head} of the same epoch.`,
      });
    }
    log.head = event.offset;
    const { change } = event;
    if ('append' in change) {
      change.append.forEach((value, index) => {
        const offset = event.offset - (change.append.length - 1 - index);
        log.offsets.push(offset);
        log.writtenAtMs.push(event.atMs);
        log.valueAt.set(offset, canonicalJson(value));
      });
      return;
    }
    log.offsets.push(event.offset);
    log.writtenAtMs.push(event.atMs);
    if ('set' in change) {
      log.valueAt.set(event.offset, canonicalJson(change.set));
      return;
    }
    const records = foldRecords(log.recordsAt.get(event.previousOffset) ?? NO_RECORDS, change);
    log.recordsAt.set(event.offset, records);
    log.valueAt.set(event.offset, canonicalJson(records));
  }
}

const NO_RECORDS: Records = new Map();

function emptyLog(): EpochLog {
  return { offsets: [], writtenAtMs: [], valueAt: new Map(), recordsAt: new Map(), head: 0 };
}

/** Where the first of the ascending offsets is that is larger. */
function firstAbove(offsets: readonly number[], bound: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The records after a change that the broker wrote. */
function foldRecords(records: Records, change: Extract<WrittenChange, { upsert: unknown }>): Records {
  const next = new Map(records);
  for (const [key, record] of Object.entries(change.upsert)) next.set(key, record);
  for (const key of change.remove) next.delete(key);
  return next;
}

/** What a collection must hold after a change that a publisher asked for, computed from the request alone. */
export function applyRequest(before: Records, change: Change): string {
  if ('clear' in change) return '{}';
  if ('set' in change || 'append' in change) throw new Error('Only a collection is changed by parts.');
  const records = new Map(before);
  for (const [key, record] of Object.entries(change.upsert ?? {})) records.set(key, record);
  for (const [key, fields] of Object.entries(change.patch ?? {})) {
    records.set(key, { ...(records.get(key) as object | undefined), ...fields });
  }
  for (const key of change.remove ?? []) records.delete(key);
  return canonicalJson(records);
}
