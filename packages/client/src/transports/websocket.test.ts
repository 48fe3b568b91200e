import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { createClient } from '../client.js';
import { createWebSocketTransport, type WebSocketClass } from './websocket.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A real server; `accept` gets each socket. */
async function listen(accept: (socket: WebSocket) => void): Promise<string> {
  const http = createServer();
  const sockets = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  sockets.on('connection', accept);
  servers.push(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

type Report = ['open'] | ['message', unknown] | ['close', number, string];

function open(url: string, WebSocketOf?: WebSocketClass) {
  const reports: Report[] = [];
  const waiters: (() => void)[] = [];
  const note = (report: Report): void => {
    reports.push(report);
    for (const waiter of waiters.splice(0)) waiter();
  };
  const socket = createWebSocketTransport(WebSocketOf).open(
    { url, protocols: ['tickwire.v1+json', 'tickwire'] },
    {
      onOpen: () => note(['open']),
      onMessage: (data) => note(['message', data]),
      onClose: (code, reason) => note(['close', code, reason]),
    },
  );
  const until = async (kind: Report[0]): Promise<Report> => {
    for (;;) {
      const found = reports.find(([name]) => name === kind);
      if (found) return found;
      await new Promise<void>((resolve) => waiters.push(resolve));
    }
  };
  return { socket, reports, until };
}

describe('against a real server', () => {
  test('opens, sends, receives text and binary, and reports the close once', async () => {
    const received: string[] = [];
    const url = await listen((socket) => {
      socket.on('message', (data: Buffer) => {
        received.push(data.toString());
        socket.send('hello\n{}');
        socket.send(Buffer.from([1, 2]));
        socket.close(4400, 'drain');
      });
    });
    const { socket, reports, until } = open(url);
    socket.send('too early');
    expect(reports).toEqual([]);
    await until('open');
    socket.send('{"t":"hello"}');
    expect(await until('close')).toEqual(['close', 4400, 'drain']);
    expect(received).toEqual(['{"t":"hello"}']);
    expect(reports.map(([kind]) => kind)).toEqual(['open', 'message', 'message', 'close']);
    expect(reports[1]).toEqual(['message', 'hello\n{}']);
    expect((reports[2] as [string, unknown])[1]).toBeInstanceOf(ArrayBuffer);
    socket.close(1000, '');
  });

  test('says nothing more after it was closed', async () => {
    let server: WebSocket | undefined;
    const closed = new Promise<number>((resolve) => {
      void listen((socket) => {
        server = socket;
        socket.on('close', resolve);
      }).then((url) => {
        const { socket, reports, until } = open(url);
        void until('open').then(() => {
          server?.send('late');
          socket.close(1000, 'bye');
          socket.close(1000, 'bye');
          expect(reports).toEqual([['open']]);
        });
      });
    });
    expect(await closed).toBe(1000);
  });

  test('a refused connection, a refused upgrade and an impossible url are an end like any other', async () => {
    const http = createServer((_, response) => response.writeHead(404).end());
    servers.push(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    for (const url of [`ws://127.0.0.1:${port}/no`, 'ws://127.0.0.1:1/', 'not a url']) {
      const { reports, until } = open(url);
      expect(reports).toEqual([]);
      await until('close');
      expect(reports).toEqual([['close', 1006, expect.any(String)]]);
    }
  });

  test('closing before it is open is quiet', async () => {
    const url = await listen(() => undefined);
    const { socket, reports } = open(url);
    socket.close(1000, '');
    const other = open(url);
    await other.until('open');
    other.socket.close(1000, '');
    expect(reports).toEqual([]);
  });

  test('a client talks to it', async () => {
    const url = await listen((socket) => {
      socket.on('message', (data: Buffer) => {
        for (const line of data.toString().split('\n')) {
          const frame = JSON.parse(line) as { t: string; id: number; v: unknown };
          if (frame.t === 'hello') {
            socket.send(
              JSON.stringify({
                t: 'welcome',
                sid: 's',
                node: 'n',
                now: Date.now(),
                caps: [],
                ping: { every: 25_000, grace: 10_000 },
                lim: {},
              }),
            );
          } else if (frame.t === 'req') socket.send(JSON.stringify({ t: 'res', id: frame.id, v: frame.v }));
        }
      });
    });
    const client = createClient({ url });
    await expect(client.command('echo', 'hello')).resolves.toBe('hello');
    client.close();
  });
});

describe('the class of sockets', () => {
  /** A socket as Node 22 has it: a failed connection is an error and nothing else. */
  class ErrorOnly {
    binaryType = '';
    readonly readyState = 0;
    addEventListener(type: string, listener: () => void): void {
      if (type === 'error') queueMicrotask(listener);
    }
    send(): void {
      throw new Error('not open');
    }
    close(): void {
      throw new Error('never opened');
    }
  }

  test('one that reports an error and no close is at an end all the same', async () => {
    const { socket, reports, until } = open('ws://x', ErrorOnly as unknown as WebSocketClass);
    expect(await until('close')).toEqual(['close', 1006, '']);
    expect(reports).toHaveLength(1);
    socket.send('x');
    socket.close(1000, '');
  });

  test('is chosen when a connection is opened, and a page uses its own', () => {
    const made: string[] = [];
    class Page extends ErrorOnly {
      constructor(url: string) {
        super();
        made.push(url);
      }
    }
    const platform = globalThis as { document?: unknown; WebSocket?: unknown };
    const transport = createWebSocketTransport();
    const before = platform.WebSocket;
    platform.document = {};
    platform.WebSocket = Page;
    try {
      const ignore = (): void => undefined;
      transport
        .open({ url: 'ws://page', protocols: [] }, { onOpen: ignore, onMessage: ignore, onClose: ignore })
        .close(1000, '');
    } finally {
      delete platform.document;
      if (before === undefined) delete platform.WebSocket;
      else platform.WebSocket = before;
    }
    expect(made).toEqual(['ws://page']);
  });
});
