// Real sockets: what only `ws` and Node can show. Nothing here depends on how long something takes.
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { defineContract, state } from '@tickwire/protocol';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { anonymous, createServer, type Server, type ServerSettings } from '../index.js';

const contract = defineContract({
  name: 'wire',
  version: '1.0.0',
  channels: { 'text/{name}': state(z.string().max(1_000_000)) },
});

const running: Server<typeof contract>[] = [];

function start(settings: ServerSettings = {}): Server<typeof contract> {
  const server = createServer(contract, {
    authenticate: anonymous,
    authorize: { 'text/{name}': () => true },
    logger: () => undefined,
    ...settings,
  });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close({ drainMs: 0 })));
});

/** A client that writes down frames. */
class Client {
  readonly ws: WebSocket;
  readonly frames: Record<string, unknown>[] = [];
  #waiting: (() => void)[] = [];

  constructor(
    url: string,
    protocols: readonly string[] = ['tickwire.v1+json'],
    headers: Record<string, string> = {},
  ) {
    this.ws = new WebSocket(url, [...protocols], { headers });
    this.ws.on('message', (data: Buffer) => {
      for (const line of data.toString().split('\n'))
        this.frames.push(JSON.parse(line) as Record<string, unknown>);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.ws.on('error', () => undefined);
  }

  async open(): Promise<this> {
    await once(this.ws, 'open');
    return this;
  }

  send(...frames: readonly object[]): void {
    this.ws.send(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  async hears(t: string, count = 1): Promise<Record<string, unknown>[]> {
    for (;;) {
      const found = this.frames.filter((frame) => frame['t'] === t);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async closed(): Promise<number> {
    const [code] = (await once(this.ws, 'close')) as [number];
    return code;
  }
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const ws = new WebSocket(url, ['tickwire.v1+json'], { headers });
  ws.on('error', () => undefined);
  const [request, response] = (await once(ws, 'unexpected-response')) as [
    { destroy: () => void },
    { statusCode: number; resume: () => void },
  ];
  response.resume();
  request.destroy();
  return response.statusCode;
}

/** Sends bytes and returns what comes until the server ends the connection. */
async function raw(port: number, text: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (data) => (answer += data.toString('latin1')));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

const upgrade = (port: number, lines: readonly string[] = [], version = 13) =>
  [
    'GET /tickwire HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Version: ${version}`,
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: tickwire.v1+json',
    ...lines,
    '\r\n',
  ].join('\r\n');

describe('frames on the wire', () => {
  test('single frames, batches, large ones and text beyond ASCII arrive as they were published', async () => {
    const server = start();
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    const texts = ['a', 'é→😀', 'x'.repeat(200), 'ü'.repeat(50_000), 'z'.repeat(200_000)];
    const client = await new Client(url).open();
    client.send({ t: 'hello', v: 1 }, { t: 'sub', id: 1, ch: texts.map((_, n) => ({ c: `text/${n}` })) });
    await client.hears('f', texts.length);
    for (const [n, text] of texts.entries())
      void server.channel('text/{name}', { name: String(n) }).set(text);
    const values = (await client.hears('f', texts.length * 2)).map((frame) => frame['v']).filter(Boolean);
    expect(values.sort()).toEqual([...texts].sort());
  });

  test('many clients with the same and with other channels all hear theirs', async () => {
    const server = start();
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    const names = ['a', 'b', 'c'];
    const sets = Array.from({ length: 12 }, (_, n) =>
      n % 3 === 0 ? ['a', 'b', 'c'] : n % 3 === 1 ? ['b', 'c'] : ['c'],
    );
    const clients = await Promise.all(
      sets.map(async (set) => {
        const client = await new Client(url).open();
        client.send(
          { t: 'hello', v: 1 },
          { t: 'sub', id: 1, ch: set.map((name) => ({ c: `text/${name}` })) },
        );
        await client.hears('f', set.length);
        return client;
      }),
    );
    for (let round = 1; round <= 3; round++) {
      for (const name of names) await server.channel('text/{name}', { name }).set(`${name}${round}`);
    }
    await Promise.all(
      clients.map(async (client, n) => {
        const wanted = (sets[n] ?? []).map((name) => `${name}3`);
        for (let count = wanted.length; ; count++) {
          const values = (await client.hears('f', count)).map((frame) => frame['v']);
          if (wanted.every((value) => values.includes(value))) break;
        }
      }),
    );
  });
});

describe('refusals before 101', () => {
  test('the log hears once of each origin that was refused, and not of endlessly many', async () => {
    const told: unknown[] = [];
    const server = start({
      logger: (level, _message, fields) => level === 'warn' && told.push(fields?.['origin']),
    });
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    await statusOf(url, { Origin: 'http://localhost:5173' });
    await statusOf(url, { Origin: 'http://localhost:5173' });
    expect(told).toEqual(['http://localhost:5173']);
    for (let other = 0; other < 30; other++) await statusOf(url, { Origin: `http://host-${other}` });
    expect(told).toHaveLength(20);
  });

  test('P-CONN-3 a foreign page 403, another path 404, an old version 426, HTTP/1.0 and bad requests 400, POST 405', async () => {
    const server = start();
    const { url, port } = await server.listen({ port: 0, host: '127.0.0.1' });
    expect(await statusOf(url, { Origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf(url, { Cookie: 'session=1' })).toBe(403);
    expect(await statusOf(url.replace('/tickwire', '/other'))).toBe(404);
    expect(await raw(port, upgrade(port, [], 8))).toMatch(/^HTTP\/1\.1 426 /);
    expect(await raw(port, upgrade(port).replace('HTTP/1.1', 'HTTP/1.0'))).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(port, upgrade(port).replace('GET', 'POST'))).toMatch(/^HTTP\/1\.1 405 /);
    expect(await raw(port, upgrade(port, ['Host: other']))).toMatch(/^HTTP\/1\.1 400 /);
    expect(
      await raw(
        port,
        upgrade(
          port,
          Array.from({ length: 120 }, (_, n) => `X-${n}: 1`),
        ),
      ),
    ).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(port, `GET /tickwire HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 426 /);
    expect(server.stats()).toMatchObject({ connections: 0, accepted: 0, errors: { bad_origin: 2 } });
  });

  test('P-CONN-3 overload is 503 with a time to come back', async () => {
    const server = start({ limits: { maxTotalConnections: 1 } });
    const { url, port } = await server.listen({ port: 0, host: '127.0.0.1' });
    await new Client(url).open();
    const answer = await raw(port, upgrade(port));
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/Retry-After: 1/);
  });
});

describe('handshake', () => {
  test('P-CONN-2 who offers only the fallback is told what there is', async () => {
    const { url } = await start().listen({ port: 0, host: '127.0.0.1' });
    const client = new Client(url, ['tickwire.v9+json', 'tickwire']);
    const closed = client.closed();
    await client.open();
    expect(client.ws.protocol).toBe('tickwire');
    expect(await client.hears('reject')).toMatchObject([{ err: { c: 'unsupported_version' } }]);
    expect(await closed).toBe(4101);
  });

  test('P-CONN-5 a token in the query is refused', async () => {
    const { url } = await start().listen({ port: 0, host: '127.0.0.1' });
    const client = new Client(`${url}?token=secret`);
    expect(await client.closed()).toBe(4200);
    expect(client.frames).toMatchObject([{ t: 'reject', err: { c: 'unauthenticated' } }]);
  });

  test('frames that come in the same packet as the upgrade are handled', async () => {
    const server = start();
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const text = '{"t":"hello","v":1}';
    const mask = Buffer.from([1, 2, 3, 4]);
    const body = Buffer.from(text).map((byte, n) => byte ^ (mask[n % 4] ?? 0));
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, body]);
    const socket = connect(port, '127.0.0.1');
    socket.write(Buffer.concat([Buffer.from(upgrade(port)), frame]));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    while (!answer.includes('"welcome"')) await once(socket, 'data');
    socket.destroy();
    expect(server.stats().accepted).toBe(1);
  });
});

describe('messages', () => {
  test.each([
    ['a binary message', (client: Client) => client.ws.send(Buffer.from('{}')), 4100],
    ['an empty message', (client: Client) => client.ws.send(''), 4100],
    ['more than 64 KiB', (client: Client) => client.ws.send('x'.repeat(65_537)), 1009],
  ])('%s', async (_what, act, code) => {
    const { url } = await start().listen({ port: 0, host: '127.0.0.1' });
    const client = await new Client(url).open();
    const closed = client.closed();
    act(client);
    expect(await closed).toBe(code);
  });

  test('pings of the transport are answered and counted', async () => {
    const server = start();
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    const client = await new Client(url).open();
    client.send({ t: 'hello', v: 1 });
    await client.hears('welcome');
    const pong = once(client.ws, 'pong');
    client.ws.ping('x');
    await pong;
    const closed = client.closed();
    for (let n = 0; n < 2_000; n++) client.ws.ping();
    expect([4303, 1006]).toContain(await closed);
  });
});

describe('an HTTP server that exists', () => {
  const listening = async (): Promise<{ http: HttpServer; port: number }> => {
    const http = createHttpServer((_request, response) => response.end('page'));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return { http, port: (http.address() as AddressInfo).port };
  };

  test('its pages stay, its other upgrades are left to others, detach takes no new connections', async () => {
    const { http, port } = await listening();
    const server = start();
    const detach = server.attach(http, { path: '/live' });
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 I am a teapot\r\n\r\n');
    });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page');
    const url = `ws://127.0.0.1:${port}`;
    expect(await statusOf(`${url}/other`)).toBe(418);
    const client = await new Client(`${url}/live`).open();
    client.send({ t: 'hello', v: 1 });
    await client.hears('welcome');
    detach();
    client.send({ t: 'ping', k: 1 });
    await client.hears('pong');
    client.ws.terminate();
    http.closeAllConnections();
    http.close();
  });

  test('two servers on it: each has its path, and one path is served once', async () => {
    const { http, port } = await listening();
    const [first, second] = [start(), start()];
    const detach = first.attach(http, { path: '/a' });
    second.attach(http, { path: '/b' });
    const url = `ws://127.0.0.1:${port}`;
    for (const path of ['/a', '/b']) {
      const client = await new Client(`${url}${path}`).open();
      client.send({ t: 'hello', v: 1 });
      await client.hears('welcome');
      client.ws.terminate();
    }
    expect([first.stats().accepted, second.stats().accepted]).toEqual([1, 1]);
    expect(await statusOf(`${url}/neither`)).toBe(404);
    expect(() => second.attach(http, { path: '/a' })).toThrow(TypeError);
    detach();
    const detachAgain = second.attach(http, { path: '/a' });
    detach();
    expect(() => first.attach(http, { path: '/a' })).toThrow(TypeError);
    detachAgain();
    first.attach(http, { path: '/a' });
    http.closeAllConnections();
    http.close();
  });

  describe('a request that offers an upgrade to something else', () => {
    const offer = (method: string, more = '') =>
      `${method} /page HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
      `HTTP2-Settings: AAMAAABkAAQAAP__\r\n${more}\r\n`;
    const echo = async () => {
      const http = createHttpServer((request, response) => {
        let body = '';
        request.on('data', (data: Buffer) => (body += data.toString()));
        request.on('end', () => response.end(`${request.method}[${body}]${request.headers.upgrade ?? ''};`));
      });
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      start().attach(http);
      return { http, port: (http.address() as AddressInfo).port };
    };

    test('is answered like any other, with its body, and its connection is kept', async () => {
      const { http, port } = await echo();
      const socket = connect(port, '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => (answer += data.toString('latin1')));
      const until = async (text: string) => {
        while (!answer.includes(text)) await once(socket, 'data');
        answer = '';
      };
      const warned: Error[] = [];
      const onWarning = (warning: Error) => warned.push(warning);
      process.on('warning', onWarning);
      for (let round = 0; round < 15; round++) {
        socket.write(offer('GET'));
        await until('GET[];');
        socket.write(`${offer('POST', 'Content-Length: 9\r\n')}some `);
        setTimeout(() => socket.write('body'), 5);
        await until('POST[some body];');
        socket.write(`${offer('PUT', 'Transfer-Encoding: chunked\r\n')}3\r\nall\r\n0\r\n\r\n`);
        await until('PUT[all];');
      }
      // What was sent behind it in the same packet is the next request.
      socket.write(`${offer('GET')}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n.`);
      await until('POST[.];');
      process.off('warning', onWarning);
      expect(warned).toEqual([]);
      socket.destroy();
      http.close();
    });

    test('is left to whoever else listens', async () => {
      const { http, port } = await echo();
      http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 418 I am a teapot\r\n\r\n'));
      expect(await raw(port, offer('GET'))).toMatch(/^HTTP\/1\.1 418 /);
      http.close();
    });
  });

  test('where nobody else listens, another path is answered with 404', async () => {
    const { http, port } = await listening();
    start().attach(http);
    expect(await statusOf(`ws://127.0.0.1:${port}/other`)).toBe(404);
    http.closeAllConnections();
    http.close();
  });
});

describe('close', () => {
  test('leaves no listener and no socket', async () => {
    const server = start();
    const { url, port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const clients = await Promise.all([1, 2, 3].map(() => new Client(url).open()));
    const codes = clients.map((client) => client.closed());
    for (const client of clients) client.send({ t: 'hello', v: 1 });
    await Promise.all(clients.map((client) => client.hears('welcome')));
    await server.close({ drainMs: 0 });
    expect(await Promise.all(codes)).toEqual([4400, 4400, 4400]);
    await expect(new Client(`ws://127.0.0.1:${port}/tickwire`).open()).rejects.toThrow();
    expect(server.stats()).toMatchObject({ connections: 0, deadlines: 0 });
  });

  test.each(['127.0.0.1', 'localhost', undefined])(
    'while a port of %s is being taken: it is given back',
    async (host) => {
      const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
      const before = ports();
      const server = start();
      const listening = server.listen({ port: 0, host });
      const ended = listening.then(
        () => 'listens',
        (error: unknown) => (error as { code: string }).code,
      );
      await server.close({ drainMs: 0 });
      expect(await ended).toBe('draining');
      await vi.waitUntil(() => ports() <= before);
    },
  );

  test('a port that is taken rejects with unavailable', async () => {
    const { port } = await start().listen({ port: 0, host: '127.0.0.1' });
    await expect(start().listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({
      name: 'TickwireError',
      code: 'unavailable',
    });
  });

  test('a peer that does not answer the close is cut off', async () => {
    const server = start();
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(upgrade(port));
    await once(socket, 'data');
    socket.pause();
    await server.close({ drainMs: 0 });
    socket.destroy();
    expect(server.stats().connections).toBe(0);
  });
});
