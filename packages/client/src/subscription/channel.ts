// Channel: one channel as the client holds it: its subscription, its cursor, its value, and who looks at it. Knows no
// sockets; what it wants to say goes to its sink.
import {
  eventsOf,
  offsetOfEvent,
  type ChannelKind,
  type DataFrame,
  type Position,
  type RecoveryMode,
  type ResetReason,
  type SubscribedEntry,
  type SubscribeEntry,
  type TickwireError,
} from '@tickwire/protocol';
import { createChannelStore } from '../store/channel-store.js';
import {
  statusOf,
  type ChannelSnapshot,
  type ChannelStatus,
  type FeedState,
  type Standing,
} from '../store/snapshot.js';
import type { ChannelStore, RecordsChange } from '../store/store.js';
import { Sequencer, type SequencedFrame } from './sequencer.js';
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

/** What a channel needs of the client. Listeners are called once everything is settled. */
export interface ChannelPorts {
  /** Tells the listeners of a channel. */
  readonly tell: (name: 'change' | 'event' | 'gap' | 'recovered', event: unknown, id: string) => void;
  /** Whether there is a connection at all. */
  readonly isConnected: () => boolean;
  readonly wallMs: () => number;
  /** Age of a payload with a time field; `undefined` where the field holds no time. */
  readonly latencyOf: (payload: unknown, timeField: string | undefined) => number | undefined;
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
  kind: ChannelKind | null = null;
  hasValue = false;

  readonly #sequencer = new Sequencer();
  readonly #ports: ChannelPorts;
  #store: ChannelStore | null = null;
  #timeField: string | undefined;
  #feed: FeedState | null = null;
  #updatedAtMs: number | null = null;
  #latencyMs: number | undefined;
  #sent: Position | null = null;
  #recovery: { readonly mode: RecoveryMode; readonly from: Position | null } | null = null;
  #replayed = 0;
  #snapshot: ChannelSnapshot<unknown> | null = null;

  constructor(id: string, ports: ChannelPorts) {
    this.id = id;
    this.#ports = ports;
  }

  /** What a `sub` says of the channel. The cursor is remembered: the answer is to be read against it. */
  entry(): SubscribeEntry {
    const cursor = (this.#sent = this.#sequencer.cursor);
    // What is `undefined` does not reach the wire.
    return {
      c: this.id,
      e: cursor?.epoch,
      o: cursor?.offset,
      last: cursor ? undefined : this.last,
    } as SubscribeEntry;
  }

  /**
   * The server answers (P-SUB-3).
   * @returns `false` if the answer continues something that is not held: ask again.
   */
  attach(entry: SubscribedEntry, link: ChannelLink): boolean {
    // The contract behind the server may have changed what the channel is: then nothing held fits.
    if (this.kind !== entry.kind) this.forget();
    this.kind = entry.kind;
    this.#store ??= createChannelStore(entry.kind, this.maxEvents);
    this.link = link;
    this.#timeField = entry.tf;
    this.#feed = null;
    this.#replayed = 0;
    this.#recovery = this.hasValue ? { mode: entry.m, from: this.#sequencer.cursor } : null;
    const fits = this.#sequencer.attach(entry, this.#sent);
    this.hasValue ||= entry.m === 'tail';
    this.#settle();
    return fits;
  }

  /** No connection delivers the channel any more. */
  detach(): void {
    this.link = null;
    this.#sequencer.detach();
    this.changed();
  }

  /** The right to read the channel is gone, or its value is not wanted: nothing of it stays. */
  forget(): void {
    const { cursor: position } = this.#sequencer;
    // Whoever lives on the changes alone must let go of every record, too.
    const change = this.#store?.applyFull({ t: 'f', n: 0, o: 0 });
    if (change && position) this.#ports.tell('change', { ...change, position }, this.id);
    this.#sequencer.invalidate();
    this.kind = this.#store = this.#updatedAtMs = null;
    this.hasValue = false;
    this.changed();
  }

  /**
   * A data frame under the channel's alias.
   * @returns `false` if something is missing: ask again.
   */
  receive(frame: DataFrame): boolean {
    const store = this.#store;
    const sequencer = this.#sequencer;
    if (frame.t === 'stat') {
      // A word this version does not know is no reason to call data stale (P-EXT-1).
      const status = frame.s === 'stale' || frame.s === 'closed' ? frame.s : 'live';
      this.#feed = { status, sinceMs: frame.since };
      this.changed();
      return true;
    }
    const verdict = sequencer.accept(frame);
    if (verdict === 'ignore' || !store) return true;
    let change: RecordsChange | null | false = false;
    try {
      if (verdict !== 'hole') change = this.#apply(store, verdict);
    } catch {
      // Not the shape of a frame of this kind; nobody can say what is left of the value.
    }
    if (verdict === 'hole' || change === false) {
      if (verdict !== 'hole') sequencer.invalidate();
      this.changed();
      return false;
    }
    sequencer.commit(verdict);
    this.#updatedAtMs = this.#ports.wallMs();
    this.hasValue = true;
    if (change) this.#ports.tell('change', { ...change, position: sequencer.cursor }, this.id);
    if (verdict.t === 'f' || verdict.t === 'd') {
      this.#noteLatency(change ? change.upserted.values().next().value : store.read());
    }
    this.#settle();
    return true;
  }

  status(): ChannelStatus {
    return this.#standing().status;
  }

  getSnapshot(): ChannelSnapshot<unknown> {
    return (this.#snapshot ??= {
      ...this.#standing(),
      data: this.hasValue ? this.#store?.read() : undefined,
      position: this.#sequencer.cursor,
      error: this.#error(),
      updatedAtMs: this.#updatedAtMs,
      feed: this.#feed,
      latencyMs: this.#latencyMs,
    });
  }

