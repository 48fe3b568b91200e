// Publishes: an acknowledgement is a promise about what was written (R8) and in which order (R1).
import type { Position } from '@tickwire/protocol';
import { canonicalJson } from '../canonical-json.js';
import type { Change, HistoryEvent, WrittenChange } from '../history.js';
import { applyRequest, type ChannelLogs } from './channel-log.js';
import type { Violation } from './violation.js';

type Published = Extract<HistoryEvent, { type: 'published' }>;

/** Judges every publish of the history. */
export function checkPublishes(history: readonly HistoryEvent[], logs: ChannelLogs): Violation[] {
  const violations: Violation[] = [];
  const published = new Map<number, Published>();
  /** How many of each channel are without an answer, so perhaps written. */
  const open = new Map<string, number>();
  const values = new ValueIndex(history);
  const taken = new Set<string>();
  const positions = new Map<number, { readonly position: Position; readonly atMs: number }>();
  for (const event of history) {
    if (event.type === 'published') {
      published.set(event.publish, event);
      open.set(event.channel, (open.get(event.channel) ?? 0) + 1);
    }
    if (event.type === 'restored') {
      taken.add(`${event.channel} ${event.position.epoch} ${event.position.offset}`);
    }
    if (event.type === 'acknowledged') {
      const request = published.get(event.publish);
      if (request === undefined) continue;
      const others = (open.get(request.channel) ?? 0) - 1;
      open.set(request.channel, others);
      const { epoch, offset } = event.position;
      const place = `${request.channel} ${epoch} ${offset}`;
      // Somebody else may have written there: then this change found everything as it wanted it.
      const mayBeIdle = taken.has(place) || others > 0;
      taken.add(place);
      positions.set(event.publish, event);
      const problem = problemOf(request, event.position, logs, mayBeIdle);
      if (problem !== null) {
        violations.push({
          rule: 'R8',
          atMs: event.atMs,
          message: `publish ${event.publish} to ${request.channel}: ${problem}`,
        });
      }
    }
    if (event.type === 'publishFailed' && event.executed === 'no') {
      const request = published.get(event.publish);
      if (request !== undefined && values.wasWritten(request)) {
        violations.push({
          rule: 'R8',
          atMs: event.atMs,
          message: `publish ${event.publish} to ${request.channel} failed as not executed (${event.code}), but was written.`,
        });
      }
    }
  }
  return [...violations, ...checkOrder(published, positions)];
}

/** What a publisher asks for in one order is written in that order. */
function checkOrder(
  published: ReadonlyMap<number, Published>,
  positions: ReadonlyMap<number, { readonly position: Position; readonly atMs: number }>,
): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, { readonly publish: number; readonly offset: number }>();
  // A map keeps the order in which the publishes were asked for.
  for (const [publish, { publisher, channel }] of published) {
    const answer = positions.get(publish);
    if (answer === undefined) continue;
    const { epoch, offset } = answer.position;
    const key = `${publisher} ${channel} ${epoch}`;
    const before = last.get(key);
    if (before !== undefined && offset < before.offset) {
      violations.push({
        rule: 'R1',
        atMs: answer.atMs,
        message: `${publisher} on ${channel}: publish ${publish} got ${offset}, the earlier ${before.publish} got ${before.offset}.`,
      });
    }
    last.set(key, { publish, offset });
  }
  return violations;
}

function problemOf(
  { change, channel }: Published,
  position: Position,
  logs: ChannelLogs,
  mayBeIdle: boolean,
): string | null {
  const { epoch, offset } = position;
  const written = logs.valueAt(channel, epoch, offset);
  const where = `${offset}@${epoch}`;
  if (written === undefined) return `acknowledged at ${where}, where nothing was written.`;
  if ('append' in change) {
    const first = offset - change.append.length + 1;
    const wrong = change.append.findIndex(
      (event, i) => logs.valueAt(channel, epoch, first + i) !== canonicalJson(event),
    );
    return wrong === -1 ? null : `event ${wrong} of those acknowledged at ${where} was written otherwise.`;
  }
  let expected: string;
  if ('set' in change) {
    expected = canonicalJson(change.set);
  } else if (logs.kindOf(channel) === 'state') {
    expected = 'null';
  } else {
    const [before, now] = logs.recordsAround(channel, epoch, offset);
    expected = applyRequest(before, change);
    if (expected !== written && mayBeIdle) expected = applyRequest(now, change);
  }
  return expected === written
    ? null
    : `acknowledged at ${where}, where ${written} was written instead of ${expected}.`;
}

/** Who asked for which value, and when it was written last. Made when it is first asked, which is rare. */
class ValueIndex {
  readonly #history: readonly HistoryEvent[];
  /** By channel and value: the only publish that asked for it, or `null` where several did. */
  readonly #askedBy = new Map<string, number | null>();
  readonly #writtenAtMs = new Map<string, number>();

  constructor(history: readonly HistoryEvent[]) {
    this.#history = history;
  }

  /** Whether values of a request were written that nobody else asked for. */
  wasWritten({ publish, channel, change, atMs }: Published): boolean {
    if (this.#askedBy.size === 0) this.#read();
    return valuesOf(change).some((value) => {
      const key = `${channel} ${value}`;
      return this.#askedBy.get(key) === publish && (this.#writtenAtMs.get(key) ?? -1) >= atMs;
    });
  }

  #read(): void {
    for (const event of this.#history) {
      if (event.type !== 'published' && event.type !== 'written') continue;
      for (const value of valuesOf(event.change)) {
        const key = `${event.channel} ${value}`;
        if (event.type === 'written') {
          this.#writtenAtMs.set(key, event.atMs);
        } else {
          const first = this.#askedBy.get(key);
          this.#askedBy.set(key, first === undefined || first === event.publish ? event.publish : null);
        }
      }
    }
  }
}

function valuesOf(change: Change | WrittenChange): string[] {
  const values =
    'set' in change
      ? [change.set]
      : 'append' in change
        ? change.append
        : 'upsert' in change
          ? Object.values(change.upsert)
          : [];
  return values.map(canonicalJson);
}
