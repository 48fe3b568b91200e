// Hub: the hot channels of this node. Warms them up from the broker without a gap, applies what it publishes, repairs
// what was missed, judges whether feeds still speak, and lets go of what nobody reads. Knows no sockets.
import type { Clock, FeedStatus, Logger, Position } from '@tickwire/protocol';
import { TickwireError } from '@tickwire/protocol';
import type { Broker, BrokerFactory, ChannelHead, Publication } from '../broker/broker.js';
import type { DeadlineWheel, Timed } from '../liveness/deadline-wheel.js';
import type { FrameEncoder } from '../ports/frame-encoder.js';
import { errorText } from '../value/error-text.js';
import { Channel, type ChannelDescription } from './channel.js';
import type { HeadOfChannel } from './channel-head.js';
import { CollectionHead } from './collection-head.js';
import { judgeFeed, staleAtMs } from './feed-status.js';
import type { Flusher } from './flush.js';
import { HeadLooks } from './head-looks.js';
import { isPrompt } from './prompt-brokers.js';
import { ChannelFrames } from './range-frames.js';
import { StateHead } from './state-head.js';
import { StreamHead } from './stream-head.js';

/** What a hub is made of. */
export interface HubOptions {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly flusher: Flusher;
  readonly encode: FrameEncoder;
  readonly broker: BrokerFactory;
  /** How long an unread channel stays hot, in milliseconds. */
  readonly lingerMs: number;
  /** How often heads are compared with a broker that can lose deliveries, in milliseconds. */
  readonly verifyMs: number;
  readonly log: Logger;
  /** @defaultValue all that fit the wire */
  readonly maxAlias?: number | undefined;
  /** Every connection has to end, before this turn does: the next one is told other channels by the same aliases. */
  readonly onAliasesSpent: () => void;
  /** Every subscription of a channel has to end: it cannot be continued. */
  readonly onExpelled: (channel: string, error: TickwireError) => void;
}

/** Most publications that wait for one read; above it the read is done again instead. */
const MAX_BUFFERED = 10_000;
/** How often a read is repeated at once when what arrived meanwhile does not continue it. */
const MAX_READS = 4;
const RETRY_MS = 1_000;
/** How often cached frames and old history are looked at. */
const EXPIRE_MS = 10_000;
const MAX_ALIAS = 0xffff_ffff;
/** Most unread channels that stay hot: readers choose how many there are. */
const MAX_LINGERING = 10_000;

interface HotChannel {
  readonly channel: Channel;
  readonly timer: ChannelTimer;
}

