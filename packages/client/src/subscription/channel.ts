// Channel: one channel as the client holds it: its subscription, its cursor, its value, and who looks at it. Knows no
// sockets; what it wants to say goes to its sink.
import {
  eventsOf,
  offsetOfEvent,
  type ChannelKind,
  type DataFrame,
  type EventsFrame,
  type Position,
  type RecoveryMode,
  type ResetReason,
  type SubscribedEntry,
} from '@tickwire/protocol';
import { createChannelStore } from '../store/channel-store.js';
import { statusOf, type ChannelSnapshot, type ChannelStatus, type FeedState } from '../store/snapshot.js';
import type { ChannelStore, RecordsChange } from '../store/store.js';
import { Sequencer } from './sequencer.js';
import { IDLE_SUBSCRIPTION, type SubscriptionState } from './state.js';

/** A channel has caught up after it had been away. */
export interface RecoveredEvent {
  /** Channel id. */
  readonly channel: string;
  /** How: nothing was missing, everything came anew, or what was missed came. */
  readonly mode: RecoveryMode;
  /** Where it was; `null` if what it held could not be continued. */
  readonly from: Position | null;
  readonly to: Position;
  /** Stream: how many missed events were delivered. Else 0. */
  readonly replayed: number;
}

/** Events of a stream are lost, or its history is another one. Told before any later event. */
export interface GapEvent {
  /** Channel id. */
  readonly channel: string;
  readonly why: ResetReason;
  /** What is lost: the events after `from` up to and including `to`; `null` where nobody can tell. */
  readonly lost: { readonly from: number; readonly to: number } | null;
}

/** One event of a stream, as it is delivered. */
export interface DeliveredEvent {
  readonly event: unknown;
  readonly epoch: string;
  readonly offset: number;
  /** It happened while the channel was away or before it was subscribed. */
  readonly replayed: boolean;
  readonly latencyMs?: number;
}

/** Where a channel says what happened to it. Called once the channel's own state is settled. */
export interface ChannelSink {
  changed(change: RecordsChange, position: Position): void;
  event(event: DeliveredEvent): void;
  gap(event: GapEvent): void;
  recovered(event: RecoveredEvent): void;
  /** Age of a payload with a time field; `undefined` where the field holds no time. */
  latencyOf(payload: unknown, timeField: string): number | undefined;
}

/** Where the data of a channel comes from (P-SUB-7). */
export interface ChannelLink {
  readonly socketId: number;
  readonly alias: number;
}

export class Channel {
  readonly id: string;
  /** What is asked of the server. */
  subscription: SubscriptionState = IDLE_SUBSCRIPTION;
  /** The alias entry in force; `null` while no connection delivers the channel. */
  link: ChannelLink | null = null;
  /** How many hold it. */
  holders = 0;
  /** When it is dropped if nobody takes it up again; `Infinity` while somebody holds it. */
  releaseMs = Infinity;
  /** Called at every change. */
  readonly watchers = new Set<() => void>();
  /** Stream without a cursor: how many events to ask for; `undefined` for all that are kept. */
  last: number | undefined;
  maxEvents = 0;

  readonly #sequencer = new Sequencer();
  readonly #sink: ChannelSink;
  #store: ChannelStore | null = null;
  #kind: ChannelKind | null = null;
  #hasValue = false;
  #timeField: string | undefined;
  #feed: FeedState | null = null;
  #connected = false;
  #updatedAtMs: number | null = null;
  #latencyMs: number | undefined;
  #sent: Position | null = null;
  #recovery: { readonly mode: RecoveryMode; readonly from: Position | null } | null = null;
  #replayed = 0;
  #snapshot: ChannelSnapshot<unknown> | null = null;

  constructor(id: string, sink: ChannelSink) {
    this.id = id;
    this.#sink = sink;
  }

  get kind(): ChannelKind | null {
    return this.#kind;
  }

  get hasValue(): boolean {
    return this.#hasValue;
  }

