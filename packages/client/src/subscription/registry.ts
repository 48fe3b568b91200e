// Registry: the channels somebody holds, and what has to be asked of the server for them, in batches. Knows no sockets;
// what is to be sent is handed to its ports.
import {
  fromWireError,
  type AnnouncedLimits,
  type Cancel,
  type DataFrame,
  type SubscribeFrame,
  type SubscribedFrame,
  type TickwireError,
  type UnsubscribedFrame,
  type UnsubscribeFrame,
  type WireError,
} from '@tickwire/protocol';
import { createChannel, type Channel, type ChannelPorts } from './channel.js';
import type { AnySubscription, SubscriptionEvent } from './state.js';
import { awaits, createSubscriptionTransition, subscriptionDeadlineMs } from './transition.js';

/** Most channels in one `sub` unless the server announced fewer (P-LIM-1). */
const MAX_BATCH = 200;
/** Bytes that a server accepts unless it announced another number. */
const MAX_BYTES = 65_536;
/** Largest entry of `sub`: an id of 255 bytes, an epoch of 32 characters, an offset of 16 digits, and what joins them. */
const MAX_ENTRY_BYTES = 327;

/** What the registry needs of the client. */
export interface RegistryPorts extends ChannelPorts {
  readonly releaseGraceMs: number;
  readonly nowMs: () => number;
  /** The socket questions go to; 0 while there is none. */
  readonly socketId: () => number;
  /** A fresh id for a frame. */
  readonly nextId: () => number;
  /** What the server accepts. */
  readonly limits: () => AnnouncedLimits;
  /** There is something to send: call {@link Registry.flush} soon. */
  readonly wantsFlush: () => void;
  readonly send: (socketId: number, frame: SubscribeFrame | UnsubscribeFrame) => void;
  /** Frames of the channel are not for it any more. */
  readonly unlink: (channel: Channel) => void;
  /** Frames under this alias of this socket are the channel's from now on. */
  readonly relink: (channel: Channel, socketId: number, alias: number) => void;
  /** The server answers nothing. */
  readonly dropConnection: () => void;
  readonly refused: (channel: Channel, error: TickwireError) => void;
  /** Wants {@link Registry.tick} to be called then. */
  readonly wakeAt: (atMs: number) => void;
}

type OwnEvent<E = SubscriptionEvent> = E extends SubscriptionEvent
  ? Omit<E, 'at' | 'requestId'> & { readonly requestId?: number }
  : never;

export interface Registry {
  readonly channels: ReadonlyMap<string, Channel>;
  /** Holds a channel until the returned function is called; `prepare` runs before anything is asked. */
  readonly retain: (id: string, prepare: (channel: Channel) => void) => Cancel;
  /** A connection can be asked from now on, or anew after fresh credentials: every channel is that has no better answer. */
  readonly attachAll: () => void;
  /** A connection is gone. */
  readonly detachAll: (socketId: number) => void;
  /** Whether every channel has its answer from a socket. */
  readonly isSettled: (socketId: number) => boolean;
  /** Answers to a `sub`. */
  readonly answered: (frame: SubscribedFrame, socketId: number) => void;
  /** A whole `sub` was refused. */
  readonly refusedAll: (id: number, socketId: number, err: WireError) => void;
  /** Subscriptions that the server ended by itself (P-SUB-12). */
  readonly ended: (frame: UnsubscribedFrame, socketId: number) => void;
  /** A data frame under a channel's alias. */
  readonly receive: (channel: Channel, frame: DataFrame) => void;
  /** Asks for what is missing, from the cursor. */
  readonly resync: (channel: Channel) => void;
  /** Drops the values nobody holds. */
  readonly clear: () => void;
  /** What time has brought: answers that did not come, channels nobody took up again. */
  readonly tick: (nowMs: number) => void;
  /** Sends what has come together since the last time. */
  readonly flush: () => void;
}

