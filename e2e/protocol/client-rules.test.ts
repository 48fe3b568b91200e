// The client's rules, seen from the wire: a scripted server says what a test writes, and looks at what comes back.
import { createClient, type SocketEvents, type Transport } from '@tickwire/client';
import { clientFrameSchema } from '@tickwire/protocol/schema';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { contract } from './scripted-peer.js';

type Frame = Readonly<Record<string, unknown>> & { readonly t: string };

/** One connection as the server has it. */
class ScriptedConnection {
  readonly received: Frame[] = [];
  isClosed = false;
  readonly #events: SocketEvents;
  constructor(events: SocketEvents) {
    this.#events = events;
  }
  hear(text: string): void {
    for (const line of text.split('\n')) this.received.push(clientFrameSchema.parse(JSON.parse(line)));
  }
  open(): void {
    this.#events.onOpen();
  }
  say(...frames: readonly object[]): void {
    for (const frame of frames) this.#events.onMessage(JSON.stringify(frame));
  }
  cut(): void {
    this.isClosed = true;
    this.#events.onClose(1006, '');
  }
  /** The latest frame of a type. */
  last(type: string): Frame {
    const found = this.received.findLast(({ t }) => t === type);
    if (found === undefined) throw new Error(`no ${type} among ${JSON.stringify(this.received)}`);
    return found;
  }
}

const WELCOME = {
  t: 'welcome',
  sid: 's',
  node: 'n',
  now: 1_750_000_000_000,
  caps: ['delta'],
  ping: { every: 25_000, grace: 10_000 },
  lim: { in: 65_536 },
};

let close = (): void => undefined;
afterEach(() => close());

/** A client and the connections it makes. */
function setStage() {
  const clock = new VirtualClock();
  const connections: ScriptedConnection[] = [];
  const transport: Transport = {
    open: (_request, events) => {
      const connection = new ScriptedConnection(events);
      connections.push(connection);
      return { send: (text) => connection.hear(text), close: () => (connection.isClosed = true) };
    },
  };
  const client = createClient<typeof contract>({
    url: 'ws://server.invalid/tickwire',
    transport,
    clock,
    random: new SeededRandom(1),
    scheduler: 'sync',
    logger: () => undefined,
  });
  close = () => client.close();
  return {
    clock,
    client,
    connections,
    /** Lets the newest connection open and be welcomed. */
    async welcome(): Promise<ScriptedConnection> {
      await clock.advance(1_000);
      const connection = connections.at(-1);
      if (connection === undefined) throw new Error('the client has not connected');
      connection.open();
      await clock.advance(0);
      connection.say(WELCOME);
      await clock.advance(0);
      return connection;
    },
  };
}

const entryOf = (sub: Frame, entry: object) => ({ t: 'subd', id: sub['id'], r: [entry] });

