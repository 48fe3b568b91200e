// Subscriptions: what each subscriber saw, event by event (R1, R2, R3, R7) and at rest (R4).
import type { Position } from '@tickwire/protocol';
import type { HistoryEvent } from '../history.js';
import type { ChannelLogs } from './channel-log.js';
import type { Rule, Violation } from './violation.js';

type EventOf<Type extends HistoryEvent['type']> = Extract<HistoryEvent, { type: Type }>;

/** Judges every subscription of the history. */
export function checkSubscriptions(history: readonly HistoryEvent[], logs: ChannelLogs): Violation[] {
  const subscribers = new Map<number, Subscriber>();
  const violations: Violation[] = [];
  const heads = new Map<string, EventOf<'head'>>();
  const of = (subscription: number): Subscriber => {
    const subscriber = subscribers.get(subscription);
    if (subscriber === undefined) throw new Error(`Subscription ${subscription} was never opened.`);
    return subscriber;
  };
  for (const event of history) {
    switch (event.type) {
      case 'subscribed': {
        const kind = logs.kindOf(event.channel);
        const subscriber =
          kind === 'stream' ? new StreamSubscriber(event, logs) : new ValueSubscriber(event, logs);
        subscriber.report = (rule, atMs, message) =>
          violations.push({ rule, atMs, message: `${event.client} on ${event.channel}: ${message}` });
        subscribers.set(event.subscription, subscriber);
        break;
      }
      case 'applied':
        // Let in again, it is owed everything again.
        if (event.status === 'live') of(event.subscription).refused = false;
        of(event.subscription).applied(event);
        break;
      case 'delivered':
        of(event.subscription).delivered(event);
        break;
      case 'gap':
        of(event.subscription).gap(event);
        break;
      case 'recovered':
        of(event.subscription).recovered(event);
        break;
      case 'refused':
        // Only a refusal for good ends what the subscriber is owed: it is told, and loses what it held.
        if (event.code === 'forbidden') of(event.subscription).refuse();
        break;
      case 'interrupted':
        for (const subscriber of subscribers.values()) {
          if (subscriber.client === event.client) subscriber.interrupted();
        }
        break;
      case 'head':
        heads.set(event.channel, event);
        break;
      case 'atRest': {
        const subscriber = of(event.subscription);
        subscriber.atRest(event, heads.get(subscriber.channel));
        break;
      }
      default:
    }
  }
  return violations;
}

abstract class Subscriber {
  readonly client: string;
  readonly channel: string;
  refused = false;
  report: (rule: Rule, atMs: number, message: string) => void = () => undefined;
  protected readonly logs: ChannelLogs;

  constructor(opened: EventOf<'subscribed'>, logs: ChannelLogs) {
    this.client = opened.client;
    this.channel = opened.channel;
    this.logs = logs;
  }

  /** Whether subscribers at one position hold one value; of a stream each holds what it was given. */
  protected abstract readonly holdsValue: boolean;
  abstract applied(event: EventOf<'applied'>): void;
  abstract delivered(event: EventOf<'delivered'>): void;
  abstract gap(event: EventOf<'gap'>): void;
  abstract recovered(event: EventOf<'recovered'>): void;
  abstract interrupted(): void;
  /** If it is let in again, it begins anew. */
  protected abstract forget(): void;
  protected abstract reached(event: EventOf<'atRest'>): Position | null;

  refuse(): void {
    this.refused = true;
    this.forget();
  }

  /** R4. Whoever was refused and is not live any more owes nothing. */
  atRest(event: EventOf<'atRest'>, head: EventOf<'head'> | undefined): void {
    if (head === undefined || (this.refused && event.status !== 'live')) return;
    if (event.status !== 'live') {
      this.report('R4', event.atMs, `is ${event.status} at rest.`);
      return;
    }
    const position = this.reached(event);
    if (position?.epoch !== head.position.epoch || position.offset !== head.position.offset) {
      this.report('R4', event.atMs, `rests at ${at(position)}, the head is ${at(head.position)}.`);
    } else if (this.holdsValue && event.value !== head.value) {
      this.report('R4', event.atMs, `holds ${event.value} at ${at(position)}, the server ${head.value}.`);
    }
  }
}

/** A subscriber of a state or a collection: may skip, may never go back or hold anything but what was written. */
class ValueSubscriber extends Subscriber {
  protected override readonly holdsValue = true;
  #position: Position | null = null;

  override applied({ position, value, atMs }: EventOf<'applied'>): void {
    if (position === null) return;
    const last = this.#position;
    if (last?.epoch === position.epoch && position.offset < last.offset) {
      this.report('R1', atMs, `went back from ${at(last)} to ${at(position)}.`);
    }
    this.#position = position;
    const written = this.logs.valueAt(this.channel, position.epoch, position.offset);
    const seen = value === 'null' && written === '{}' ? '{}' : value;
    if (written === undefined) this.report('R1', atMs, `is at ${at(position)}, where nothing was written.`);
    else if (written !== seen)
      this.report('R1', atMs, `holds ${value} at ${at(position)}, where ${written} was written.`);
  }

  override delivered({ atMs }: EventOf<'delivered'>): void {
    this.report('R7', atMs, 'was given events of a channel that has none.');
  }

  override gap({ why, atMs }: EventOf<'gap'>): void {
    this.report('R2', atMs, `was told of a gap (${why}) in a channel that can skip.`);
  }

  override recovered(): void {
    // The snapshot that follows is judged.
  }

  override interrupted(): void {
    // Positions are judged across connections.
  }

  protected override forget(): void {
    this.#position = null;
  }

  protected override reached(event: EventOf<'atRest'>): Position | null {
    return event.position;
  }
}

