// The judge of the command line, where nothing can be judged: each time one sentence and exit code 2.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createConformanceServer } from '@tickwire/testing/conformance';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { tickwire } from '../test-support/run-program.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function rightServer(): Promise<string> {
  const server = createConformanceServer();
  closers.push(() => server.close({ drainMs: 0 }));
  return (await server.listen({ port: 0, host: '127.0.0.1' })).url;
}

async function addressOf(server: Server): Promise<string> {
  closers.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/tickwire`;
}

/** A WebSocket server that is no Tickwire server: it chooses `subprotocol`, if any, and says nothing. */
async function webSocketServer(subprotocol: string | false): Promise<string> {
  const http = createHttpServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => subprotocol });
  sockets.on('connection', (socket) => {
    socket.on('message', () => socket.close(1008));
  });
  return addressOf(http);
}

describe('nothing is judged where', () => {
  test('every chosen vector is skipped, and the reason is told', async () => {
    const args = ['conformance', await rightServer(), '--token', 'user:ann', '--only', 'req.rate'];
    const { code, stdout, stderr } = await tickwire(...args);
    expect(stdout).toContain('1 vectors: 0 passed, 1 skipped');
    expect(stderr).toContain(
      'Nothing could be judged: every chosen vector was skipped (needs anonymous); choose others with --only.\n',
    );
    expect(code).toBe(2);
  });

  test('every chosen vector is skipped, for programs too', async () => {
    const args = ['conformance', await rightServer(), '--token', 'user:ann', '--only', 'req.rate', '--json'];
    const { code, stdout } = await tickwire(...args);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 0, failed: 0, skipped: 1 });
    expect(code).toBe(2);
  });

  test.each([',', '', ' , '])('--only is "%s", which names nothing', async (only) => {
    const { code, stdout, stderr } = await tickwire('conformance', 'ws://127.0.0.1:9', '--only', only);
    expect(stderr).toBe('--only needs names of rules or vectors, as --only P-SUB,P-DATA-6.\n');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('a server that cannot be reached is named with the reason, in one sentence:', () => {
  /** The one line that is written before the run has begun to show progress. */
  async function reasonOf(url: string): Promise<string> {
    const { code, stdout, stderr } = await tickwire('conformance', url, '--only', 'P-FRAME-3');
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('step 1');
    expect(stderr).not.toContain('null');
    expect(code).toBe(2);
    return stderr.trim();
  }

  test('nothing listens', async () => {
    expect(await reasonOf('ws://127.0.0.1:9/x')).toBe(
      'No Tickwire server answers at ws://127.0.0.1:9/x: nothing listens at 127.0.0.1:9 (ECONNREFUSED). Check the address and the path.',
    );
  });

  test('the server chooses no subprotocol', async () => {
    expect(await reasonOf(await webSocketServer(false))).toContain(
      ': the server chose no subprotocol; it must answer with tickwire.v1+json (P-CONN-1). ',
    );
  });

  test('the server chooses a subprotocol that was not offered', async () => {
    expect(await reasonOf(await webSocketServer('mqtt'))).toContain(
      ': the server chose a subprotocol that was not offered; it must answer with tickwire.v1+json (P-CONN-1). ',
    );
  });

  test('the path is another', async () => {
    const url = await rightServer();
    expect(await reasonOf(url.replace('/tickwire', '/elsewhere'))).toContain(
      ': the upgrade was refused with HTTP status 404. Check the address and the path.',
    );
  });

  test('the server speaks no HTTP', async () => {
    const tcp = createTcpServer((socket: Socket) => {
      socket.once('data', () => socket.end('+PONG\r\n'));
    });
    expect(await reasonOf(await addressOf(tcp))).toMatch(
      /: the upgrade failed: Parse Error.* \(HPE_\w+\)\. /,
    );
  });

  test('the server hangs up during the upgrade', async () => {
    const tcp = createTcpServer((socket: Socket) => {
      socket.once('data', () => socket.destroy());
    });
    expect(await reasonOf(await addressOf(tcp))).toContain(
      ': the server ended the connection during the upgrade (ECONNRESET). ',
    );
  });

  test('the server takes no hello', async () => {
    const url = await webSocketServer('tickwire.v1+json');
    const reason = await reasonOf(url);
    expect(reason).toContain(
      `The server at ${url} cannot be judged: heard nothing of the kind; the connection was closed with 1008.`,
    );
    expect(reason).toContain('--token');
  });
});
