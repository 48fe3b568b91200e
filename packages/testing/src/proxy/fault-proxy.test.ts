import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SeededRandom } from '../random/seeded-random.js';
import { createFaultProxy } from './fault-proxy.js';
import type { FaultRule } from './fault-rule.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** What one end of a connection was told, and a way to wait for more of it. */
class Log {
  readonly lines: string[] = [];
  #wake: () => void = () => undefined;

  add(line: string): void {
    this.lines.push(line);
    this.#wake();
  }

  async until(holds: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
    while (!holds(this.lines)) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.lines;
  }

  untilHas(line: string): Promise<readonly string[]> {
    return this.until((lines) => lines.includes(line));
  }

  untilClosed(): Promise<readonly string[]> {
    return this.until((lines) => lines.some((line) => line.startsWith('closed')));
  }
}

interface End {
  readonly socket: WebSocket;
  readonly log: Log;
}

function watch(socket: WebSocket): End {
  const log = new Log();
  socket.on('message', (data) => log.add((data as Buffer).toString()));
  socket.on('ping', () => log.add('(ping)'));
  socket.on('error', () => undefined);
  socket.on('close', (code, reason) => log.add(`closed ${code} ${reason.toString()}`.trim()));
  return { socket, log };
}

/** A WebSocket server behind a proxy, with a way to connect through it. */
async function stage(rules: readonly FaultRule[] = []) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/tickwire' });
  await once(server, 'listening');
  const target = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/tickwire`;
  const proxy = await createFaultProxy({ target, rules, random: new SeededRandom(1) });
  cleanups.push(() => {
    for (const each of server.clients) each.terminate();
    server.close();
    return proxy.close();
  });
  const ends: End[] = [];
  server.on('connection', (socket) => ends.push(watch(socket)));
  const connect = async (): Promise<{ readonly client: End; readonly server: End }> => {
    const client = watch(new WebSocket(proxy.url));
    cleanups.push(() => client.socket.terminate());
    await once(client.socket, 'open');
    return { client, server: ends.at(-1)! };
  };
  return { server, target, proxy, connect };
}

const delta = (n: number, o: number) => JSON.stringify({ t: 'd', n, o });
const D1 = delta(1, 1);
const D2 = delta(1, 2);
const D3 = delta(1, 3);
const END = '"end"';

function say(end: End, ...messages: readonly string[]): void {
  for (const message of messages) end.socket.send(message);
}

describe('a fault proxy without rules', () => {
  it('passes messages, pings and closes both ways, as they are', async () => {
    const { proxy, connect, target } = await stage();
    expect(proxy.url).toBe(target.replace(/:\d+/, `:${proxy.port}`));
    const { client, server } = await connect();
    say(client, D1, 'm'.repeat(200_000));
    say(server, D2, 'ü');
    server.socket.ping();
    await client.log.untilHas('(ping)');
    await server.log.until((lines) => lines.length === 2);
    client.socket.close(4001, 'done');
    expect(await server.log.untilClosed()).toEqual([D1, 'm'.repeat(200_000), 'closed 4001 done']);
    expect(await client.log.untilClosed()).toEqual([D2, 'ü', '(ping)', 'closed 4001 done']);
    expect(proxy.stats.messages).toEqual({ toServer: 2, toClient: 2 });
  });

  it('passes a reset on, and is a reset where no server is', async () => {
    const { proxy, connect, server } = await stage();
    const { client, server: end } = await connect();
    end.socket.terminate();
    expect(await client.log.untilClosed()).toEqual(['closed 1006']);
    server.close();
    const refused = watch(new WebSocket(proxy.url));
    expect(await refused.log.untilClosed()).toEqual(['closed 1006']);
  });

  it('makes a sender wait for a receiver that does not read', async () => {
    const { connect } = await stage();
    const { client, server } = await connect();
    client.socket.pause();
    const big = 'x'.repeat(1 << 20);
    for (let sent = 0; sent < 32; sent++) server.socket.send(big);
    // What the kernels and the proxy take is bounded, so most of it stays where it is.
    expect(server.socket.bufferedAmount).toBeGreaterThan(8 << 20);
    client.socket.resume();
    await client.log.until((lines) => lines.length === 32);
    expect(server.socket.bufferedAmount).toBe(0);
  });

  it('cuts all connections, takes new ones, and ends', async () => {
    const { proxy, connect } = await stage();
    const [first, second] = [await connect(), await connect()];
    expect(proxy.cutAll()).toBe(2);
    for (const { client, server } of [first, second]) {
      expect(await client.log.untilClosed()).toEqual(['closed 1006']);
      expect(await server.log.untilClosed()).toEqual(['closed 1006']);
    }
    const third = await connect();
    expect(proxy.stats).toMatchObject({ connections: 3, open: 1 });
    await Promise.all([proxy.close(), proxy.close()]);
    expect(proxy.stats).toMatchObject({ connections: 3, open: 0 });
    expect(await third.client.log.untilClosed()).toEqual(['closed 1006']);
  });

  it('has nothing open when it has ended, also where nobody took the connection', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(() => silent.close());
    for (let round = 0; round < 5; round++) {
      const proxy = await createFaultProxy({
        target: `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      });
      const clients = Array.from({ length: 5 }, () => connectSocket(proxy.port, '127.0.0.1'));
      for (const client of clients) client.on('error', () => undefined);
      await Promise.all(clients.map((client) => once(client, 'connect')));
      while (proxy.stats.connections < clients.length) await new Promise((resolve) => setTimeout(resolve, 1));
      await proxy.close();
      expect(proxy.stats.open).toBe(0);
    }
  });
});