/** The hot channels of this node. */
export class Hub {
  readonly #options: HubOptions;
  readonly #broker: Broker;
  readonly #channels = new Map<string, HotChannel>();
  readonly #verified: boolean;
  /** Whether no head can be behind the broker: then nobody is worth a look at it. */
  readonly #isPrompt: boolean;
  readonly #looks: HeadLooks<Channel>;
  /** Unread channels that stay hot, the one left longest ago first. Whether one has a reader again shows when it is its turn. */
  readonly #lingering = new Set<Channel>();
  #nextAlias = 1;
  /** Aliases of channels that have been hot since before {@link #nextAlias} began anew. */
  #takenAliases: ReadonlySet<number> = new Set();
  #isRenewing = false;
  #closed = false;
  /** Publications that reached this node. */
  publications = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#broker = options.broker({
      onPublication: (id, publication) => this.#onPublication(id, publication),
      onDeliveryUncertain: (ids) => this.#onDeliveryUncertain(ids),
      onUnchanged: (id) => this.#onUnchanged(id),
      onFeedClosed: (id) => this.#onFeedClosed(id),
    });
    this.#verified = this.#broker.position !== undefined;
    this.#isPrompt = isPrompt(options.broker);
    this.#looks = new HeadLooks(options.clock, (channel) => this.#look(channel));
  }

  /** The broker, for publishing. */
  get broker(): Broker {
    return this.#broker;
  }

  /** Hot channels. */
  get size(): number {
    return this.#channels.size;
  }

  /** The channel, being warmed up if it was cold. Pinned: {@link release} it. */
  acquire(description: ChannelDescription): Channel {
    const known = this.#channels.get(description.spec.id);
    const channel = known?.channel ?? this.#open(description);
    channel.pins++;
    return channel;
  }

  /** Ends a pin of {@link acquire}. */
  release(channel: Channel): void {
    channel.pins--;
    this.settle(channel);
  }

  /** To be called when a channel may have lost its last reader. */
  settle(channel: Channel): void {
    if (!channel.isIdle || channel.closed) return;
    const hot = this.#channels.get(channel.id);
    if (hot?.channel !== channel) return;
    // What was never written is read again as cheaply as it is kept.
    if (channel.head?.offset === 0) {
      this.#drop(channel);
      return;
    }
    hot.timer.lingerUntilMs = this.#options.clock.monotonicMs() + this.#options.lingerMs;
    this.#options.wheel.schedule(hot.timer);
    this.#linger(channel);
  }

  /** Resolves when the channel has a head that was read after this call or, if it is warm already, at once. */
  warm(channel: Channel): Promise<void> | null {
    return channel.head === null ? this.#load(channel) : null;
  }

  /** Reads the head again; the read begins after this call. */
  async refresh(channel: Channel): Promise<void> {
    if (channel.loading !== null) await channel.loading;
    await this.#load(channel);
  }

  /**
   * Resolves when a cursor ahead of the head can be judged: the head is where the broker was after this call (P-SUB-4), or
   * has reached the cursor. `null` where it is there already. Rejects where the broker does.
   */
  confirm(channel: Channel, ahead: Position): Promise<void> | null {
    if (this.#isPrompt) return channel.loading;
    return this.#looks.after(channel, () => {
      const { head } = channel;
      return head !== null && (head.epoch !== ahead.epoch || head.offset >= ahead.offset);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#looks.close();
    for (const { channel, timer } of this.#channels.values()) {
      channel.closed = true;
      this.#options.wheel.remove(timer);
    }
    this.#channels.clear();
    await this.#broker.close();
  }

  #linger(channel: Channel): void {
    this.#lingering.delete(channel);
    this.#lingering.add(channel);
    if (this.#lingering.size <= MAX_LINGERING) return;
    const [oldest] = this.#lingering;
    if (oldest === undefined) return;
    this.#lingering.delete(oldest);
    if (oldest.isIdle) this.#drop(oldest);
  }

  #open(description: ChannelDescription): Channel {
    const alias = this.#takeAlias();
    const frames = new ChannelFrames(this.#options.encode, alias);
    const channel = new Channel(description, alias, frames);
    const timer = new ChannelTimer(channel, (nowMs) => this.#onDeadline(channel, timer, nowMs));
    this.#channels.set(channel.id, { channel, timer });
    return channel;
  }

  /**
   * An alias means one channel for as long as a connection lives (P-SUB-3), and how long that is nobody knows. So when all
   * are spent, after days of it at the least, every connection is asked to come back, and aliases begin anew behind them.
   */
  #takeAlias(): number {
    while (this.#takenAliases.has(this.#nextAlias)) this.#nextAlias++;
    if (this.#nextAlias <= (this.#options.maxAlias ?? MAX_ALIAS)) return this.#nextAlias++;
    if (!this.#isRenewing) {
      this.#isRenewing = true;
      this.#takenAliases = new Set(Array.from(this.#channels.values(), ({ channel }) => channel.alias));
      this.#options.log('warn', 'aliases begin anew: every connection is closed', {});
      this.#options.onAliasesSpent();
      // Whoever asked is closed only when its question has been dealt with.
      this.#options.clock.endOfTurn(() => {
        this.#isRenewing = false;
        this.#nextAlias = 1;
      });
    }
    throw new TickwireError('unavailable', 'Aliases begin anew.', { retryAfterMs: RETRY_MS });
  }

  /** One read for all who ask while it is under way. Rejects where the broker does; the channel tries again by itself. */
  #load(channel: Channel): Promise<void> {
    if (channel.loading !== null) return channel.loading;
    const loading = this.#read(channel).then(
      () => this.#onLoaded(channel),
      (error: unknown) => {
        channel.loading = null;
        this.#onUnreadable(channel, error);
        throw error;
      },
    );
    channel.loading = loading;
    // Those who wait are told; where nobody waits, the retry is the answer.
    loading.catch(() => undefined);
    return loading;
  }

  async #read(channel: Channel): Promise<void> {
    channel.buffered = [];
    if (channel.head === null) await this.#broker.subscribe(channel.spec);
    for (let reads = 1; ; reads++) {
      // What came before the read began is in it.
      channel.buffered = [];
      const read = await this.#broker.read(channel.spec);
      if (channel.closed) throw new TickwireError('unavailable', 'The server is closing.');
      this.#adopt(channel, read);
      if (this.#applyBuffered(channel)) {
        // At once: what is published before those who wait are told must not be kept for a read that is over.
        channel.buffered = null;
        return;
      }
      if (reads === MAX_READS)
        throw new TickwireError('unavailable', 'The channel moves faster than it can be read.');
    }
  }

  #onLoaded(channel: Channel): void {
    channel.loading = null;
    channel.unreadable = false;
    const hot = this.#channels.get(channel.id);
    if (hot === undefined || channel.closed) return;
    const { wheel, clock, verifyMs } = this.#options;
    const nowMs = clock.monotonicMs();
    hot.timer.retryAtMs = Infinity;
    hot.timer.expireAtMs = nowMs + EXPIRE_MS;
    if (this.#verified) hot.timer.verifyAtMs = nowMs + verifyMs;
    if (channel.staleAfterMs !== undefined || channel.statusVersion > 0 || channel.feedClosed)
      this.#judge(channel, nowMs);
    wheel.schedule(hot.timer);
    this.#markDirty(channel);
  }

  #onUnreadable(channel: Channel, error: unknown): void {
    if (channel.closed) return;
    this.#options.log('error', 'channel could not be read', { channel: channel.id, error: errorText(error) });
    const hot = this.#channels.get(channel.id);
    if (hot === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    if (channel.head === null) {
      // Nobody reads it yet: those who asked are refused, and ask again.
      this.#drop(channel);
      return;
    }
    channel.unreadable = true;
    this.#judge(channel, nowMs);
    hot.timer.retryAtMs = nowMs + RETRY_MS;
    this.#options.wheel.schedule(hot.timer);
  }

  #adopt(channel: Channel, read: ChannelHead): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const nowWallMs = clock.wallMs();
    const { head } = channel;
    const feedClosed = read.feedClosed === true;
    channel.feedClosed ||= feedClosed;
    if (head === null) {
      channel.head = createHead(channel, read, { monotonicMs: nowMs, wallMs: nowWallMs });
      channel.spokeAtMs = nowMs - silenceOf(read, nowWallMs);
      return;
    }
    if (read.epoch === head.epoch && read.offset === head.offset) return;
    const regressed = read.epoch === head.epoch && read.offset < head.offset;
    head.replace(read, nowMs, nowWallMs);
    // What was published meanwhile may have opened it again.
    channel.feedClosed = feedClosed;
    if (read.spokeAtMs !== null) {
      channel.spokeAtMs = Math.max(channel.spokeAtMs, nowMs - silenceOf(read, nowWallMs));
    }
    if (regressed) this.#expelAll(channel);
    else channel.scatter();
  }

  /** Whether everything that arrived during the read continues it. */
  #applyBuffered(channel: Channel): boolean {
    const { head, buffered } = channel;
    if (head === null || buffered === null) return true;
    if (buffered.length > MAX_BUFFERED) return false;
    const nowMs = this.#options.clock.monotonicMs();
    for (const publication of buffered) {
      const linkage = head.accept(publication, nowMs);
      if (linkage === 'hole' || linkage === 'fork') return false;
    }
    return true;
  }

  /** A broker that goes back within an epoch broke its promise: readers begin anew, and are told nothing wrong. */
  #expelAll(channel: Channel): void {
    this.#options.log('error', 'broker went back within an epoch', { channel: channel.id });
    const error = new TickwireError('unavailable', 'The channel went back in time: subscribe again.');
    this.#options.onExpelled(channel.id, error);
  }

  #onPublication(id: string, publication: Publication): void {
    const channel = this.#channels.get(id)?.channel;
    if (channel === undefined || this.#closed) return;
    this.publications++;
    this.#spoke(channel);
    if (channel.buffered !== null) {
      if (channel.buffered.length <= MAX_BUFFERED) channel.buffered.push(publication);
      return;
    }
    const { head } = channel;
    if (head === null) return;
    const linkage = head.accept(publication, this.#options.clock.monotonicMs());
    if (linkage === 'apply') this.#markDirty(channel);
    else if (linkage !== 'duplicate') this.#repair(channel);
  }

  #onUnchanged(id: string): void {
    const channel = this.#channels.get(id)?.channel;
    if (channel !== undefined) this.#spoke(channel);
  }

  #onFeedClosed(id: string): void {
    const channel = this.#channels.get(id)?.channel;
    if (channel === undefined || this.#closed) return;
    channel.feedClosed = true;
    if (channel.head !== null) this.#judge(channel, this.#options.clock.monotonicMs());
  }

  #onDeliveryUncertain(ids: readonly string[] | 'all'): void {
    if (this.#closed) return;
    for (const { channel } of this.#channels.values()) {
      if (channel.head !== null && (ids === 'all' || ids.includes(channel.id))) this.#repair(channel);
    }
  }

  #repair(channel: Channel): void {
    this.refresh(channel).catch(() => undefined);
  }

  #spoke(channel: Channel): void {
    channel.spokeAtMs = this.#options.clock.monotonicMs();
    channel.feedClosed = false;
    if (channel.status !== 'live' && !channel.unreadable) this.#setStatus(channel, 'live');
  }

  #judge(channel: Channel, nowMs: number): void {
    this.#setStatus(channel, judgeFeed(channel, nowMs));
  }

  #setStatus(channel: Channel, status: FeedStatus): void {
    const { clock, wheel } = this.#options;
    const sinceMs =
      status === 'stale' && !channel.unreadable
        ? clock.wallMs() - (clock.monotonicMs() - channel.spokeAtMs)
        : clock.wallMs();
    if (!channel.setStatus(status, Math.round(sinceMs))) return;
    this.#markDirty(channel);
    const hot = this.#channels.get(channel.id);
    if (hot !== undefined) wheel.schedule(hot.timer);
  }

  #markDirty(channel: Channel): void {
    if (channel.dirty) return;
    channel.dirty = true;
    this.#options.flusher.channel(channel);
  }

  #onDeadline(channel: Channel, timer: ChannelTimer, nowMs: number): void {
    if (channel.closed) return;
    if (timer.lingerUntilMs <= nowMs) {
      timer.lingerUntilMs = Infinity;
      this.#lingering.delete(channel);
      if (channel.isIdle) {
        this.#drop(channel);
        return;
      }
    }
    if (staleAtMs(channel) <= nowMs) this.#judge(channel, nowMs);
    if (timer.retryAtMs <= nowMs) {
      timer.retryAtMs = Infinity;
      this.#repair(channel);
    }
    if (timer.expireAtMs <= nowMs) {
      timer.expireAtMs = nowMs + EXPIRE_MS;
      channel.head?.expire(nowMs);
    }
    if (timer.verifyAtMs <= nowMs) {
      timer.verifyAtMs = nowMs + this.#options.verifyMs;
      this.#verify(channel);
    }
  }

  /** Reads the head again where the broker is elsewhere; one that has a cheap answer is asked for that first. */
  async #look(channel: Channel): Promise<void> {
    const position = await this.#broker.position?.(channel.spec);
    const { head } = channel;
    const isBehind =
      position === undefined || position.epoch !== head?.epoch || position.offset > head.offset;
    if (isBehind) await this.refresh(channel);
  }

  #verify(channel: Channel): void {
    this.#broker.position?.(channel.spec).then(
      (position) => {
        const { head } = channel;
        if (head === null || channel.closed) return;
        const same = position.epoch === head.epoch && position.offset <= head.offset;
        if (!same) this.#repair(channel);
      },
      (error: unknown) => this.#onUnreadable(channel, error),
    );
  }

  #drop(channel: Channel): void {
    const hot = this.#channels.get(channel.id);
    if (hot?.channel !== channel) return;
    channel.closed = true;
    this.#channels.delete(channel.id);
    this.#lingering.delete(channel);
    this.#options.wheel.remove(hot.timer);
    this.#broker.unsubscribe(channel.id).catch((error: unknown) => {
      this.#options.log('warn', 'channel could not be unsubscribed', {
        channel: channel.id,
        error: errorText(error),
      });
    });
  }
}

