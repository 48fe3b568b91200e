// Publishes: an acknowledgement is a promise about what was written (R8) and in which order (R1).
import type { Position } from '@tickwire/protocol';
import { canonicalJson } from '../canonical-json.js';
import type { Change, HistoryEvent } from '../history.js';
import { applyRequest, type ChannelLogs } from './channel-log.js';
import type { Violation } from './violation.js';

type Published = Extract<HistoryEvent, { type: 'published' }>;

/** Judges every publish of the history. */
export function checkPublishes(history: readonly HistoryEvent[], logs: ChannelLogs): Violation[] {
  const violations: Violation[] = [];
  const published = new Map<number, Published>();
  /** Without an answer, so perhaps written. */
  const open = new Map<number, Published>();
  const taken = new Set<string>();
  const positions = new Map<number, { readonly position: Position; readonly atMs: number }>();
  for (const event of history) {
    if (event.type === 'published') {
      published.set(event.publish, event);
      open.set(event.publish, event);
    }
    if (event.type === 'restored') {
      taken.add(`${event.channel} ${event.position.epoch} ${event.position.offset}`);
    }
    if (event.type === 'acknowledged') {
      const request = published.get(event.publish);
      if (request === undefined) continue;
      open.delete(event.publish);
      const { epoch, offset } = event.position;
      const place = `${request.channel} ${epoch} ${offset}`;
      // Somebody else may have written there: then this change found everything as it wanted it.
      const mayBeIdle =
        taken.has(place) || [...open.values()].some((other) => other.channel === request.channel);
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
      if (request !== undefined && wasWritten(request, history)) {
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
    const before = logs.epoch(channel, epoch)?.offsets.findLast((each) => each < offset) ?? 0;
    const previous = logs.valueAt(channel, epoch, before) ?? '{}';
    expected = applyRequest(previous, change);
    if (expected !== written && mayBeIdle) expected = applyRequest(written, change);
  }
  return expected === written
    ? null
    : `acknowledged at ${where}, where ${written} was written instead of ${expected}.`;
}

/** Whether values of a request were written that nobody else asked for. */
function wasWritten(request: Published, history: readonly HistoryEvent[]): boolean {
  const { channel, atMs } = request;
  const wanted = valuesOf(request.change);
  for (const event of history) {
    if (event.type !== 'published' || event.channel !== channel || event.publish === request.publish)
      continue;
    for (const value of valuesOf(event.change)) wanted.delete(value);
  }
  if (wanted.size === 0) return false;
  return history.some((event) => {
    if (event.type !== 'written' || event.channel !== channel || event.atMs < atMs) return false;
    const written = event.change;
    if ('set' in written) return wanted.has(canonicalJson(written.set));
    const values = 'append' in written ? written.append : Object.values(written.upsert);
    return values.some((value) => wanted.has(canonicalJson(value)));
  });
}

function valuesOf(change: Change): Set<string> {
  const values =
    'set' in change
      ? [change.set]
      : 'append' in change
        ? change.append
        : 'upsert' in change
          ? Object.values(change.upsert)
          : [];
  return new Set(values.map(canonicalJson));
}
