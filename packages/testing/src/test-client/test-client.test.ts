import { TickwireError } from '@tickwire/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BTC, market } from '../test-support/market.js';
import { createTestClient, type TestClient, type TestClientOptions } from './test-client.js';

const open: TestClient<typeof market>[] = [];
function setUp(options: TestClientOptions = {}) {
  const made = createTestClient(market, options);
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

const order = { id: 'o-1', symbol: 'BTC-USD', size: 1 };

describe('pushing', () => {
  test('a value is with the client when the push is done, whether it subscribed before or after', async () => {
    const { client, push, settle } = setUp();
    const price = client.channel('price/{symbol}', BTC);
    price.subscribe(() => undefined);
    await push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 1, ask: 2, currency: 'USD' } });
    const eth = client.channel('price/{symbol}', { symbol: 'ETH-USD' });
    await push('price/{symbol}', { symbol: 'ETH-USD' }, { bid: 3, ask: 4 });
    eth.retain();
    await settle();
    expect(eth.getSnapshot().data).toMatchObject({ bid: 3 });
  });

  test('records are upserted by key, events appended in order', async () => {
    const { client, push, channel, settle } = setUp();
    const orders = client.channel('orders/{owner}', { owner: 'me' });
    const alerts = client.channel('alerts');
    const seen: string[] = [];
    orders.retain();
    alerts.onEvent(({ text }) => seen.push(text));
    await push('orders/{owner}', { owner: 'me' }, order, { ...order, id: 'o-2' });
    await push('alerts', { text: 'a' }, { text: 'b' });
    await push('alerts', { text: 'c' });
    expect([...(orders.getSnapshot().data?.keys() ?? [])]).toEqual(['o-1', 'o-2']);
    expect(seen).toEqual(['a', 'b', 'c']);
    await channel('orders/{owner}', { owner: 'me' }).remove('o-1');
    await settle();
    expect([...(orders.getSnapshot().data?.keys() ?? [])]).toEqual(['o-2']);
  });

  test('what does not fit the contract is refused, and nothing is sent', async () => {
    const { client, push } = setUp();
    const price = client.channel('price/{symbol}', BTC);
    price.retain();
    await expect(push('price/{symbol}', BTC, { bid: 'one' } as never)).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('price/BTC-USD') as unknown,
    });
    await expect((push as unknown as (name: string) => Promise<unknown>)('prices')).rejects.toThrow(
      'The contract has no channel "prices". It has: price/{symbol}, orders/{owner}, trades/{symbol}, alerts.',
    );
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: undefined });
  });
});

describe('time', () => {
  test('passes only when told: no real timer, and the same wall clock in every run', async () => {
    vi.useFakeTimers();
    try {
      const { client, advance, clock, push } = setUp();
      const price = client.channel('price/{symbol}', BTC);
      price.retain();
      await push('price/{symbol}', BTC, { bid: 1, ask: 2 });
      await advance(4_000);
      expect(price.getSnapshot().status).toBe('live');
      await advance(30_000);
      expect(price.getSnapshot()).toMatchObject({ status: 'stale', reason: 'feed', data: { bid: 1 } });
      expect(clock.wallMs()).toBe(1_750_000_034_000);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a command that nobody pushes along is answered by itself', async () => {
    const { client, answer } = setUp();
    answer('placeOrder', order);
    expect(await client.command('placeOrder', { symbol: 'BTC-USD' })).toEqual(order);
  });

  test('with a latency, nothing arrives before its time', async () => {
    const { client, answer, advance } = setUp({ conditions: { latencyMs: 100 } });
    answer('ping', { pong: true });
    const settled = vi.fn();
    void client.command('ping', {}).then(settled);
    await advance(499);
    expect(settled).not.toHaveBeenCalled();
    await advance(1);
    expect(settled).toHaveBeenCalledWith({ pong: true });
  });

  test('equal seeds make equal runs', async () => {
    const attempts = async (seed: number): Promise<readonly number[]> => {
      const { client, disconnect, clock, advance } = setUp({ seed });
      const at: number[] = [];
      client.connection.subscribe(() => {
        if (client.connection.getSnapshot().phase === 'socket') at.push(clock.monotonicMs());
      });
      client.connect();
      await disconnect();
      await advance(20_000);
      return at;
    };
    const first = await attempts(7);
    expect(first.length).toBeGreaterThan(5);
    expect(await attempts(7)).toEqual(first);
    expect(await attempts(8)).not.toEqual(first);
  });
});

describe('the line', () => {
  test('breaks and is mended: values go stale, and catch up', async () => {
    const { client, push, disconnect, reconnect, advance } = setUp();
    const price = client.channel('price/{symbol}', BTC);
    const trades = client.channel('trades/{symbol}', BTC);
    const seen: number[] = [];
    price.retain();
    trades.onEvent(({ id }) => seen.push(id));
    await push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    await push('trades/{symbol}', BTC, { id: 1, price: 1 });
    await disconnect();
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'connecting' });
    expect(price.getSnapshot()).toMatchObject({ status: 'stale', reason: 'connecting', data: { bid: 1 } });
    await push('price/{symbol}', BTC, { bid: 5, ask: 6 });
    await push('trades/{symbol}', BTC, { id: 2, price: 1 }, { id: 3, price: 1 });
    await advance(30_000);
    expect(price.getSnapshot().data).toMatchObject({ bid: 1 });
    await reconnect();
    expect(price.getSnapshot()).toMatchObject({ data: { bid: 5 } });
    expect(seen).toEqual([1, 2, 3]);
  });

  test('the device goes offline and the page is hidden', async () => {
    const { client, environment, settle } = setUp();
    client.connect();
    await settle();
    environment.emit('offline');
    expect(client.connection.getSnapshot().online).toBe(false);
  });
});