  /** The cursor a `sub` carries; remembered, because the answer is to be read against it. */
  takeCursor(): Position | null {
    return (this.#sent = this.#sequencer.cursor);
  }

  /**
   * The server answers (P-SUB-3).
   * @returns `false` if the answer continues something that is not held: ask again.
   */
  attach(entry: SubscribedEntry, link: ChannelLink): boolean {
    if (this.#kind !== entry.kind) {
      // The contract behind the server has changed what the channel is: nothing held fits.
      if (this.#kind !== null) this.#sequencer.invalidate();
      this.#kind = entry.kind;
      this.#store = createChannelStore(entry.kind, this.maxEvents);
      this.#hasValue = false;
    }
    this.link = link;
    this.#timeField = entry.tf;
    this.#feed = null;
    this.#replayed = 0;
    this.#recovery = this.#hasValue ? { mode: entry.m, from: this.#sequencer.cursor } : null;
    const fits = this.#sequencer.attach(entry, this.#sent);
    if (entry.m === 'tail') this.#hasValue = true;
    this.#settle();
    this.changed();
    return fits;
  }

  /** No connection delivers the channel any more. */
  detach(): void {
    this.link = null;
    this.#sequencer.detach();
    this.changed();
  }

  /** Whether there is a connection at all. */
  set connected(connected: boolean) {
    if (this.#connected === connected) return;
    this.#connected = connected;
    this.changed();
  }

  /** The right to read the channel is gone, or its value is not wanted: nothing of it stays. */
  forget(): void {
    this.#sequencer.invalidate();
    this.#kind = this.#store = null;
    this.#hasValue = false;
    this.#updatedAtMs = null;
    this.changed();
  }

  /**
   * A data frame under the channel's alias.
   * @returns `false` if something is missing: ask again.
   */
  receive(frame: DataFrame, nowMs: number): boolean {
    if (frame.t === 'stat') {
      // A word this version does not know is no reason to call data stale (P-EXT-1).
      const status = frame.s === 'stale' || frame.s === 'closed' ? frame.s : 'live';
      this.#feed = { status, sinceMs: frame.since };
      this.changed();
      return true;
    }
    const store = this.#store;
    if (store === null) return true;
    const verdict = this.#sequencer.accept(frame);
    if (verdict === 'ignore') return true;
    if (verdict === 'hole') {
      this.changed();
      return false;
    }
    let change: RecordsChange | null | false = null;
    const before = this.#sequencer.offset;
    try {
      if (verdict.t === 'f') change = store.applyFull(verdict);
      else if (verdict.t === 'd') change = store.applyDelta(verdict);
      else if (verdict.t === 'e') this.#append(store, verdict, before);
    } catch {
      // Not the shape of a frame of this kind; nobody can say what is left of the value.
      change = false;
    }
    if (change === false) {
      this.#sequencer.invalidate();
      this.changed();
      return false;
    }
    this.#sequencer.commit(verdict);
    this.#updatedAtMs = nowMs;
    this.#hasValue = true;
    if (verdict.t === 'rst') {
      const [from, to] = verdict.lost ?? [];
      const lost = from === undefined || to === undefined ? null : { from, to };
      this.#sink.gap({ channel: this.id, why: verdict.why, lost });
    }
    const position = this.#sequencer.cursor;
    if (change !== null && position !== null) this.#sink.changed(change, position);
    if (this.#timeField !== undefined && verdict.t !== 'e') {
      const payload = change === null ? store.read() : change.upserted.values().next().value;
      this.#latencyMs = this.#sink.latencyOf(payload, this.#timeField) ?? this.#latencyMs;
    }
    this.#settle();
    this.changed();
    return true;
  }

  status(): ChannelStatus {
    return this.#standing().status;
  }

  getSnapshot(): ChannelSnapshot<unknown> {
    return (this.#snapshot ??= Object.freeze({
      ...this.#standing(),
      data: this.#hasValue ? this.#store?.read() : undefined,
      position: this.#sequencer.cursor,
      error: this.#error(),
      updatedAtMs: this.#updatedAtMs,
      feed: this.#feed,
      ...(this.#latencyMs === undefined ? {} : { latencyMs: this.#latencyMs }),
    }));
  }

  /** Something that a snapshot shows is different. */
  changed(): void {
    this.#snapshot = null;
    for (const watcher of this.watchers) watcher();
  }

  #standing(): ReturnType<typeof statusOf> {
    return statusOf({
      connected: this.#connected,
      current: this.link !== null && this.#sequencer.atHead,
      hasValue: this.#hasValue,
      feed: this.#feed,
      error: this.#error(),
    });
  }

  #error(): ChannelSnapshot<unknown>['error'] {
    return this.subscription.status === 'refused' ? this.subscription.error : null;
  }

  #append(store: ChannelStore, frame: EventsFrame, cursor: number): void {
    const events = eventsOf(frame);
    const replayed = !this.#sequencer.atHead;
    const epoch = this.#sequencer.cursor?.epoch ?? '';
    let from = 0;
    while (from < events.length && offsetOfEvent(frame, from) <= cursor) from++;
    store.append(frame, from);
    for (let at = from; at < events.length; at++) {
      const event = events[at];
      if (replayed) this.#replayed++;
      const latencyMs =
        this.#timeField === undefined ? undefined : this.#sink.latencyOf(event, this.#timeField);
      if (latencyMs !== undefined) this.#latencyMs = latencyMs;
      const offset = offsetOfEvent(frame, at);
      this.#sink.event({ event, epoch, offset, replayed, ...(latencyMs === undefined ? {} : { latencyMs }) });
    }
  }

  /** Tells that the channel has caught up, once. */
  #settle(): void {
    const to = this.#sequencer.cursor;
    if (this.#recovery === null || to === null || !this.#sequencer.atHead) return;
    this.#sink.recovered({ channel: this.id, ...this.#recovery, to, replayed: this.#replayed });
    this.#recovery = null;
  }
}
