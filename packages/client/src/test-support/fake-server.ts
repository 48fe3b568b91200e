// Fake server: channels with real heads, cursors and deltas behind the client's transport port, and verbs for everything
// that can go wrong. Pipes deliver at once. Not part of any door.
import {
  buildCollectionDelta,
  buildStateDelta,
  decideRecovery,
  TouchedKeys,
  touchFields,
  type ChannelKind,
  type ClientFrame,
  type ServerFrame,
  type SubscribeEntry,
  type SubscribedEntry,
  type Touched,
  type WireError,
} from '@tickwire/protocol';
import type { OpenRequest, SocketEvents, Transport } from '../ports/transport.js';

interface Change {
  readonly offset: number;
  readonly touched: unknown;
}

/** A channel of the server: its head and everything that ever changed. */
export class FakeChannel {
  offset = 0;
  floor = 0;
  value: unknown = undefined;
  readonly records = new Map<string, unknown>();
  readonly changes: Change[] = [];

  constructor(
    readonly id: string,
    readonly alias: number,
    readonly kind: ChannelKind,
    public epoch: string,
  ) {}
}

/** One pipe, as the server sees it. */
export class FakePipe {
  readonly received: ClientFrame[] = [];
  readonly messages: string[] = [];
  readonly subscribed = new Set<string>();
  isOpen = false;
  closedByClient: { code: number; reason: string } | null = null;
  over = false;

  constructor(
    readonly request: OpenRequest,
    readonly events: SocketEvents,
  ) {}

  open(): void {
    if (this.over) return;
    this.isOpen = true;
    this.events.onOpen();
  }

