import { TickwireError } from '@tickwire/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { BTC, market } from '../test-support/market.js';
import { createTestServer, type TestServer } from './test-server.js';

const open: TestServer<typeof market>[] = [];
function setUp() {
  const server = createTestServer(market, {
    authenticate: ({ token }) => {
      if (token === undefined) throw new TickwireError('unauthenticated', 'no token');
      return { principal: { id: token } };
    },
    authorize: {
      'price/{symbol}': () => true,
      'orders/{owner}': ({ principal, params }) => principal.id === params.owner,
      'trades/{symbol}': () => true,
      alerts: () => true,
    },
    commands: {
      placeOrder: async ({ symbol, size }, { principal, fail }) => {
        if (size > 100) throw fail('tooLarge', { largest: 100 });
        const order = { id: `${principal.id}-1`, symbol, size };
        await server.channel('orders/{owner}', { owner: principal.id }).upsert(order);
        return order;
      },
      ping: () => ({ pong: true }),
    },
  });
  open.push(server);
  return server;
}

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

describe('an application in a test server', () => {
  test('runs its own rules: everybody sees only what is theirs', async () => {
    const server = setUp();
    const [alice, bob] = [server.connect({ token: 'alice' }), server.connect({ token: 'bob' })];
    const mine = alice.client.channel('orders/{owner}', { owner: 'alice' });
    const notHis = bob.client.channel('orders/{owner}', { owner: 'alice' });
    mine.retain();
    notHis.retain();
    await alice.client.command('placeOrder', { symbol: 'BTC-USD', size: 2 });
    await server.settle();
    expect(mine.getSnapshot().data?.get('alice-1')).toMatchObject({ size: 2 });
    expect(notHis.getSnapshot()).toMatchObject({ data: undefined, error: { code: 'forbidden' } });
  });

  test('runs its own handlers, and its own authenticate', async () => {
    const server = setUp();
    await expect(
      server.connect({ token: 'alice' }).client.command('placeOrder', { symbol: 'A', size: 101 }),
    ).rejects.toMatchObject({ code: 'app.tooLarge', data: { largest: 100 } });
    const nobody = server.connect();
    nobody.client.connect();
    await server.advance(60_000);
    expect(nobody.client.connection.getSnapshot()).toMatchObject({
      status: 'disconnected',
      reason: { code: 'unauthenticated' },
    });
  });

  test('goes away and comes back for everybody, or breaks one line', async () => {
    const server = setUp();
    const peers = ['alice', 'bob'].map((token) => server.connect({ token }));
    const handles = peers.map(({ client }) => client.channel('price/{symbol}', BTC));
    for (const handle of handles) handle.retain();
    const statuses = (): readonly string[] => handles.map((handle) => handle.getSnapshot().status);
    await server.push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    expect(statuses()).toEqual(['live', 'live']);
    await server.disconnect();
    expect(statuses()).toEqual(['stale', 'stale']);
    await server.advance(10_000);
    expect(statuses()).toEqual(['stale', 'stale']);
    await server.reconnect();
    await server.push('price/{symbol}', BTC, { bid: 3, ask: 4 });
    expect(statuses()).toEqual(['live', 'live']);
    await peers[0]?.disconnect();
    await server.push('price/{symbol}', BTC, { bid: 5, ask: 6 });
    expect(handles.map((handle) => handle.getSnapshot().data?.bid)).toEqual([3, 5]);
    await peers[0]?.reconnect();
    expect(handles.map((handle) => handle.getSnapshot().data?.bid)).toEqual([5, 5]);
  });

  test('comes back for those who are there, and leaves alone whoever was closed, by the peer or by itself', async () => {
    const server = setUp();
    const [first, second, third] = ['alice', 'bob', 'carol'].map((token) => server.connect({ token }));
    const handle = third!.client.channel('price/{symbol}', BTC);
    handle.retain();
    await server.settle();
    await first!.close();
    second!.client.close();
    await server.disconnect();
    expect(handle.getSnapshot().status).toBe('stale');
    await server.reconnect();
    expect(handle.getSnapshot().status).toBe('live');
    await expect(second!.reconnect()).rejects.toThrow('client closed');
  });

  test('has a broker of its own where `broker` is undefined', async () => {
    const server = createTestServer(market, {
      authenticate: () => ({ principal: null }),
      authorize: {
        'price/{symbol}': () => true,
        'orders/{owner}': () => true,
        'trades/{symbol}': () => true,
        alerts: () => true,
      },
      commands: {
        placeOrder: ({ symbol, size }) => ({ id: '1', symbol, size }),
        ping: () => ({ pong: true }),
      },
      broker: undefined,
    });
    open.push(server);
    await server.push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    expect((await server.channel('price/{symbol}', BTC).read()).data).toMatchObject({ bid: 1 });
  });

  test('takes a right away while it is used', async () => {
    const server = setUp();
    const { client } = server.connect({ token: 'alice' });
    const alerts = client.channel('alerts');
    alerts.retain();
    await server.settle();
    expect(await server.revoke({ channel: 'alerts' })).toBe(1);
    expect(alerts.getSnapshot().error).toMatchObject({ code: 'forbidden' });
  });

  test('ends with nothing left', async () => {
    const server = setUp();
    const { client } = server.connect({ token: 'alice' });
    client.channel('alerts').retain();
    await server.settle();
    expect(server.stats()).toMatchObject({ connections: 1, subscriptions: 1 });
    await server.close();
    expect(server.stats()).toMatchObject({ connections: 0, subscriptions: 0, channels: 0, deadlines: 0 });
    expect(server.network.connections).toEqual([]);
    expect(server.clock.nextInMs).toBe(null);
  });
});