/** The moments at which a channel wants to be looked at. */
class ChannelTimer implements Timed {
  lingerUntilMs = Infinity;
  retryAtMs = Infinity;
  expireAtMs = Infinity;
  verifyAtMs = Infinity;
  readonly #channel: Channel;
  readonly #run: (nowMs: number) => void;

  constructor(channel: Channel, run: (nowMs: number) => void) {
    this.#channel = channel;
    this.#run = run;
  }

  get deadlineMs(): number {
    if (this.#channel.closed) return Infinity;
    return Math.min(
      this.lingerUntilMs,
      this.retryAtMs,
      this.expireAtMs,
      this.verifyAtMs,
      staleAtMs(this.#channel),
    );
  }

  onDeadline(nowMs: number): void {
    this.#run(nowMs);
  }
}

function createHead(
  channel: Channel,
  read: ChannelHead,
  now: { readonly monotonicMs: number; readonly wallMs: number },
): HeadOfChannel {
  switch (read.kind) {
    case 'state':
      return new StateHead(read, channel.frames, channel.alias);
    case 'collection':
      return new CollectionHead(read, channel.frames, channel.alias);
    case 'stream':
      return new StreamHead(read, channel.frames, channel.spec.history ?? { size: 0, ttlMs: 1 }, now);
  }
}

/** For how long the source has been silent; 0 where it never spoke. */
function silenceOf({ spokeAtMs, silentMs }: ChannelHead, nowWallMs: number): number {
  return Math.max(0, silentMs ?? (spokeAtMs === null ? 0 : nowWallMs - spokeAtMs));
}