/** A subscriber of a stream: every event once, in order, or told. */
class StreamSubscriber extends Subscriber {
  protected override readonly holdsValue = false;
  #cursor: Position | null = null;
  /** A position that becomes the cursor unless events explain how it was reached. */
  #start: { readonly position: Position; readonly atMs: number } | null = null;
  #interrupted = false;
  readonly #delivered = new Set<string>();

  override applied({ position, value, atMs }: EventOf<'applied'>): void {
    this.#settleStart(atMs);
    if (position === null) return;
    if (this.#cursor === null) this.#start = { position, atMs };
    if (value === 'null' || value === '[]') return;
    const newest = this.logs.valueAt(this.channel, position.epoch, position.offset);
    const shown = value.slice(1, -1);
    if (
      newest !== undefined &&
      newest !== 'null' &&
      this.#delivered.has(keyOf(position)) &&
      !shown.endsWith(newest)
    ) {
      this.report('R1', atMs, `shows ${value} at ${at(position)}, where ${newest} was written.`);
    }
  }

  override delivered({ position, value, atMs }: EventOf<'delivered'>): void {
    this.#settleStart(atMs);
    const cursor = this.#cursor;
    const written = this.logs.valueAt(this.channel, position.epoch, position.offset);
    if (written !== value) {
      this.report(
        'R1',
        atMs,
        `was given ${value} at ${at(position)}, where ${written ?? 'nothing'} was written.`,
      );
    }
    if (this.#delivered.has(keyOf(position))) {
      this.report('R3', atMs, `was given ${at(position)} twice.`);
      return;
    }
    this.#delivered.add(keyOf(position));
    if (cursor !== null && cursor.epoch !== position.epoch) {
      this.report(
        'R2',
        atMs,
        `went from ${at(cursor)} to another epoch, ${at(position)}, without being told.`,
      );
    } else if (cursor !== null && position.offset <= cursor.offset) {
      this.report('R1', atMs, `was given ${at(position)} after ${at(cursor)}.`);
      return;
    } else if (cursor !== null) {
      this.#missing(cursor, position.offset - 1, atMs);
    }
    this.#cursor = position;
    this.#start = null;
    this.#interrupted = false;
  }

  override gap({ why, lost, to, atMs }: EventOf<'gap'>): void {
    this.#settleStart(atMs);
    this.#interrupted = true;
    this.#start = null;
    const cursor = this.#cursor;
    this.#cursor = to;
    if (why === 'epoch' && cursor !== null && cursor.epoch === to?.epoch) {
      this.report('R2', atMs, `was told of another epoch at ${at(cursor)}, and put at ${at(to)}.`);
    }
    // A broker that goes back within an epoch breaks R5.
    if (why === 'regress') this.report('R2', atMs, `was told at ${at(cursor)} that the channel went back.`);
    // A broken continuity ends what "once" refers to (P-APP-2): servers that learn of a new history one after the other
    // may lead a reader back to the old one, and each time it is told.
    if (why !== 'trimmed') this.#delivered.clear();
    if (cursor === null || why !== 'trimmed') return;
    if (lost === null) {
      this.report('R2', atMs, `was told of a loss after ${at(cursor)}, but not of what.`);
      return;
    }
    this.#missing(cursor, lost[0], atMs);
    if (this.logs.keeps(this.channel, cursor.epoch, lost[1], atMs)) {
      this.report(
        'R2',
        atMs,
        `was told that ${lost[1]} of ${cursor.epoch} is lost, which history still holds.`,
      );
    }
    if (to !== null && to.offset !== lost[1]) {
      this.report('R2', atMs, `was told of a loss up to ${lost[1]}, but put at ${at(to)}.`);
    }
    if (lost[1] < cursor.offset) {
      this.report('R2', atMs, `was told of a loss up to ${lost[1]}, behind ${at(cursor)}.`);
    }
    this.#cursor ??= { epoch: cursor.epoch, offset: lost[1] };
  }

  override recovered({ mode, to, atMs }: EventOf<'recovered'>): void {
    this.#settleStart(atMs);
    this.#interrupted = true;
    if (mode === 'same' && this.#cursor !== null && keyOf(this.#cursor) !== keyOf(to)) {
      this.report('R2', atMs, `was told that nothing is missing at ${at(to)}, but had ${at(this.#cursor)}.`);
    }
  }

  override interrupted(): void {
    this.#interrupted = true;
  }

  protected override forget(): void {
    this.#cursor = this.#start = null;
    this.#delivered.clear();
  }

  protected override reached(event: EventOf<'atRest'>): Position | null {
    this.#settleStart(Infinity);
    const cursor = this.#cursor;
    const { position } = event;
    if (cursor !== null && position !== null && cursor.epoch === position.epoch) {
      this.#missing(cursor, position.offset, event.atMs);
    }
    return position;
  }

  #settleStart(atMs: number): void {
    if (this.#start === null || atMs <= this.#start.atMs) return;
    this.#cursor ??= this.#start.position;
    this.#start = null;
  }

  #missing(cursor: Position, offset: number, atMs: number): void {
    const missing = [...this.logs.between(this.channel, cursor.epoch, cursor.offset, offset)];
    if (missing.length === 0) return;
    const rule = this.#interrupted ? 'R2' : 'R7';
    this.report(rule, atMs, `was never given ${missing.join(', ')} of ${cursor.epoch}, nor told.`);
  }
}

function keyOf(position: Position): string {
  return `${position.offset}@${position.epoch}`;
}

function at(position: Position | null | undefined): string {
  return position === null || position === undefined ? 'no position' : keyOf(position);
}