describe('cursors', () => {
  test('P-POS-3, P-MODEL-1 the cursor survives the connection and is what the next sub carries', async () => {
    const { client, clock, welcome } = setStage();
    const stop = client.channel('book').subscribe(() => undefined);
    const first = await welcome();
    expect(first.last('sub')['ch']).toEqual([{ c: 'book' }]);
    first.say(
      entryOf(first.last('sub'), { c: 'book', n: 1, kind: 'collection', e: 'E', o: 4, m: 'full' }),
      { t: 'f', n: 1, o: 4, k: { a: { id: 'a', size: 1 } } },
      { t: 'd', n: 1, o: 5, p: { a: { size: 2 } } },
    );
    await clock.advance(0);
    first.cut();
    const second = await welcome();
    expect(second.last('sub')['ch']).toEqual([{ c: 'book', e: 'E', o: 5 }]);
    expect(client.channel('book').getSnapshot()).toMatchObject({
      status: 'stale',
      position: { epoch: 'E', offset: 5 },
    });
    second.say(entryOf(second.last('sub'), { c: 'book', n: 9, kind: 'collection', e: 'E', o: 5, m: 'same' }));
    await clock.advance(0);
    expect(client.channel('book').getSnapshot()).toMatchObject({ status: 'live' });
    stop();
  });

  test('P-SUB-7, P-DATA-1 from the entry on, the same channel on the old connection is not heard any more', async () => {
    const { client, clock, connections, welcome } = setStage();
    const told: unknown[] = [];
    const trades = client.channel('trades');
    const stops = [trades.retain(), trades.onEvent(({ id }) => told.push(id))];
    const first = await welcome();
    first.say(entryOf(first.last('sub'), { c: 'trades', n: 1, kind: 'stream', e: 'E', o: 0, m: 'tail' }), {
      t: 'e',
      n: 1,
      o: 1,
      v: { id: 1 },
    });
    first.say({ t: 'goaway', in: 10_000, c: 'drain' });
    await clock.advance(5_000);
    expect(connections).toHaveLength(2);
    expect(first.isClosed).toBe(false);
    const second = await welcome();
    // Until the entry arrives the old connection still serves.
    first.say({ t: 'e', n: 1, o: 2, v: { id: 2 } });
    second.say(entryOf(second.last('sub'), { c: 'trades', n: 1, kind: 'stream', e: 'E', o: 3, m: 'range' }), {
      t: 'e',
      n: 1,
      o: 3,
      b: 1,
      vs: [{ id: 2 }, { id: 3 }],
    });
    first.say({ t: 'e', n: 1, o: 4, v: { id: 4 } });
    second.say({ t: 'e', n: 1, o: 4, v: { id: 4 } });
    await clock.advance(0);
    expect(told).toEqual([1, 2, 3, 4]);
    expect(first.isClosed).toBe(true);
    for (const stop of stops) stop();
  });

  test('P-APP-2, P-DATA-5 no event twice, whatever is sent again; a loss is told before what follows it', async () => {
    const { client, clock, welcome } = setStage();
    const told: unknown[] = [];
    const trades = client.channel('trades');
    const stops = [
      trades.retain(),
      trades.onEvent(({ id }) => told.push(id)),
      trades.on('gap', ({ why, lost }) => told.push({ why, lost })),
    ];
    const server = await welcome();
    const event = (o: number) => ({ t: 'e', n: 1, o, v: { id: o } });
    server.say(entryOf(server.last('sub'), { c: 'trades', n: 1, kind: 'stream', e: 'E', o: 0, m: 'tail' }));
    server.say(
      event(1),
      event(1),
      event(2),
      { t: 'e', n: 1, o: 3, vs: [{ id: 1 }, { id: 2 }, { id: 3 }] },
      event(2),
    );
    server.say({ t: 'rst', n: 1, e: 'E', o: 7, why: 'trimmed', lost: [3, 7] }, event(8));
    await clock.advance(0);
    expect(told).toEqual([1, 2, 3, { why: 'trimmed', lost: { from: 3, to: 7 } }, 8]);
    for (const stop of stops) stop();
  });

  test('P-DATA-6 a hole keeps the value, marks it stale, and asks from the cursor, at most once a second', async () => {
    const { client, clock, welcome } = setStage();
    const stop = client.channel('price/{symbol}', { symbol: 'A' }).subscribe(() => undefined);
    const server = await welcome();
    server.say(entryOf(server.last('sub'), { c: 'price/A', n: 1, kind: 'state', e: 'E', o: 1, m: 'full' }), {
      t: 'f',
      n: 1,
      o: 1,
      v: { bid: 1, at: 1 },
    });
    const subs = () => server.received.filter(({ t }) => t === 'sub').length;
    const before = subs();
    server.say({ t: 'd', n: 1, o: 5, s: { bid: 5 } }, { t: 'd', n: 1, o: 6, s: { bid: 6 } });
    await clock.advance(0);
    expect(client.channel('price/{symbol}', { symbol: 'A' }).getSnapshot()).toMatchObject({
      status: 'stale',
      reason: 'resyncing',
      data: { bid: 1 },
    });
    await clock.advance(1_500);
    expect(subs()).toBe(before + 1);
    expect(server.last('sub')['ch']).toEqual([{ c: 'price/A', e: 'E', o: 1 }]);
    stop();
  });
});