describe('commands', () => {
  test('answer with a value or a typed handler, and remember what they were called with', async () => {
    const { client, answer, calls } = setUp({ getToken: () => 'alice' });
    answer('placeOrder', ({ symbol, size }, { principal, fail }) => {
      if (size > 100) throw fail('tooLarge', { largest: 100 });
      return { id: `${principal.id}-1`, symbol, size };
    });
    expect(await client.command('placeOrder', { symbol: 'A' })).toEqual({
      id: 'alice-1',
      symbol: 'A',
      size: 1,
    });
    const refused: unknown = await client
      .command('placeOrder', { symbol: 'A', size: 101 })
      .catch((error: unknown) => error);
    expect(client.isCommandError(refused, 'tooLarge') && refused.data.largest).toBe(100);
    expect(calls('placeOrder')).toEqual([
      { symbol: 'A', size: 1 },
      { symbol: 'A', size: 101 },
    ]);
    expect(calls('ping')).toEqual([]);
  });

  test('fail as they are told to, with declared errors and with those of the protocol', async () => {
    const { client, fail } = setUp();
    fail('placeOrder', 'tooLarge', { largest: 3 });
    await expect(client.command('placeOrder', { symbol: 'A' })).rejects.toMatchObject({
      code: 'app.tooLarge',
      data: { largest: 3 },
      executed: 'no',
    });
    fail('placeOrder', new TickwireError('unavailable', 'too busy'));
    await expect(client.command('placeOrder', { symbol: 'A' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'too busy',
    });
    expect(() => (fail as unknown as (command: string, error: string) => void)('ping', 'tooLarge')).toThrow(
      'Command "ping" declares no error "tooLarge". It declares: none.',
    );
  });

  test('one that nobody spoke of says so', async () => {
    const { client } = setUp();
    await expect(client.command('ping', {})).rejects.toThrow(
      `The test has not said what "ping" answers: call answer('ping', …) before.`,
    );
  });

  test('the fate of one that was cut off is unknown', async () => {
    const { client, answer, disconnect, advance } = setUp();
    answer('ping', () => new Promise(() => undefined));
    const call = client.command('ping', {}).catch((error: unknown) => error);
    await advance(10);
    await disconnect();
    expect(await call).toMatchObject({ code: 'indeterminate', executed: 'maybe' });
  });
});

describe('refusing a channel', () => {
  test('ends it where it is read, and refuses it from then on, until it is allowed again', async () => {
    const { client, push, refuse, allow, reconnect, disconnect } = setUp();
    const price = client.channel('price/{symbol}', BTC);
    price.retain();
    await push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    await refuse('price/{symbol}', BTC);
    expect(price.getSnapshot().error).toMatchObject({ code: 'forbidden' });
    await disconnect();
    await reconnect();
    expect(price.getSnapshot().error).toMatchObject({ code: 'forbidden' });
    await allow('price/{symbol}', BTC);
    await disconnect();
    await reconnect();
    expect(price.getSnapshot()).toMatchObject({ status: 'live', error: null, data: { bid: 1 } });
  });
});

describe('the end', () => {
  test('leaves nothing behind', async () => {
    const { client, push, close, clock, network, holdings } = setUp();
    expect(holdings()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
    client.channel('price/{symbol}', BTC).retain();
    await push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    expect(holdings()).toEqual({ timers: 1, sockets: 1, listeners: 1 });
    await close();
    expect(holdings()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
    expect(network.connections).toEqual([]);
    expect(clock.nextInMs).toBe(null);
  });
});

describe('act', () => {
  test('is around everything that happens', async () => {
    let depth = 0;
    const depths = new Set<number>();
    const { client, push, answer, settle } = setUp({
      act: async (run) => {
        depth++;
        await run();
        depth--;
      },
    });
    client.channel('price/{symbol}', BTC).subscribe(() => depths.add(depth));
    await settle();
    // The listener's first call is the caller's own doing.
    depths.clear();
    await push('price/{symbol}', BTC, { bid: 1, ask: 2 });
    answer('ping', { pong: true });
    client.connection.subscribe(() => depths.add(depth));
    await client.command('ping', {});
    expect([...depths]).toEqual([1]);
  });
});
