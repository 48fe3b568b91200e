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
import { createSequencer, type SequencedFrame } from './sequencer.js';
import { type AnySubscription, IDLE_SUBSCRIPTION, type SubscriptionState } from './state.js';

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
  /** How long the server may take to begin with what it promised. */
  readonly subscribeTimeoutMs: number;
  /** Tells the listeners of a channel. */
  readonly tell: (name: 'change' | 'event' | 'gap' | 'recovered', event: unknown, id: string) => void;
  /** Whether there is a connection at all. */
  readonly isConnected: () => boolean;
  /** Why there will be no connection by itself any more. */
  readonly gaveUp: () => TickwireError | null;
  readonly wallMs: () => number;
  /** Age of a payload with a time field; `undefined` where the field holds no time. */
  readonly latencyOf: (payload: unknown, timeField: string | undefined) => number | undefined;
}

/** Where the data of a channel comes from (P-SUB-7). */
export interface ChannelLink {
  readonly socketId: number;
  readonly alias: number;
}

export interface Channel {
  readonly id: string;
  /** What is asked of the server. */
  subscription: SubscriptionState;
  /** The alias entry in force; `null` while no connection delivers the channel. */
  link: ChannelLink | null;
  /** How many hold it. */
  holders: number;
  /** When it is dropped if nobody takes it up again; `Infinity` while somebody holds it. */
  releaseMs: number;
  /** When to ask again for what the answer promised, if none of it comes before; `Infinity` while nothing is missing. */
  dueMs: number;
  /** How long that is; doubles with every time in vain, for a slow line needs longer and must not begin anew for ever. */
  patienceMs: number;
  /** Called at every change. */
  readonly watchers: Set<() => void>;
  /** Stream without a cursor: how many events to ask for; `undefined` for all that are kept. */
  last: number | undefined;
  maxEvents: number;
  kind: ChannelKind | null;
  hasValue: boolean;
  /** Whether everything the last answer promised has been applied. */
  readonly atHead: boolean;
  /** What a `sub` says of the channel. The cursor is remembered: the answer is to be read against it. */
  entry(): SubscribeEntry;
  /**
   * The server answers (P-SUB-3).
   * @returns `false` if the answer continues something that is not held: ask again.
   */
  attach(entry: SubscribedEntry, link: ChannelLink): boolean;
  /** No connection delivers the channel any more. */
  detach(): void;
  /** The right to read the channel is gone, or its value is not wanted: nothing of it stays. */
  forget(): void;
  /**
   * A data frame under the channel's alias.
   * @returns `false` if something is missing: ask again.
   */
  receive(frame: DataFrame): boolean;
  status(): ChannelStatus;
  getSnapshot(): ChannelSnapshot<unknown>;
  /** Something that a snapshot shows is different. */
  changed(): void;
}

