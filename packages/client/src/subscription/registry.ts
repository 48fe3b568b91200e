// Registry: the channels somebody holds, and what has to be asked of the server for them, in batches. Knows no sockets;
// what is to be sent is handed to its ports.
import {
  fromWireError,
  type AnnouncedLimits,
  type SubscribeEntry,
  type SubscribeFrame,
  type SubscribedFrame,
  type TickwireError,
  type UnsubscribedFrame,
  type UnsubscribeFrame,
  type WireError,
} from '@tickwire/protocol';
import { Channel, type ChannelSink } from './channel.js';
import type { SubscriptionEvent } from './state.js';
import { createSubscriptionTransition, subscriptionDeadlineMs } from './transition.js';

/** Most channels in one `sub` unless the server announced fewer (P-LIM-1). */
const MAX_BATCH = 200;
/** Bytes that a server accepts unless it announced another number. */
const MAX_BYTES = 65_536;
/** What an entry of `sub` has besides the id, at most. */
const ENTRY_BYTES = 80;

/** What the registry needs of the client. */
export interface RegistryPorts {
  readonly subscribeTimeoutMs: number;
  readonly releaseGraceMs: number;
  nowMs(): number;
  /** The socket questions go to; `null` while there is none. */
  socketId(): number | null;
  isConnected(): boolean;
  /** A fresh id for a frame. */
  nextId(): number;
  /** What the server accepts. */
  limits(): AnnouncedLimits;
  /** There is something to send: call {@link Registry.flush} soon. */
  wantsFlush(): void;
  send(socketId: number, frame: SubscribeFrame | UnsubscribeFrame): void;
  /** Aliases of a channel that is dropped are not needed any more. */
  unlink(channel: Channel): void;
  dropConnection(): void;
  refused(channel: Channel, error: TickwireError): void;
  /** Wants {@link Registry.tick} to be called then. */
  wakeAt(atMs: number): void;
  sinkOf(id: string): ChannelSink;
}

type OwnEvent<E = SubscriptionEvent> = E extends SubscriptionEvent
  ? Omit<E, 'at' | 'requestId'> & { readonly requestId?: number }
  : never;

export class Registry {
  readonly #channels = new Map<string, Channel>();
  readonly #ports: RegistryPorts;
  readonly #transition;
  /** What goes out at the next flush: channels to ask for, and ids to give up, of one socket. */
  readonly #asked = new Set<Channel>();
  readonly #givenUp = new Set<string>();
  #askedBytes = 0;
  #batchSocketId = 0;
  #batchId: number;

  constructor(ports: RegistryPorts) {
    this.#ports = ports;
    this.#batchId = ports.nextId();
    this.#transition = createSubscriptionTransition(ports.subscribeTimeoutMs);
  }

  get channels(): IterableIterator<Channel> {
    return this.#channels.values();
  }

  get size(): number {
    return this.#channels.size;
  }

  get(id: string): Channel | undefined {
    return this.#channels.get(id);
  }