describe('a rule of a fault proxy', () => {
  /** Sends D1, D2, D3 to the client under a rule that fits D2. */
  async function struck(then: FaultRule['then']) {
    const rule: FaultRule = {
      match: { frame: 'd', direction: 'toClient', where: ({ frames }) => frames[0]?.json['o'] === 2 },
      then,
    };
    const world = await stage([rule]);
    const ends = await world.connect();
    say(ends.server, D1, D2, D3, END);
    return { ...world, ...ends };
  }

  it('drops a message', async () => {
    const { client, proxy } = await struck({ do: 'drop' });
    expect(await client.log.untilHas(END)).toEqual([D1, D3, END]);
    expect(proxy.stats.faults).toMatchObject({ drop: 1, reset: 0 });
  });

  it('duplicates a message', async () => {
    const { client } = await struck({ do: 'duplicate' });
    expect(await client.log.untilHas(END)).toEqual([D1, D2, D2, D3, END]);
  });

  it('duplicates a message later, behind what has passed meanwhile', async () => {
    const { client } = await struck({ do: 'duplicate', copyDelayMs: 30 });
    expect(await client.log.until((lines) => lines.length === 5)).toEqual([D1, D2, D3, END, D2]);
  });

  it.each([{ do: 'delay', delayMs: 30 } as const, { do: 'stall', durationMs: 30 } as const])(
    'holds a message and what is behind it, in order, while the other direction goes on: $do',
    async (then) => {
      const begunMs = performance.now();
      const { client, server } = await struck(then);
      await client.log.untilHas(D1);
      say(client, D1);
      await server.log.untilHas(D1);
      expect(await client.log.untilHas(END)).toEqual([D1, D2, D3, END]);
      expect(performance.now() - begunMs).toBeGreaterThanOrEqual(29);
    },
  );

  it('truncates: the first bytes arrive, then the end, and nothing between', async () => {
    const received: Buffer[] = [];
    const raw = createServer((socket: Socket) => {
      socket.on('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02{}\x81\x02{}', 'latin1'),
      );
      socket.on('error', () => undefined);
    });
    raw.listen(0, '127.0.0.1');
    await once(raw, 'listening');
    cleanups.push(() => raw.close());
    const proxy = await createFaultProxy({
      target: `ws://127.0.0.1:${(raw.address() as AddressInfo).port}`,
      rules: [{ match: { nth: 2 }, then: { do: 'truncate', afterBytes: 3 } }],
    });
    cleanups.push(() => proxy.close());
    const client = connectSocket(proxy.port, '127.0.0.1');
    client.on('data', (chunk: Buffer) => received.push(chunk));
    client.write('GET / HTTP/1.1\r\n\r\n');
    // Where bytes and reset arrive together, Node tells of an end; where they do not, of an error.
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('close', resolve));
    expect(Buffer.concat(received).toString('latin1').split('\r\n\r\n')[1]).toBe('\x81\x02{}\x81\x02{');
  });

  it('closes both ends with a code', async () => {
    const { client, server } = await struck({ do: 'closeWithCode', code: 4400, reason: 'drain' });
    expect((await client.log.untilClosed()).at(-1)).toBe('closed 4400 drain');
    expect(await server.log.untilClosed()).toEqual(['closed 4400 drain']);
  });

  it('resets both ends', async () => {
    const { client, server } = await struck({ do: 'reset' });
    expect((await client.log.untilClosed()).at(-1)).toBe('closed 1006');
    expect(await server.log.untilClosed()).toEqual(['closed 1006']);
  });

  it('swallows a connection for good, its end included, and leaves others alone', async () => {
    const { client, server, connect, proxy } = await struck({ do: 'blackhole' });
    const other = await connect();
    server.socket.terminate();
    await server.log.untilClosed();
    say(client, D1);
    say(other.server, D1, END);
    expect(await other.client.log.untilHas(END)).toEqual([D1, END]);
    expect(client.log.lines).toEqual([D1]);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    expect(proxy.stats.faults.blackhole).toBe(1);
  });

  it('throttles what follows', async () => {
    const { server, client } = await struck({ do: 'throttle', bytesPerSecond: 20_000 });
    const begunMs = performance.now();
    say(server, 'x'.repeat(2_000), '"last"');
    await client.log.untilHas('"last"');
    expect(performance.now() - begunMs).toBeGreaterThanOrEqual(80);
  });

  it('knows channels by the aliases a server gave, on each connection its own', async () => {
    const { connect } = await stage([{ match: { channel: 'book/A', frame: 'd' }, then: { do: 'drop' } }]);
    for (const [a, b] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const { client, server } = await connect();
      const entry = JSON.stringify({
        t: 'subd',
        id: 1,
        r: [
          { c: 'book/A', n: a },
          { c: 'book/B', n: b },
        ],
      });
      say(server, entry, delta(a, 1), delta(b, 1), END);
      expect(await client.log.untilHas(END)).toEqual([entry, delta(b, 1), END]);
    }
  });

  it('may be about the upgrade: connections that are refused', async () => {
    const { proxy, connect } = await stage([{ match: { kind: 'upgrade' }, then: { do: 'reset' } }]);
    const refused = watch(new WebSocket(proxy.url));
    expect(await refused.log.untilClosed()).toEqual(['closed 1006']);
    proxy.setRules([]);
    const { client, server } = await connect();
    say(server, END);
    expect(await client.log.untilHas(END)).toEqual([END]);
  });

  it('may be set anew, and begins to count anew', async () => {
    const { proxy, connect } = await stage([{ match: { nth: 2 }, then: { do: 'drop' } }]);
    const { client, server } = await connect();
    say(server, D1, D2, D3);
    await client.log.untilHas(D3);
    proxy.setRules([{ match: { nth: 1 }, then: { do: 'duplicate' } }]);
    expect(() => proxy.setRules([{ match: { nth: 0 }, then: { do: 'drop' } }])).toThrow(
      'counts messages from 1',
    );
    say(server, D2, END);
    expect(await client.log.untilHas(END)).toEqual([D1, D3, D2, D2, END]);
  });
});

describe('createFaultProxy', () => {
  it.each(['wss://example.com', 'http://example.com', 'nonsense'])(
    'refuses the target %s',
    async (target) => {
      await expect(createFaultProxy({ target })).rejects.toMatchObject({
        code: 'bad_input',
        message: expect.stringContaining('must be a URL that begins with ws://') as string,
      });
    },
  );

  it.each([70_000, -1, 1.5, NaN, '80'])('refuses the port %s', async (port) => {
    await expect(
      createFaultProxy({ target: 'ws://127.0.0.1:1', port: port as number }),
    ).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('must be a whole number from 0 to 65535') as string,
    });
  });

  it('refuses rules that cannot be, at the start and later', async () => {
    const rules = [{}] as unknown as readonly FaultRule[];
    await expect(createFaultProxy({ target: 'ws://127.0.0.1:1', rules })).rejects.toMatchObject({
      code: 'bad_input',
    });
    const { proxy } = await stage();
    expect(() => proxy.setRules(rules)).toThrow(expect.objectContaining({ code: 'bad_input' }));
  });

  it('rejects where the port is taken', async () => {
    const { proxy, target } = await stage();
    await expect(createFaultProxy({ target, port: proxy.port })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
