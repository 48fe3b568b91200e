// Publishes: an acknowledgement is a promise about what was written (R8) and in which order (R1).
import type { Position } from '@tickwire/protocol';
import { canonicalJson } from '../canonical-json.js';
import type { Change, HistoryEvent, WrittenChange } from '../history.js';
import { applyRequest, type ChannelLogs } from './channel-log.js';
import type { Violation } from './violation.js';

type Published = Extract<HistoryEvent, { type: 'published' }>;
type Written = Extract<HistoryEvent, { type: 'written' }>;

/** Judges every publish of the history. */
export function checkPublishes(history: readonly HistoryEvent[], logs: ChannelLogs): Violation[] {
  const violations: Violation[] = [];
  const published = new Map<number, Published>();
  /** How many of each channel are without an answer, so perhaps written. */
  const open = new Map<string, number>();
  const refused = new Map<number, string>();
  const taken = new Set<string>();
  const positions = new Map<number, { readonly position: Position; readonly atMs: number }>();
  for (const event of history) {
    if (event.type === 'published') {
      published.set(event.publish, event);
      open.set(event.channel, (open.get(event.channel) ?? 0) + 1);
    }
    if (event.type === 'restored') {
      taken.add(placeOf(event.channel, event.position));
    }
    if (event.type === 'acknowledged') {
      const request = published.get(event.publish);
      if (request === undefined) continue;
      const others = (open.get(request.channel) ?? 0) - 1;
      open.set(request.channel, others);
      const place = placeOf(request.channel, event.position);
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
    if (event.type === 'publishFailed' && event.executed === 'no') refused.set(event.publish, event.code);
  }
  // A history in which nobody publishes to a channel does not tell who does.
  const unclaimed = history.filter(
    (event) =>
      event.type === 'written' && open.has(event.channel) && !taken.has(placeOf(event.channel, event)),
  ) as Written[];
  const unanswered = [...published.values()].filter(({ publish }) => !positions.has(publish));
  return [
    ...violations,
    ...checkOrder(published, positions),
    ...checkUnclaimed(unclaimed, unanswered, refused, logs),
  ];
}

const placeOf = (channel: string, { epoch, offset }: Position): string => `${channel} ${epoch} ${offset}`;

/** What was written and acknowledged to nobody was asked for by somebody who was not told that it was not written. */
function checkUnclaimed(
  unclaimed: readonly Written[],
  unanswered: readonly Published[],
  refused: ReadonlyMap<number, string>,
  logs: ChannelLogs,
): Violation[] {
  const byChannel = new Map<string, Published[]>();
  for (const request of unanswered) {
    const requests = byChannel.get(request.channel);
    if (requests === undefined) byChannel.set(request.channel, [request]);
    else requests.push(request);
  }
  return unclaimed.flatMap(({ channel, epoch, offset, change, atMs }) => {
    const requests = byChannel.get(channel) ?? [];
    const fits = (request: Published): boolean =>
      request.atMs <= atMs &&
      mayHaveWritten(request.change, change) &&
      problemOf(request, { epoch, offset }, logs, false) === null;
    const asked = requests.find((request) => !refused.has(request.publish) && fits(request));
    if (asked !== undefined) {
      // Events are written once. Whether a value is written again nobody can tell from two who want the same.
      if ('append' in change) requests.splice(requests.indexOf(asked), 1);
      return [];
    }
    const liar = requests.find(fits);
    const where = `${offset}@${epoch} of ${channel} was written`;
    const message =
      liar === undefined
        ? `${where}, which nobody asked for.`
        : `${where}, which publish ${liar.publish} had asked for and was told not to have done (${refused.get(liar.publish)}).`;
    return [{ rule: 'R8', atMs, message }];
  });
}

/** Whether a change touches what was asked to be changed. Cheap: most of what was asked for is something else. */
function mayHaveWritten(asked: Change, written: WrittenChange): boolean {
  if (!('upsert' in written)) return true;
  if ('clear' in asked) return true;
  if ('set' in asked || 'append' in asked) return false;
  const wanted = new Set([
    ...Object.keys(asked.upsert ?? {}),
    ...Object.keys(asked.patch ?? {}),
    ...(asked.remove ?? []),
  ]);
  return [...Object.keys(written.upsert), ...written.remove].every((key) => wanted.has(key));
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
