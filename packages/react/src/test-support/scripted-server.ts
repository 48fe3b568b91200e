// A server that says what a test tells it to, behind the client's transport port. To extend: answer another frame in
// `receive`, add a verb below it. Not part of any door.
import type { OpenRequest, Socket, SocketEvents, Transport } from '@tickwire/client';
import type { ChannelKind, ClientFrame, ServerFrame, WireError } from '@tickwire/protocol';

interface Channel {
  readonly kind: ChannelKind;
  readonly alias: number;
  offset: number;
  /** Fields of the frame that brings a new subscriber up to date. */
  whole: Pick<Extract<ServerFrame, { t: 'f' }>, 'v' | 'k'>;
  refusal?: WireError;
}

export interface ScriptedServer {
  readonly transport: Transport;
  /** How many pipes were opened, and how many the client has closed. */
  readonly counts: { opened: number; closedByClient: number };
  /** Every frame that was received, in order. */
  readonly received: ClientFrame[];
  /** Ids of the channels that are subscribed now. */
  readonly subscribed: ReadonlySet<string>;
  /** Whether new pipes open; if not they fail. */
  isUp: boolean;
  /** Answers commands; a thrown error object goes on the wire. */
  onRequest: (name: string, input: unknown) => unknown;
  /** Sets a state and tells subscribers. */
  set(id: string, value: unknown): void;
  /** Sets records of a collection and tells subscribers. */
  upsert(id: string, records: Readonly<Record<string, unknown>>): void;
  /** Appends events to a stream. */
  append(id: string, ...events: readonly unknown[]): void;
  /** Says that the feed behind a channel stands or goes. */
  feed(id: string, status: 'live' | 'stale' | 'closed'): void;
  /** Refuses a channel from now on, and ends it where it is subscribed. */
  refuse(id: string, error: WireError): void;
  /** Breaks every pipe. */
  drop(): void;
}

const EPOCH = 'e1';

export function createScriptedServer(): ScriptedServer {
  const channels = new Map<string, Channel>();
  const pipes = new Set<SocketEvents>();
  const subscribed = new Set<string>();

  function channelOf(id: string, kind: ChannelKind = kindOf(id)): Channel {
    let channel = channels.get(id);
    if (channel === undefined) {
      channel = { kind, alias: channels.size + 1, offset: 0, whole: {} };
      channels.set(id, channel);
    }
    return channel;
  }

  function send(frame: ServerFrame): void {
    for (const pipe of pipes) pipe.onMessage(JSON.stringify(frame));
  }

  function publish(id: string, change: (channel: Channel) => ServerFrame): void {
    const channel = channelOf(id);
    const frame = change(channel);
    if (subscribed.has(id)) send(frame);
  }

  function receive(frame: ClientFrame): void {
    server.received.push(frame);
    switch (frame.t) {
      case 'hello':
        send({
          t: 'welcome',
          sid: 's',
          node: 'n',
          now: 0,
          caps: [],
          ping: { every: 1_000_000, grace: 1_000_000 },
          lim: {},
        });
        break;
      case 'sub':
        send({
          t: 'subd',
          id: frame.id,
          r: frame.ch.map(({ c }) => {
            const { alias: n, kind, offset: o, refusal } = channelOf(c);
            if (refusal !== undefined) return { c, err: refusal };
            subscribed.add(c);
            return { c, n, kind, e: EPOCH, o, m: kind === 'stream' ? 'tail' : 'full' };
          }),
        });
        for (const { c } of frame.ch) {
          const { kind, alias: n, offset: o, whole, refusal } = channelOf(c);
          if (kind !== 'stream' && refusal === undefined) send({ t: 'f', n, o, ...whole });
        }
        break;
      case 'unsub':
        for (const id of frame.ch) subscribed.delete(id);
        send({ t: 'unsubd', id: frame.id, ch: frame.ch });
        break;
      case 'req':
        try {
          send({ t: 'res', id: frame.id, v: server.onRequest(frame.m, frame.v) });
        } catch (error) {
          send({ t: 'res', id: frame.id, err: error as WireError });
        }
        break;
      case 'ping':
        send({ t: 'pong', k: frame.k });
        break;
      default:
        break;
    }
  }

  function open(_request: OpenRequest, events: SocketEvents): Socket {
    server.counts.opened += 1;
    let isOpen = false;
    queueMicrotask(() => {
      if (!server.isUp) {
        events.onClose(1006, '');
        return;
      }
      isOpen = true;
      pipes.add(events);
      events.onOpen();
    });
    return {
      send(text) {
        if (!isOpen) return;
        for (const line of text.split('\n')) {
          const frame = JSON.parse(line) as ClientFrame;
          queueMicrotask(() => {
            if (pipes.has(events)) receive(frame);
          });
        }
      },
      close() {
        server.counts.closedByClient += 1;
        pipes.delete(events);
        subscribed.clear();
      },
    };
  }

  const server: ScriptedServer = {
    transport: { open },
    counts: { opened: 0, closedByClient: 0 },
    received: [],
    subscribed,
    isUp: true,
    onRequest: () => null,
    set(id, value) {
      publish(id, (channel) => {
        channel.whole = { v: value };
        return { t: 'f', n: channel.alias, o: ++channel.offset, v: value };
      });
    },
    upsert(id, records) {
      publish(id, (channel) => {
        channel.whole = { k: { ...channel.whole.k, ...records } };
        return { t: 'd', n: channel.alias, o: ++channel.offset, u: records };
      });
    },
    append(id, ...events) {
      publish(id, (channel) => {
        channel.offset += events.length;
        return { t: 'e', n: channel.alias, o: channel.offset, vs: events };
      });
    },
    feed(id, status) {
      publish(id, (channel) => ({ t: 'stat', n: channel.alias, s: status, since: 0 }));
    },
    refuse(id, error) {
      channelOf(id).refusal = error;
      if (subscribed.delete(id)) send({ t: 'unsubd', ch: [id], err: error });
    },
    drop() {
      const broken = [...pipes];
      pipes.clear();
      subscribed.clear();
      for (const pipe of broken) pipe.onClose(1006, '');
    },
  };
  return server;
}

/** As in the contract of the tests. */
function kindOf(id: string): ChannelKind {
  if (id.startsWith('positions/')) return 'collection';
  return id.startsWith('trades/') || id === 'alerts' ? 'stream' : 'state';
}
