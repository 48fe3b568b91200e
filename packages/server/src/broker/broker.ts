// Broker: the port behind which channels are stored and publications reach every node. Its TSDoc is the contract that
// every implementation keeps. Knows no sockets, no frames and no schemas.
import type { ChannelKind, HistoryOptions, PlainObject, Position } from '@tickwire/protocol';

/** What a broker must know of a channel. */
export interface ChannelSpec {
  /** Canonical channel id. */
  readonly id: string;
  readonly kind: ChannelKind;
  /** Stream only. */
  readonly history?: HistoryOptions | undefined;
}

/** Fields of one record to write and to take away. */
export interface RecordPatch {
  readonly set: PlainObject;
  readonly unset: readonly string[];
}

/** State: the new document. */
export interface SetChange {
  readonly type: 'set';
  readonly value: unknown;
}

/** State: there is no document any more. Collection: there are no records any more. */
export interface ClearChange {
  readonly type: 'clear';
}

/**
 * Collection: many keys in one step. Removals come first, then upserts, then patches; a patch of a record that is not
 * there refuses the whole change with `bad_input`.
 */
export interface UpdateChange {
  readonly type: 'update';
  readonly upsert: ReadonlyMap<string, unknown>;
  readonly patch: ReadonlyMap<string, RecordPatch>;
  readonly remove: readonly string[];
}

/** Stream: events, oldest first. */
export interface AppendChange {
  readonly type: 'append';
  readonly events: readonly unknown[];
}

/** What is published. Values are JSON, and nobody changes them any more. */
export type Change = SetChange | ClearChange | UpdateChange | AppendChange;

/** One event of a stream. Immutable. */
export interface StreamEntry {
  readonly offset: number;
  readonly value: unknown;
  /** Wall clock of the broker when it was published, milliseconds since 1970. */
  readonly atMs: number;
  /**
   * In a head: for how long the broker has had it, in milliseconds, by a clock that does not jump. Where a broker cannot
   * tell, nodes go by `atMs`, and a wall clock that is set makes them forget too much or too little.
   */
  readonly ageMs?: number | undefined;
}

/**
 * What was written, with whole values: never a patch (P-NODE-1). A cleared collection reads as an update that removes
 * every key it had.
 */
export type PublishedChange =
  | SetChange
  | ClearChange
  | {
      readonly type: 'update';
      readonly upsert: ReadonlyMap<string, unknown>;
      readonly remove: readonly string[];
    }
  | { readonly type: 'append'; readonly events: readonly StreamEntry[] };

/** One step of a channel's history: everything after `previousOffset` up to and including `offset`. */
export interface Publication {
  readonly epoch: string;
  readonly previousOffset: number;
  readonly offset: number;
  readonly change: PublishedChange;
}

/** One record of a collection. Immutable. */
export interface CollectionEntry {
  readonly value: unknown;
  /** Offset at which it was written last. */
  readonly offset: number;
}

interface HeadBase extends Position {
  /** Wall clock when the source spoke last, also to say that nothing changed; `null` if it never did. */
  readonly spokeAtMs: number | null;
  /** Its source has said that it will not speak again, and has not spoken since. */
  readonly feedClosed?: boolean | undefined;
  /** For how long it has been silent, by a clock that does not jump. @defaultValue by `spokeAtMs` */
  readonly silentMs?: number | undefined;
}

/** The whole of a state channel; `value` is `undefined` where there is none. */
export interface StateHead extends HeadBase {
  readonly kind: 'state';
  readonly value: unknown;
}

/** The whole of a collection. */
export interface CollectionHead extends HeadBase {
  readonly kind: 'collection';
  readonly records: ReadonlyMap<string, CollectionEntry>;
  /** Removed keys and the offset of their removal; complete for removals after `floor`. */
  readonly tombstones: ReadonlyMap<string, number>;
  /** Every change after this offset can be told. */
  readonly floor: number;
}

/** What is kept of a stream. */
export interface StreamHead extends HeadBase {
  readonly kind: 'stream';
  /** Oldest first. */
  readonly log: readonly StreamEntry[];
  /** Every event after this offset is in `log`. */
  readonly floor: number;
}

/** A channel at one moment, read in one atomic step. Its containers are nobody else's; its values are shared. */
export type ChannelHead = StateHead | CollectionHead | StreamHead;

/** What a broker tells a node. Must not be called before the factory has returned. */
export interface BrokerEvents {
  /** A channel this node subscribed to was written. May come twice, late or after `unsubscribe`; links tell. */
  onPublication(channel: string, publication: Publication): void;
  /** Publications may have been missed (a reconnect, a full buffer): the node reads the heads again. */
  onDeliveryUncertain(channels: readonly string[] | 'all'): void;
  /** The source of a subscribed channel wrote what was there already: it is fresh, and nothing changed. */
  onUnchanged?(channel: string): void;
  /** The source of a subscribed channel will not speak again. The next publication, or word that nothing changed, undoes it. */
  onFeedClosed?(channel: string): void;
}

/** A node's connection to the broker. Every promise rejects with a `TickwireError` only. */
export interface Broker {
  /**
   * Writes and tells every subscribed node, atomically per channel. A change that changes nothing makes no offset and
   * resolves with the present position. A broker must change the channel's epoch whenever it may have lost
   * acknowledged writes (P-NODE-4).
   */
  publish(channel: ChannelSpec, change: Change): Promise<Position>;
  /** Resolves when no later publication of the channel can be missed. */
  subscribe(channel: ChannelSpec): Promise<void>;
  /** Resolves when nothing more is told of the channel, but for what was under way. */
  unsubscribe(channel: string): Promise<void>;
  /**
   * Reads a channel in one atomic step; a channel that was never written has offset 0.
   * @param since a reader that holds everything up to here: a stream may leave out what is older.
   */
  read(channel: ChannelSpec, since?: Position): Promise<ChannelHead>;
  /**
   * Where a channel stands, more cheaply than `read`. A broker whose deliveries can be lost without a word has it, and
   * the hub then compares heads every ten seconds (P-NODE-5).
   */
  position?(channel: ChannelSpec): Promise<Position>;
  /**
   * The source of a channel will not speak again until it publishes: every subscribed node is told, and heads say so. A broker
   * that cannot tell does not have it.
   */
  closeFeed?(channel: ChannelSpec): Promise<void>;
  /** Ends this node's connection; channels and other nodes are not touched. */
  close(): Promise<void>;
}

/** Connects a node: there is no broker without somebody who listens to its events. */
export type BrokerFactory = (events: BrokerEvents) => Broker;