  send(...frames: readonly object[]): void {
    if (!this.over) this.events.onMessage(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  sendText(text: unknown): void {
    if (!this.over) this.events.onMessage(text);
  }

  close(code: number, reason = ''): void {
    if (this.over) return;
    this.over = true;
    this.events.onClose(code, reason);
  }

  of<T extends ClientFrame['t']>(type: T): Extract<ClientFrame, { t: T }>[] {
    return this.received.filter((frame): frame is Extract<ClientFrame, { t: T }> => frame.t === type);
  }
}

export class FakeServer {
  readonly pipes: FakePipe[] = [];
  readonly channels = new Map<string, FakeChannel>();
  readonly refusals = new Map<string, WireError>();
  /** `false`: new pipes stay shut until a test opens them. */
  opens = true;
  /** How far behind the cursor the answer to a stream begins; readers must not tell those events again. */
  overlap = 0;
  /** `false`: nothing is answered. */
  answers = true;
  /** Whole values are lost on their way. */
  losesValues = false;
  welcome: Partial<Extract<ServerFrame, { t: 'welcome' }>> = {};
  onHello: ((pipe: FakePipe) => void) | null = null;
  onRequest: (frame: Extract<ClientFrame, { t: 'req' }>, pipe: FakePipe) => void = () => undefined;

  readonly transport: Transport = {
    open: (request, events) => {
      const pipe = new FakePipe(request, events);
      this.pipes.push(pipe);
      if (this.opens) void Promise.resolve().then(() => pipe.open());
      return {
        send: (text) => {
          if (pipe.over || !pipe.isOpen) return;
          pipe.messages.push(text);
          for (const line of text.split('\n')) this.#receive(pipe, JSON.parse(line) as ClientFrame);
        },
        close: (code, reason) => {
          if (pipe.over) return;
          pipe.over = true;
          pipe.closedByClient = { code, reason };
        },
      };
    },
  };

  get pipe(): FakePipe {
    const pipe = this.pipes.at(-1);
    if (pipe === undefined) throw new Error('nothing was opened');
    return pipe;
  }

  get live(): FakePipe[] {
    return this.pipes.filter((pipe) => !pipe.over);
  }

  channel(id: string, kind: ChannelKind): FakeChannel {
    let channel = this.channels.get(id);
    if (channel === undefined) {
      channel = new FakeChannel(id, this.channels.size + 1, kind, 'e1');
      this.channels.set(id, channel);
    }
    return channel;
  }

  set(id: string, value: unknown, { silent = false, whole = false } = {}): void {
    const channel = this.channel(id, 'state');
    const touched = touchFields(undefined, channel.value, value);
    channel.value = value;
    channel.offset++;
    const delta = whole || touched === 'whole' ? null : buildStateDelta(touched, value);
    if (!silent) {
      const n = channel.alias;
      this.#publish(
        id,
        delta === null
          ? { t: 'f', n, o: channel.offset, v: value }
          : { t: 'd', n, o: channel.offset, ...delta },
      );
    }
  }

  update(
    id: string,
    upsert: Readonly<Record<string, unknown>>,
    remove: readonly string[] = [],
    { silent = false } = {},
  ): void {
    const channel = this.channel(id, 'collection');
    const touched = new TouchedKeys();
    for (const [key, record] of Object.entries(upsert)) {
      touched.touch(key, channel.records.get(key), record);
      channel.records.set(key, record);
    }
    for (const key of remove) {
      touched.touch(key, channel.records.get(key), undefined);
      channel.records.delete(key);
    }
    channel.offset++;
    channel.changes.push({ offset: channel.offset, touched });
    const delta = buildCollectionDelta(touched.entries(), (key) => channel.records.get(key), { patch: true });
    if (!silent) this.#publish(id, { t: 'd', n: channel.alias, o: channel.offset, ...delta });
  }

  append(id: string, event: unknown, { silent = false } = {}): void {
    const channel = this.channel(id, 'stream');
    channel.offset++;
    channel.changes.push({ offset: channel.offset, touched: event });
    if (!silent) this.#publish(id, { t: 'e', n: channel.alias, o: channel.offset, v: event });
  }

  /** Another history: offsets begin anew. */
  fence(id: string, epoch: string, offset = 0): void {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Error(`no channel ${id}`);
    channel.epoch = epoch;
    channel.offset = offset;
    channel.changes.length = 0;
    channel.floor = offset;
  }

  toAll(id: string, frame: object): void {
    this.#publish(id, { n: this.channels.get(id)?.alias, ...frame });
  }

  answer(pipe: FakePipe, id: number, entries: readonly SubscribeEntry[]): void {
    for (const entry of entries) {
      const refusal = this.refusals.get(entry.c);
      if (refusal !== undefined) {
        pipe.send({ t: 'subd', id, r: [{ c: entry.c, err: refusal }] });
        continue;
      }
      const channel = this.channel(entry.c, kindOf(entry.c));
      const since = entry.e === undefined ? null : { epoch: entry.e, offset: entry.o ?? 0 };
      const { mode, why, lost } = decideRecovery(channel.kind, channel, since);
      pipe.subscribed.add(entry.c);
      const { alias: n, epoch: e, offset: o } = channel;
      const ack: SubscribedEntry = { c: entry.c, n, kind: channel.kind, e, o, m: mode };
      if (mode === 'tail') {
        const kept = channel.changes.slice(
          entry.last === undefined
            ? 0
            : channel.changes.length - Math.min(entry.last, channel.changes.length),
        );
        const b = (kept[0]?.offset ?? o + 1) - 1;
        pipe.send({ t: 'subd', id, r: [{ ...ack, ...(kept.length === 0 ? {} : { b }) }] });
        if (kept.length > 0)
          pipe.send({
            t: 'e',
            n,
            o,
            b,
            vs: kept.map(({ touched }) => touched),
            os: kept.map(({ offset }) => offset),
          });
        continue;
      }
      pipe.send({ t: 'subd', id, r: [ack] });
      if (mode === 'full') {
        if (this.losesValues) continue;
        pipe.send({
          t: 'f',
          n,
          o,
          ...(channel.kind === 'state'
            ? { v: channel.value }
            : channel.offset === 0
              ? {}
              : { k: Object.fromEntries(channel.records) }),
        });
      } else if (mode === 'reset' || (mode === 'range' && channel.kind === 'stream')) {
        const from =
          mode === 'range' ? Math.max((since?.offset ?? 0) - this.overlap, channel.floor) : channel.floor;
        if (mode === 'reset')
          pipe.send({ t: 'rst', n, e, o: from, why, ...(lost === undefined ? {} : { lost }) });
        const missed = channel.changes.filter(({ offset }) => offset > from);
        if (missed.length > 0)
          pipe.send({
            t: 'e',
            n,
            o,
            b: from,
            vs: missed.map(({ touched }) => touched),
            os: missed.map(({ offset }) => offset),
          });
      } else if (mode === 'range') {
        const touched = new Map<string, Touched>();
        for (const change of channel.changes) {
          if (change.offset <= (since?.offset ?? 0)) continue;
          for (const [key] of (change.touched as TouchedKeys).entries()) touched.set(key, 'whole');
        }
        pipe.send({
          t: 'd',
          n,
          b: since?.offset ?? 0,
          o,
          ...buildCollectionDelta(touched, (key) => channel.records.get(key), { patch: true }),
        });
      }
    }
  }

  #publish(id: string, frame: object): void {
    for (const pipe of this.live) if (pipe.subscribed.has(id)) pipe.send(frame);
  }

  #receive(pipe: FakePipe, frame: ClientFrame): void {
    pipe.received.push(frame);
    if (!this.answers) return;
    switch (frame.t) {
      case 'hello':
        if (this.onHello !== null) {
          this.onHello(pipe);
          return;
        }
        {
          this.greet(pipe);
          return;
        }
      case 'sub': {
        this.answer(pipe, frame.id, frame.ch);
        return;
      }
      case 'unsub':
        for (const id of frame.ch) pipe.subscribed.delete(id);
        {
          pipe.send({ t: 'unsubd', id: frame.id, ch: frame.ch });
          return;
        }
      case 'ping': {
        pipe.send({ t: 'pong', k: frame.k });
        return;
      }
      case 'req': {
        this.onRequest(frame, pipe);
        return;
      }
      default:
        return;
    }
  }

  greet(pipe: FakePipe): void {
    pipe.send({
      t: 'welcome',
      sid: 's',
      node: 'n',
      now: 1_700_000_000_000,
      caps: ['delta'],
      ping: { every: 25_000, grace: 10_000 },
      lim: { in: 65_536 },
      ...this.welcome,
    });
  }
}

/** The kind of a channel is in its name: `book/x` is a collection, `trades/x` a stream, anything else a state. */
export function kindOf(id: string): ChannelKind {
  return id.startsWith('book') ? 'collection' : id.startsWith('trades') ? 'stream' : 'state';
}
