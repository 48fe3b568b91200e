import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWebSocketTransport, type Transport } from '@tickwire/client';
import type { SocketHandler } from '@tickwire/server';
import { WebSocketAcceptor, webSocketFrameEncoder } from '@tickwire/server/ws';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { VirtualNetwork } from '../network/virtual-network.js';
import { createVirtualTransport } from '../network/virtual-transport.js';
import {
  testTransport,
  transportCases,
  type TransportPeer,
  type TransportUnderTest,
} from './transport-suite.js';

interface Recorded {
  received: string[];
  closeCode: number | null;
}

const recorded = (): Recorded => ({ received: [], closeCode: null });

/** The transport of pages and Node, against real sockets. */
async function openWebSockets(): Promise<TransportUnderTest> {
  const peers: TransportPeer[] = [];
  const acceptor = new WebSocketAcceptor(1_048_576, () => undefined);
  const http = createServer();
  http.on('upgrade', (request, stream, head) => {
    acceptor.upgrade(request, stream, head, (socket) => {
      const own = recorded();
      peers.push({
        offered: String(request.headers['sec-websocket-protocol']).split(/,\s*/),
        get received() {
          return own.received;
        },
        get closeCode() {
          return own.closeCode;
        },
        send: (text) => socket.write([webSocketFrameEncoder(text, 'control')]),
        close: (code, reason) => socket.close(code, reason),
        terminate: () => socket.terminate(),
      });
      return {
        onMessage: (data) => own.received.push(String(data)),
        onControl: () => undefined,
        onDrain: () => undefined,
        onClose: (code) => (own.closeCode = code),
      } satisfies SocketHandler;
    });
  });
  const dead = createServer().listen(0, '127.0.0.1');
  http.listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(dead, 'listening')]);
  const urlOf = (server: typeof http): string => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deadUrl = urlOf(dead);
  dead.close();
  return {
    transport: createWebSocketTransport(),
    url: urlOf(http),
    deadUrl,
    peers,
    close: async () => {
      for (const peer of peers) peer.terminate();
      await acceptor.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

/** The transport of tests, in memory. */
function openVirtually(
  broken: (transport: Transport) => Transport = (transport) => transport,
): TransportUnderTest {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock });
  const peers: TransportPeer[] = [];
  network.listen('ws://peers', {
    machine: clock.machine(),
    accept: (socket) => {
      const own = recorded();
      peers.push({
        offered: [],
        get received() {
          return own.received;
        },
        get closeCode() {
          return own.closeCode;
        },
        send: (text) => socket.write([{ data: text, byteLength: text.length }]),
        close: (code, reason) => socket.close(code, reason),
        terminate: () => socket.terminate(),
      });
      return {
        onMessage: (data) => own.received.push(data),
        onClose: (code) => (own.closeCode = code),
      };
    },
  });
  return {
    transport: broken(createVirtualTransport({ network, machine: clock.machine() })),
    url: 'ws://peers',
    deadUrl: 'ws://nobody',
    peers,
    settle: () => clock.advance(3_000),
  };
}

describe('WebSockets', () => testTransport(openWebSockets, { describe, test }));
describe('in memory', () =>
  testTransport(() => openVirtually(), { describe, test }, { leaveOut: ['protocols'] }));

describe('the suite finds', () => {
  async function failures(broken: (transport: Transport) => Transport): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, run } of transportCases(() => openVirtually(broken), { leaveOut: ['protocols'] })) {
      await run().catch(() => failed.push(name));
    }
    return failed;
  }

  test('a transport that reports what comes after close()', async () => {
    expect(
      await failures(({ open }) => ({
        open: (request, events) => ({ ...open(request, events), close: () => events.onClose(1000, '') }),
      })),
    ).toContain('closing before it is open ends the attempt, without a report');
  });

  test('a transport that opens before it returns', async () => {
    expect(
      await failures(({ open }) => ({
        open: (request, events) => {
          events.onOpen();
          return open(request, { ...events, onOpen: () => undefined });
        },
      })),
    ).toContain('opening reports nothing before it has returned, and the opening once');
  });
});