  /** Holds a channel until the returned function is called. */
  retain(id: string, prepare: (channel: Channel) => void): () => void {
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      channel = new Channel(id, this.#ports.sinkOf(id));
      channel.connected = this.#ports.isConnected();
      this.#channels.set(id, channel);
    }
    const held = channel;
    prepare(held);
    held.holders++;
    held.releaseMs = Infinity;
    this.#want(held);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--held.holders > 0 || this.#channels.get(id) !== held) return;
      held.releaseMs = this.#ports.nowMs() + this.#ports.releaseGraceMs;
      this.#ports.wakeAt(held.releaseMs);
    };
  }

  /** A connection can be asked from now on: every channel is, unless it has been already. */
  attachAll(): void {
    for (const channel of this.#channels.values()) this.#want(channel);
  }

  /** A connection is gone. */
  detachAll(socketId: number): void {
    for (const channel of this.#channels.values()) {
      this.#dispatch(channel, { type: 'disconnected', socketId });
      if (channel.link?.socketId === socketId) channel.detach();
    }
  }

  /** Tells every channel whether there is a connection. */
  setConnected(connected: boolean): void {
    for (const channel of this.#channels.values()) channel.connected = connected;
  }

  /** Whether every channel has its answer from a socket. */
  isSettled(socketId: number): boolean {
    for (const { subscription } of this.#channels.values()) {
      if (
        subscription.status === 'idle' ||
        subscription.status === 'pending' ||
        subscription.socketId !== socketId
      )
        return false;
    }
    return true;
  }

  /** Answers to a `sub`. `linked` is called for each channel whose data comes from this socket from now on. */
  answered(
    frame: SubscribedFrame,
    socketId: number,
    linked: (channel: Channel, alias: number) => void,
  ): void {
    for (const entry of frame.r) {
      const channel = this.#channels.get(entry.c);
      const state = channel?.subscription;
      // An answer to a question that is not open any more: the channel was given up, or asked for again.
      if (channel === undefined || state?.status !== 'pending') continue;
      if (state.socketId !== socketId || state.requestId !== frame.id) continue;
      if ('err' in entry) {
        this.#refuse(channel, socketId, entry.err);
        continue;
      }
      linked(channel, entry.n);
      this.#dispatch(channel, { type: 'answered', socketId, requestId: frame.id });
      if (!channel.attach(entry, { socketId, alias: entry.n })) this.resync(channel);
    }
  }

  /** The whole `sub` was refused. */
  refusedAll(id: number, socketId: number, err: WireError): void {
    for (const channel of this.#channels.values()) {
      const { subscription: state } = channel;
      if (state.status === 'pending' && state.requestId === id && state.socketId === socketId)
        this.#refuse(channel, socketId, err);
    }
  }

  /** Subscriptions that the server ended by itself (P-SUB-12). */
  ended(frame: UnsubscribedFrame, socketId: number): void {
    if (frame.id !== undefined) return;
    for (const id of frame.ch) {
      const channel = this.#channels.get(id);
      if (channel?.link?.socketId === socketId)
        this.#refuse(channel, socketId, frame.err ?? { c: 'unavailable' });
    }
  }

  /** Asks for what is missing, from the cursor. */
  resync(channel: Channel): void {
    this.#dispatch(channel, { type: 'resyncAsked' });
  }

  /** Drops the values nobody holds. */
  clear(): void {
    for (const channel of this.#channels.values()) if (channel.holders === 0) this.#drop(channel);
  }

  /** What time has brought: answers that did not come, channels nobody took up again. */
  tick(nowMs: number): void {
    for (const channel of this.#channels.values()) {
      if (channel.releaseMs <= nowMs) this.#drop(channel);
      else {
        if (subscriptionDeadlineMs(channel.subscription) <= nowMs)
          this.#dispatch(channel, { type: 'deadlineReached' });
        this.#ports.wakeAt(Math.min(channel.releaseMs, subscriptionDeadlineMs(channel.subscription)));
      }
    }
  }

  /** Sends what has come together since the last time. */
  flush(): void {
    const { send, nextId } = this.#ports;
    const socketId = this.#batchSocketId;
    // Given up first: a channel in both was dropped and taken up again.
    if (this.#givenUp.size > 0) send(socketId, { t: 'unsub', id: nextId(), ch: [...this.#givenUp] });
    this.#givenUp.clear();
    const asked = [...this.#asked];
    this.#asked.clear();
    this.#askedBytes = 0;
    if (asked.length === 0) return;
    const id = this.#batchId;
    this.#batchId = nextId();
    send(socketId, { t: 'sub', id, ch: asked.map(entryOf) });
  }

  #want(channel: Channel): void {
    const socketId = this.#ports.socketId();
    if (socketId !== null) this.#dispatch(channel, { type: 'wanted', socketId });
  }

  #drop(channel: Channel): void {
    this.#dispatch(channel, { type: 'released' });
    this.#ports.unlink(channel);
    this.#channels.delete(channel.id);
  }

  #refuse(channel: Channel, socketId: number, err: WireError): void {
    const error = fromWireError(err);
    this.#ports.unlink(channel);
    channel.link = null;
    this.#dispatch(channel, { type: 'refused', socketId, error });
    // What may not be read any more is not kept either (P-SUB-11).
    if (error.temporary) channel.changed();
    else channel.forget();
    this.#ports.refused(channel, error);
  }

  #dispatch(channel: Channel, event: OwnEvent): void {
    const { nowMs, socketId, wakeAt, wantsFlush, dropConnection, limits } = this.#ports;
    const before = channel.subscription;
    const full = { at: nowMs(), requestId: this.#batchId, ...event } as SubscriptionEvent;
    const [state, effect] = this.#transition(before, full);
    channel.subscription = state;
    if (state !== before) wakeAt(subscriptionDeadlineMs(state));
    if (effect === undefined) return;
    if (effect.type === 'dropConnection') return dropConnection();
    // Only the socket in use is written to; what was asked of another one ends with it.
    if (effect.socketId !== socketId()) return;
    if (effect.socketId !== this.#batchSocketId) {
      this.#batchSocketId = effect.socketId;
      this.#asked.clear();
      this.#givenUp.clear();
      this.#askedBytes = 0;
    }
    if (effect.type === 'subscribe') {
      this.#asked.add(channel);
      this.#askedBytes += channel.id.length + ENTRY_BYTES;
      const { batch = MAX_BATCH, in: maxBytes = MAX_BYTES } = limits();
      // The next channel belongs to another frame, which has another id.
      if (this.#asked.size >= Math.min(MAX_BATCH, batch) || this.#askedBytes > maxBytes / 2) this.flush();
    } else {
      this.#asked.delete(channel);
      this.#givenUp.add(channel.id);
    }
    wantsFlush();
  }
}

function entryOf(channel: Channel): SubscribeEntry {
  const cursor = channel.takeCursor();
  if (cursor !== null) return { c: channel.id, e: cursor.epoch, o: cursor.offset };
  return channel.last === undefined ? { c: channel.id } : { c: channel.id, last: channel.last };
}
