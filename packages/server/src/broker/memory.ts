// Memory broker: channels in this process, shared by any number of servers and publishers. A publish has told every
// node before it returns. What it holds is bounded: tombstones, history, and channels nobody watches.
import { type Clock, isTickwireError, type Position, type Random, TickwireError } from '@tickwire/protocol';
import type { Broker, BrokerEvents, BrokerFactory, Change, ChannelHead, ChannelSpec } from './broker.js';
import { createStoredChannel, type Moment, type StoredChannel } from './stored-channel.js';

/** Options of {@link createMemoryBroker}. */
export interface MemoryBrokerOptions {
  /** @defaultValue the process's own */
  readonly clock?: Clock | undefined;
  /** @defaultValue the process's own */
  readonly random?: Random | undefined;
  /**
   * Removed keys a collection remembers. A reader that was away for more removals gets the whole value.
   * @defaultValue 1_024
   */
  readonly maxTombstones?: number | undefined;
  /**
   * Written channels kept while nobody watches them; the one written longest ago is forgotten first, and if it comes
   * back its epoch is another.
   * @defaultValue 100_000
   */
  readonly maxUnwatchedChannels?: number | undefined;
}

/** A broker in this process. */
export interface MemoryBroker {
  /** Give it to `createServer` or `createPublisher`; every connection sees the same channels. */
  readonly connect: BrokerFactory;
  /** What it holds. */
  stats(): { readonly channels: number; readonly watched: number; readonly connections: number };
}

interface Channel {
  readonly id: string;
  readonly store: StoredChannel;
  readonly epoch: string;
  readonly watchers: Set<BrokerEvents>;
  /** When the source spoke last. */
  spokeAt: Moment | null;
  feedClosed: boolean;
}

/** What the core needs of the options, all given. */
export interface MemoryBrokerSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly maxTombstones: number;
  readonly maxUnwatchedChannels: number;
}

/** The broker itself. `createMemoryBroker` fills in the process's clock and randomness. */
export class InMemoryBroker implements MemoryBroker {
  readonly #settings: MemoryBrokerSettings;
  readonly #channels = new Map<string, Channel>();
  /** Written and unwatched, the one written longest ago first. */
  readonly #unwatched = new Set<Channel>();
  readonly #connections = new Set<BrokerEvents>();
  readonly #incarnation: string;
  /** Grows when a written channel is forgotten: whatever is created afterwards has another epoch (P-NODE-4). */
  #generation = 0;

  constructor(settings: MemoryBrokerSettings) {
    this.#settings = settings;
    this.#incarnation = settings.random.id();
  }

  readonly connect: BrokerFactory = (events) => {
    this.#connections.add(events);
    const watched = new Set<Channel>();
    let closed = false;
    const guard = <Result>(run: () => Result): Promise<Result> => {
      if (closed) return Promise.reject(new TickwireError('unavailable', 'The broker connection is closed.'));
      try {
        return Promise.resolve(run());
      } catch (error) {
        return Promise.reject(
          isTickwireError(error)
            ? error
            : new TickwireError('internal', 'The broker failed.', { cause: error }),
        );
      }
    };
    const leave = (channel: Channel): void => {
      watched.delete(channel);
      this.#unwatch(channel, events);
    };
    return {
      publish: (spec, change) => guard(() => this.#publish(spec, change)),
      subscribe: (spec) => guard(() => void watched.add(this.#watch(spec, events))),
      unsubscribe: (id) =>
        guard(() => {
          const channel = this.#channels.get(id);
          if (channel !== undefined && watched.has(channel)) leave(channel);
        }),
      read: (spec) => guard(() => this.#read(spec)),
      closeFeed: (spec) => guard(() => this.#closeFeed(spec)),
      close: () => {
        closed = true;
        for (const channel of [...watched]) leave(channel);
        this.#connections.delete(events);
        return Promise.resolve();
      },
    } satisfies Broker;
  };

  stats(): { readonly channels: number; readonly watched: number; readonly connections: number } {
    const channels = [...this.#channels.values()];
    return {
      channels: channels.length,
      watched: channels.filter(({ watchers }) => watchers.size > 0).length,
      connections: this.#connections.size,
    };
  }

  #moment(): Moment {
    const { clock } = this.#settings;
    return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  }

  #publish(spec: ChannelSpec, change: Change): Position {
    const channel = this.#open(spec);
    const at = this.#moment();
    const previousOffset = channel.store.offset;
    let published;
    try {
      published = channel.store.write(change, at);
    } catch (error) {
      this.#forgetIfEmpty(channel);
      throw error;
    }
    const { epoch } = channel;
    const { offset } = channel.store;
    channel.spokeAt = at;
    channel.feedClosed = false;
    if (published === null) {
      for (const watcher of channel.watchers) watcher.onUnchanged?.(channel.id);
      this.#forgetIfEmpty(channel);
    } else {
      this.#keepUnwatched(channel);
      const publication = { epoch, previousOffset, offset, change: published };
      for (const watcher of channel.watchers) watcher.onPublication(channel.id, publication);
    }
    return { epoch, offset };
  }

  #read(spec: ChannelSpec): ChannelHead {
    const channel = this.#open(spec);
    const { epoch, spokeAt, feedClosed } = channel;
    const at = this.#moment();
    const head = channel.store.head(
      {
        epoch,
        spokeAtMs: spokeAt?.wallMs ?? null,
        feedClosed,
        silentMs: spokeAt === null ? undefined : at.monotonicMs - spokeAt.monotonicMs,
      },
      at,
    );
    this.#forgetIfEmpty(channel);
    return head;
  }

  #closeFeed(spec: ChannelSpec): void {
    const channel = this.#open(spec);
    channel.feedClosed = true;
    this.#keepUnwatched(channel);
    for (const watcher of channel.watchers) watcher.onFeedClosed?.(channel.id);
  }

  #open(spec: ChannelSpec): Channel {
    const known = this.#channels.get(spec.id);
    if (known !== undefined) return known;
    const channel: Channel = {
      id: spec.id,
      store: createStoredChannel(spec, this.#settings.maxTombstones),
      epoch:
        this.#generation === 0 ? this.#incarnation : `${this.#incarnation}.${this.#generation.toString(36)}`,
      watchers: new Set(),
      spokeAt: null,
      feedClosed: false,
    };
    this.#channels.set(spec.id, channel);
    return channel;
  }

  #watch(spec: ChannelSpec, events: BrokerEvents): Channel {
    const channel = this.#open(spec);
    channel.watchers.add(events);
    this.#unwatched.delete(channel);
    return channel;
  }

  #unwatch(channel: Channel, events: BrokerEvents): void {
    if (!channel.watchers.delete(events)) return;
    this.#keepUnwatched(channel);
    this.#forgetIfEmpty(channel);
  }

  #keepUnwatched(channel: Channel): void {
    if (channel.watchers.size > 0 || isEmpty(channel)) return;
    this.#unwatched.delete(channel);
    this.#unwatched.add(channel);
    if (this.#unwatched.size <= this.#settings.maxUnwatchedChannels) return;
    const [oldest] = this.#unwatched;
    if (oldest === undefined) return;
    this.#unwatched.delete(oldest);
    this.#channels.delete(oldest.id);
    this.#generation++;
  }

  /** A channel that was never written and that nobody watches is nothing worth keeping. */
  #forgetIfEmpty(channel: Channel): void {
    if (channel.watchers.size === 0 && isEmpty(channel)) this.#channels.delete(channel.id);
  }
}

function isEmpty({ store, feedClosed }: Channel): boolean {
  return store.offset === 0 && !feedClosed;
}