  /** Something that a snapshot shows is different. */
  changed(): void {
    this.#snapshot = null;
    for (const watcher of this.watchers) watcher();
  }

  #standing(): Standing {
    return statusOf({
      connected: this.#ports.isConnected(),
      current: this.link !== null && this.#sequencer.atHead,
      hasValue: this.hasValue,
      feed: this.#feed,
      error: this.#error(),
    });
  }

  #error(): TickwireError | null {
    return this.subscription.status === 'refused' ? this.subscription.error : null;
  }

  #noteLatency(payload: unknown): number | undefined {
    const latencyMs = this.#ports.latencyOf(payload, this.#timeField);
    this.#latencyMs = latencyMs ?? this.#latencyMs;
    return latencyMs;
  }

  #apply(store: ChannelStore, frame: SequencedFrame): RecordsChange | null | false {
    switch (frame.t) {
      case 'f':
        return store.applyFull(frame);
      case 'd':
        return store.applyDelta(frame);
      case 'rst': {
        const { why, lost } = frame;
        const range = lost ? { from: lost[0], to: lost[1] } : null;
        this.#ports.tell('gap', { channel: this.id, why, lost: range } satisfies GapEvent, this.id);
        return null;
      }
      case 'e': {
        const { offset: known, atHead } = this.#sequencer;
        const { epoch } = this.#sequencer.cursor ?? {};
        const fresh: unknown[] = [];
        for (const [at, event] of eventsOf(frame).entries()) {
          const offset = offsetOfEvent(frame, at);
          if (offset <= known) continue;
          fresh.push(event);
          if (!atHead) this.#replayed++;
          const latencyMs = this.#noteLatency(event);
          this.#ports.tell('event', { event, epoch, offset, replayed: !atHead, latencyMs }, this.id);
        }
        store.append(fresh);
        return null;
      }
    }
  }

  /** Tells that the channel has caught up, once. */
  #settle(): void {
    if (this.#recovery && this.#sequencer.atHead) {
      const { cursor: to } = this.#sequencer;
      this.#ports.tell(
        'recovered',
        { channel: this.id, ...this.#recovery, to, replayed: this.#replayed },
        this.id,
      );
      this.#recovery = null;
    }
    this.changed();
  }
}