/** Makes a channel that nobody holds yet. */
export function createChannel(
  id: string,
  { tell, isConnected, gaveUp, wallMs, latencyOf, subscribeTimeoutMs }: ChannelPorts,
): Channel {
  const sequencer = createSequencer();
  let store: ChannelStore | null = null;
  let timeField: string | undefined;
  let feed: FeedState | null = null;
  let updatedAtMs: number | null = null;
  let latencyMs: number | undefined;
  let sent: Position | null = null;
  let recovery: { readonly mode: RecoveryMode; readonly from: Position | null } | null = null;
  let replayed = 0;
  let snapshot: ChannelSnapshot<unknown> | null = null;

  const error = (): TickwireError | null => (channel.subscription as AnySubscription).error ?? gaveUp();

  const standing = (): Standing =>
    statusOf({
      connected: isConnected(),
      current: channel.link !== null && sequencer.atHead,
      hasValue: channel.hasValue,
      feed,
      error: error(),
    });

  function noteLatency(payload: unknown): number | undefined {
    return (latencyMs = latencyOf(payload, timeField));
  }

  /** Tells the events that are new, and returns them. */
  function tellEvents(frame: EventsFrame): unknown[] {
    const { offset: known, cursor, atHead } = sequencer;
    return eventsOf(frame).filter((event, at) => {
      const offset = offsetOfEvent(frame, at);
      if (offset <= known) return false;
      if (!atHead) replayed++;
      const meta = { epoch: cursor?.epoch, offset, replayed: !atHead, latencyMs: noteLatency(event) };
      tell('event', { event, ...meta }, id);
      return true;
    });
  }

  function apply(frame: SequencedFrame): RecordsChange | null | false {
    if (frame.t !== 'rst') return store && store.apply(frame, frame.t === 'e' ? tellEvents(frame) : []);
    const { why, lost: range } = frame;
    // Behind a hole, what is in the hole will not come either (P-DATA-5).
    const lost = range ? { from: Math.min(range[0], sequencer.offset), to: range[1] } : null;
    tell('gap', { channel: id, why, lost } satisfies GapEvent, id);
    return null;
  }

  /** Tells that the channel has caught up, once. */
  function settle(): void {
    if (recovery && sequencer.atHead) {
      tell('recovered', { channel: id, ...recovery, to: sequencer.cursor, replayed }, id);
      recovery = null;
    }
    channel.changed();
  }

  const channel: Channel = {
    id,
    subscription: IDLE_SUBSCRIPTION,
    link: null,
    holders: 0,
    releaseMs: Infinity,
    dueMs: Infinity,
    patienceMs: subscribeTimeoutMs,
    watchers: new Set(),
    last: undefined,
    maxEvents: 0,
    kind: null,
    hasValue: false,
    get atHead() {
      return sequencer.atHead;
    },
    entry() {
      // A question that is sent again is the same one: an answer to either counts (P-SUB-2).
      const { again }: AnySubscription = channel.subscription;
      if (!again) sent = sequencer.cursor;
      // What is `undefined` does not reach the wire.
      return {
        c: id,
        e: sent?.epoch,
        o: sent?.offset,
        last: sent ? undefined : channel.last,
      } as SubscribeEntry;
    },
    attach(entry, link) {
      const { kind, m: mode } = entry;
      // The contract behind the server may have changed what the channel is: then nothing held fits.
      if (channel.kind !== kind) channel.forget();
      channel.kind = kind;
      store ??= createChannelStore(kind, channel);
      channel.link = link;
      timeField = entry.tf;
      feed = null;
      replayed = 0;
      recovery = channel.hasValue ? { mode, from: sequencer.cursor } : null;
      const fits = sequencer.attach(entry, sent);
      channel.hasValue ||= mode === 'tail';
      settle();
      return fits;
    },
    detach() {
      channel.link = null;
      channel.dueMs = Infinity;
      sequencer.detach();
      channel.changed();
    },
    forget() {
      const { cursor: position } = sequencer;
      // Whoever lives on the changes alone must let go of every record, too.
      const change = store?.apply({ t: 'f', n: 0, o: 0 }, []);
      if (change && position) tell('change', { ...change, position }, id);
      sequencer.invalidate();
      channel.kind = store = updatedAtMs = null;
      channel.hasValue = false;
      channel.changed();
    },
    receive(frame) {
      if (frame.t === 'stat') {
        // A word this version does not know is no reason to call data stale (P-EXT-1).
        const status = frame.s === 'stale' || frame.s === 'closed' ? frame.s : 'live';
        feed = { status, sinceMs: frame.since };
        channel.changed();
        return true;
      }
      // Counted, and no reason to doubt the value: what it carried is missing at the next frame (P-FRAME-7, P-DATA-11).
      if ((frame.t === 'e' || frame.t === 'rst') !== (channel.kind === 'stream'))
        throw new TypeError('Not a frame');
      const verdict = sequencer.accept(frame);
      if (verdict === 'ignore' || !store) return true;
      let change: RecordsChange | null | false = false;
      if (verdict !== 'hole') {
        try {
          change = apply(verdict);
        } catch {
          // Not the shape of a frame of this kind; nobody can say what is left of the value.
        }
        if (change === false) sequencer.invalidate();
      }
      if (verdict === 'hole' || change === false) {
        channel.changed();
        return false;
      }
      sequencer.commit(verdict);
      updatedAtMs = wallMs();
      channel.hasValue = true;
      if (change) tell('change', { ...change, position: sequencer.cursor }, id);
      if (verdict.t === 'f' || verdict.t === 'd') {
        noteLatency(change ? change.upserted.values().next().value : store.read());
      }
      settle();
      return true;
    },
    status: () => standing().status,
    getSnapshot: () =>
      (snapshot ??= {
        ...standing(),
        data: channel.hasValue ? store?.read() : undefined,
        position: sequencer.cursor,
        error: error(),
        updatedAtMs,
        feed,
        latencyMs,
      }),
    changed() {
      snapshot = null;
      for (const watcher of channel.watchers) watcher();
    },
  };
  return channel;
}