/** Makes an empty registry. */
export function createRegistry(ports: RegistryPorts): Registry {
  const { nowMs, nextId, send, wakeAt } = ports;
  const channels = new Map<string, Channel>();
  const transition = createSubscriptionTransition(ports.subscribeTimeoutMs);
  // What goes out at the next flush, to one socket.
  const asked = new Set<Channel>();
  const givenUp = new Set<string>();
  let batchId = nextId();
  let batchSocketId = 0;

  function dispatch(channel: Channel, event: OwnEvent): void {
    const before = channel.subscription;
    const [state, effect] = transition(before, {
      at: nowMs(),
      requestId: batchId,
      ...event,
    });
    channel.subscription = state;
    wakeAt(subscriptionDeadlineMs(state));
    if (!effect) return;
    if (effect.type === 'dropConnection') {
      ports.dropConnection();
      return;
    }
    const { socketId } = effect;
    // Only the socket in use is written to; what was asked of another one ends with it.
    if (socketId !== ports.socketId()) return;
    if (socketId !== batchSocketId) {
      batchSocketId = socketId;
      asked.clear();
      givenUp.clear();
    }
    if (effect.type === 'unsubscribe') {
      asked.delete(channel);
      givenUp.add(channel.id);
    } else {
      asked.add(channel);
    }
    const { batch = MAX_BATCH, in: maxBytes = MAX_BYTES } = ports.limits();
    // The next channel belongs to another frame, which has another id.
    if (asked.size + givenUp.size >= Math.min(MAX_BATCH, batch, maxBytes / MAX_ENTRY_BYTES - 1)) flush();
    ports.wantsFlush();
  }

  function flush(): void {
    // Given up first: a channel in both was dropped and taken up again.
    if (givenUp.size) send(batchSocketId, { t: 'unsub', id: nextId(), ch: [...givenUp] });
    if (asked.size) {
      send(batchSocketId, { t: 'sub', id: batchId, ch: [...asked].map((channel) => channel.entry()) });
      batchId = nextId();
    }
    givenUp.clear();
    asked.clear();
  }

  function want(channel: Channel): void {
    const socketId = ports.socketId();
    if (socketId) dispatch(channel, { type: 'wanted', socketId });
  }

  function drop(channel: Channel): void {
    dispatch(channel, { type: 'released' });
    ports.unlink(channel);
    channels.delete(channel.id);
  }

  function refuse(channel: Channel, socketId: number, err: WireError): void {
    const error = fromWireError(err);
    ports.unlink(channel);
    channel.link = null;
    dispatch(channel, { type: 'refused', socketId, error });
    // What may not be read any more is not kept either (P-SUB-11).
    if (error.temporary) channel.changed();
    else channel.forget();
    ports.refused(channel, error);
  }

  function resync(channel: Channel): void {
    channel.dueMs = Infinity;
    dispatch(channel, { type: 'resyncAsked' });
  }

  /** Something has come: what is still missing has its time anew (P-DATA-6). */
  function expect(channel: Channel): void {
    if (channel.atHead) {
      channel.dueMs = Infinity;
      channel.patienceMs = ports.subscribeTimeoutMs;
    } else wakeAt((channel.dueMs = nowMs() + channel.patienceMs));
  }

  return {
    channels,
    retain(id, prepare) {
      const known = channels.get(id);
      const channel = known ?? createChannel(id, ports);
      channels.set(id, channel);
      prepare(channel);
      channel.holders++;
      channel.releaseMs = Infinity;
      // The others have been asked for, or refused: to be held once more changes neither.
      if (!known) want(channel);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        if (!--channel.holders) wakeAt((channel.releaseMs = nowMs() + ports.releaseGraceMs));
      };
    },
    attachAll: () => channels.forEach(want),
    detachAll(socketId) {
      for (const channel of channels.values()) {
        dispatch(channel, { type: 'disconnected', socketId });
        if (channel.link?.socketId === socketId) channel.detach();
      }
    },
    isSettled(socketId) {
      return [...channels.values()].every((channel) => {
        const state: AnySubscription = channel.subscription;
        return state.socketId === socketId && state.status !== 'pending';
      });
    },
    answered({ id: requestId, r }, socketId) {
      for (const entry of r) {
        const channel = channels.get(entry.c);
        const state: AnySubscription | undefined = channel?.subscription;
        if (!channel || state?.socketId !== socketId || !awaits(state, requestId)) continue;
        if ('err' in entry) {
          refuse(channel, socketId, entry.err);
          continue;
        }
        ports.relink(channel, socketId, entry.n);
        dispatch(channel, { type: 'answered', socketId, requestId });
        if (channel.attach(entry, { socketId, alias: entry.n })) expect(channel);
        else resync(channel);
      }
    },
    refusedAll(id, socketId, err) {
      for (const channel of channels.values()) {
        const state: AnySubscription = channel.subscription;
        if (state.socketId === socketId && state.requestId === id) refuse(channel, socketId, err);
      }
    },
    ended({ id, ch, err = { c: 'unavailable' } }, socketId) {
      if (id !== undefined) return;
      for (const name of ch) {
        const channel = channels.get(name);
        if (channel?.link?.socketId === socketId) refuse(channel, socketId, err);
      }
    },
    receive(channel, frame) {
      if (!channel.receive(frame)) resync(channel);
      else if (channel.dueMs < Infinity) expect(channel);
    },
    resync,
    clear: () => channels.forEach((channel) => !channel.holders && drop(channel)),
    tick(now) {
      for (const channel of channels.values()) {
        if (channel.releaseMs <= now) drop(channel);
        else dispatch(channel, { type: 'deadlineReached' });
        if (channel.dueMs <= now) {
          channel.patienceMs *= 2;
          resync(channel);
        }
        wakeAt(Math.min(channel.releaseMs, channel.dueMs));
      }
    },
    flush,
  };
}