describe('what an application sees', () => {
  test('P-SUB-13 a passing refusal is asked again after its time, a lasting one on the next connection only', async () => {
    const { client, clock, welcome } = setStage();
    const stops = [
      client.channel('book').subscribe(() => undefined),
      client.channel('trades').subscribe(() => undefined),
    ];
    const server = await welcome();
    const ids = server.received.filter(({ t }) => t === 'sub');
    const idOf = (c: string) =>
      ids.find(({ ch }) => (ch as { c: string }[]).some((entry) => entry.c === c))?.['id'];
    server.say({
      t: 'subd',
      id: idOf('book'),
      r: [{ c: 'book', err: { c: 'unavailable', x: 'no', ra: 3_000 } }],
    });
    server.say({ t: 'subd', id: idOf('trades'), r: [{ c: 'trades', err: { c: 'forbidden', x: 'no' } }] });
    await clock.advance(20_000);
    const again = server.received.filter(({ t }) => t === 'sub').slice(ids.length);
    expect(again.map(({ ch }) => (ch as { c: string }[])[0]?.c)).toContain('book');
    expect(again.map(({ ch }) => (ch as { c: string }[])[0]?.c)).not.toContain('trades');
    for (const stop of stops) stop();
  });

  test('P-LIVE-6 the latency of an event is the client’s clock, corrected, less the field that the entry names', async () => {
    const { client, clock, welcome } = setStage();
    const latencies: (number | undefined)[] = [];
    const trades = client.channel('trades');
    const stops = [trades.retain(), trades.onEvent((_event, { latencyMs }) => latencies.push(latencyMs))];
    const server = await welcome();
    server.say({ t: 'ping', k: 1, rtt: 0, now: clock.wallMs() });
    server.say(
      entryOf(server.last('sub'), { c: 'trades', n: 1, kind: 'stream', e: 'E', o: 0, m: 'tail', tf: 'id' }),
    );
    server.say({ t: 'e', n: 1, o: 1, v: { id: clock.wallMs() - 40 } });
    await clock.advance(0);
    expect(latencies[0]).toBeGreaterThan(30);
    expect(latencies[0]).toBeLessThan(50);
    for (const stop of stops) stop();
  });

  test('P-MODEL-2, P-CMD-2 a command has one outcome: its answer, or maybe once it was sent and the connection broke', async () => {
    const { client, clock, welcome } = setStage();
    client.connect();
    const server = await welcome();
    const first = client.command('echo', { say: 'hi' });
    const second = client.command('echo', { say: 'ho' }).catch((error: unknown) => error);
    await clock.advance(0);
    const [a] = server.received.filter(({ t }) => t === 'req');
    server.say(
      { t: 'res', id: a?.['id'], v: { said: 'hi' } },
      { t: 'res', id: a?.['id'], v: { said: 'twice' } },
    );
    await expect(first).resolves.toEqual({ said: 'hi' });
    server.cut();
    await clock.advance(0);
    await expect(second).resolves.toMatchObject({ name: 'TickwireError', executed: 'maybe' });
  });

  test('P-MODEL-3, P-MODEL-4 values are what JSON says, decimals stay text, and channels do not wait for each other', async () => {
    const { client, clock, welcome } = setStage();
    const note = client.channel('note/{name}', { name: 'x' });
    const stops = [note.subscribe(() => undefined), client.channel('book').subscribe(() => undefined)];
    const server = await welcome();
    const sub = server.received.find(({ ch }) =>
      (ch as { c: string }[] | undefined)?.some(({ c }) => c === 'note/x'),
    );
    server.say(
      { t: 'subd', id: sub?.['id'], r: [{ c: 'note/x', n: 1, kind: 'state', e: 'E', o: 1, m: 'full' }] },
      { t: 'f', n: 1, o: 1, v: '0.10000000000000000001' },
    );
    await clock.advance(0);
    expect(note.getSnapshot()).toMatchObject({ status: 'live', data: '0.10000000000000000001' });
    expect(client.channel('book').getSnapshot().status).toBe('pending');
    for (const stop of stops) stop();
  });
});
