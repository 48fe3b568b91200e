// Handle: one channel as the application holds it. Light: it holds no interest and no value, only the channel's id.
import type {
  AnyContract,
  ChannelKind,
  ChannelName,
  InferItem,
  InferKind,
  InferParams,
  InferValue,
  Position,
  TickwireError,
} from '@tickwire/protocol';
import type { EventOptions } from './store/event-queue.js';
import type { ChannelSnapshot } from './store/snapshot.js';
import type { ReadableStore, ViewOptions } from './store/view.js';
import type { GapEvent, RecoveredEvent } from './subscription/channel.js';

/** What a channel tells, besides its data. */
export interface ChannelEvents {
  /** The channel has caught up after it had been away. */
  readonly recovered: RecoveredEvent;
  /** Events of the stream are lost. */
  readonly gap: GapEvent;
  /** The server refused the channel or ended it. */
  readonly error: TickwireError;
}

/** How a stream is held. The first who holds the channel decides `last`; the largest `maxEvents` counts. */
export interface ChannelOptions {
  /** How many of the latest events to begin with. @defaultValue all that the server keeps */
  readonly last?: number | undefined;
  /** Most events kept in the value. @defaultValue the client's `maxEvents` */
  readonly maxEvents?: number | undefined;
}

/** What one event is told with. */
export interface EventMeta {
  readonly epoch: string;
  readonly offset: number;
  /** It happened before the channel was subscribed, or while it was away. */
  readonly replayed: boolean;
  /** Age at arrival in milliseconds, where the contract names a `timeField`. */
  readonly latencyMs?: number | undefined;
}

/** What changed in a collection. */
export interface CollectionChange<T> {
  /** Records that are new or different. */
  readonly upserted: ReadonlyMap<string, T>;
  /** Keys that are gone. */
  readonly removed: readonly string[];
  /** All records came anew, after a cut for instance. What is equal to before is in neither of the two. */
  readonly whole: boolean;
  readonly position: Position;
}

/** A channel. Every function that takes a listener returns what takes it off again. */
export interface ChannelHandle<V, Params = Readonly<Record<string, string>>> {
  /** The channel's name on the wire, parameters filled in and encoded. */
  readonly id: string;
  /** The channel's name in the contract. */
  readonly name: string;
  readonly params: Params;
  /** What the channel is; `null` until the server has answered. */
  readonly kind: ChannelKind | null;
  /** The channel now. `idle` once nobody has held it for `releaseGraceMs`. The same object until something changes. */
  getSnapshot(): ChannelSnapshot<V>;
  /**
   * Holds the channel, calls `listener` soon with the present snapshot and then after every change, by the client's
   * `scheduler`. For a part of the data make a `view` with `select`.
   */
  subscribe(
    listener: (snapshot: ChannelSnapshot<V>) => void,
    options?: Omit<ViewOptions<V>, 'select'>,
  ): () => void;
  /** The channel as one reader wants it. Holds the channel while somebody is subscribed to the view. */
  view(): ReadableStore<ChannelSnapshot<V>>;
  /** A part of the channel: what `select` returns, compared by `isEqual`, at the reader's pace. */
  view<S = V>(options: ViewOptions<V, S>): ReadableStore<ChannelSnapshot<S>>;
  /** Holds the channel, without looking at it, until the returned function is called. */
  retain(): () => void;
  /** Listens to what the channel tells besides data. Does not hold the channel. */
  on<Name extends keyof ChannelEvents>(
    name: Name,
    listener: (event: ChannelEvents[Name]) => void,
  ): () => void;
  /** Asks the server for what is missing since the position held; at most once a second. */
  resync(): void;
}

/** A collection. */
export interface CollectionHandle<T, Params = Readonly<Record<string, string>>> extends ChannelHandle<
  ReadonlyMap<string, T>,
  Params
> {
  /** Holds the channel and tells each change at receipt, for grids that update row by row. */
  onChange(listener: (change: CollectionChange<T>) => void): () => void;
}

/** A stream. */
export interface StreamHandle<T, Params = Readonly<Record<string, string>>> extends ChannelHandle<
  readonly T[],
  Params
> {
  /**
   * Holds the channel and tells each event at receipt, in order, none twice, unless a rate is asked for. Who holds it first
   * is told what the server's history has, too, with `meta.replayed`.
   */
  onEvent(listener: (event: T, meta: EventMeta) => void, options?: EventOptions): () => void;
  /** The same channel, held with other options. */
  with(options: ChannelOptions): StreamHandle<T, Params>;
}

/** The handle of a channel of a contract. */
export type HandleOf<C extends AnyContract, N extends ChannelName<C>> =
  InferKind<C, N> extends 'collection'
    ? CollectionHandle<InferItem<C, N>, InferParams<C, N>>
    : InferKind<C, N> extends 'stream'
      ? StreamHandle<InferItem<C, N>, InferParams<C, N>>
      : ChannelHandle<InferValue<C, N>, InferParams<C, N>>;
