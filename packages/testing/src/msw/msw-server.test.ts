import { createClient } from '@tickwire/client';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createMswServer } from '../msw.js';
import { provideWebSocket } from './mocked-web-socket.js';
import { BTC, market } from '../test-support/market.js';
import { converse, EXPECTED } from '../test-support/msw-conversation.js';

const SOCKET_URL = 'ws://mocked.example/tickwire';
const HTTP_URL = 'http://mocked.example/tickwire';

const logger = vi.fn();
const mocked = createMswServer(market, { url: SOCKET_URL, logger });
const server = setupServer(...mocked.handlers);

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => mocked.reset());
afterAll(async () => {
  server.close();
  await mocked.close();
});

const connect = () =>
  createClient(market, { url: SOCKET_URL, WebSocket: mocked.WebSocket, logger: () => undefined });

describe('handlers of msw in Node', () => {
  test('speak the whole protocol with a real client', async () => {
    expect(
      await converse(mocked, { socket: SOCKET_URL, http: HTTP_URL }, { WebSocket: mocked.WebSocket }),
    ).toEqual(EXPECTED);
    expect(logger).not.toHaveBeenCalledWith('error', expect.anything(), expect.anything());
  });

  test('P-CONN-3 over HTTP the endpoint asks for an upgrade', async () => {
    const response = await fetch(HTTP_URL, { method: 'POST' });
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  test('a client of the package ws, which msw cannot mock, fails at once, and the log says what to do', async () => {
    const client = createClient(market, { url: SOCKET_URL, logger: () => undefined });
    const failed = new Promise((resolve) => {
      client.connection.subscribe(() => {
        const { reason } = client.connection.getSnapshot();
        if (reason !== null) resolve(reason);
      });
    });
    client.connect();
    await failed;
    expect(logger).toHaveBeenCalledWith('error', expect.stringContaining('option `WebSocket`'));
    client.close();
  });

  test('after a reset the server is another one: nothing of before is there', async () => {
    mocked.answer('ping', { pong: true });
    await mocked.push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    const before = connect();
    await before.command('ping', {});
    expect(mocked.calls('ping')).toEqual([{}]);
    mocked.reset();
    expect(mocked.calls('ping')).toEqual([]);
    expect((await mocked.channel('price/{symbol}', BTC).read()).data).toBe(undefined);
    const after = connect();
    await expect(after.command('ping', {})).rejects.toMatchObject({ code: 'unknown_command' });
    before.close();
    after.close();
  });
});

describe('where there is no WebSocket', () => {
  test('a class is put there for msw to mock, which says that nobody did, and is taken away again', () => {
    vi.stubGlobal('WebSocket', undefined);
    const takeAway = provideWebSocket();
    expect(() => new WebSocket('ws://elsewhere.example')).toThrow(
      'Nobody mocks ws://elsewhere.example: start msw before the client connects',
    );
    expect(provideWebSocket()).not.toThrow();
    expect(globalThis.WebSocket).toBeTypeOf('function');
    takeAway();
    expect(globalThis.WebSocket).toBe(undefined);
    vi.unstubAllGlobals();
  });
});
