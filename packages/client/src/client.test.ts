import { describe, expect, test } from 'vitest';
import { createClient } from './client.js';
import type { ClientOptions } from './options.js';
import type { StreamHandle, CollectionHandle } from './handle.js';
import { createFakeClock } from './test-support/fake-clock.js';
import { FakeServer } from './test-support/fake-server.js';

function setUp(options: ClientOptions = {}) {
  const clock = createFakeClock();
  const server = new FakeServer();
  const client = createClient({
    url: 'ws://test',
    clock,
    transport: server.transport,
    random: { float: () => 0.5, id: () => 'x' },
    scheduler: 'sync',
    logger: () => undefined,
    ...options,
  });
  return { clock, server, client };
}

describe('a client', () => {
  test('subscribes, follows deltas, comes back by its cursor', async () => {
    const { clock, server, client } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    server.update('book/A', { x: { q: 1 }, y: { q: 2 } });
    server.append('trades/A', { id: 1 });
    const price = client.channel('price/{s}' as never, ...([{ s: 'A' }] as never)) as unknown as {
      getSnapshot(): unknown;
      retain(): () => void;
    };
    const book = client.channel('book/A') as unknown as CollectionHandle<unknown>;
    const trades = client.channel('trades/A') as unknown as StreamHandle<unknown>;
    const events: unknown[] = [];
    expect(server.pipes).toHaveLength(0);
    price.retain();
    book.retain();
    trades.onEvent((event, meta) => events.push([event, meta.offset, meta.replayed]));
    expect(price.getSnapshot()).toMatchObject({ status: 'pending', reason: 'connecting' });
    await clock.settle();
    expect(server.pipe.messages).toHaveLength(1);
    expect(price.getSnapshot()).toMatchObject({
      status: 'live',
      data: { bid: 1, ask: 2 },
      position: { epoch: 'e1', offset: 1 },
    });
    expect([...(book.getSnapshot().data ?? [])]).toEqual([
      ['x', { q: 1 }],
      ['y', { q: 2 }],
    ]);
    server.set('price/A', { bid: 1, ask: 3 });
    server.update('book/A', { x: { q: 5 } }, ['y']);
    server.append('trades/A', { id: 2 });
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 1, ask: 3 } });
    expect([...(book.getSnapshot().data ?? [])]).toEqual([['x', { q: 5 }]]);
    server.pipe.close(1006);
    expect(price.getSnapshot()).toMatchObject({ status: 'stale', reason: 'connecting' });
    server.set('price/A', { bid: 9, ask: 3 }, { silent: true });
    server.update('book/A', { z: { q: 1 } }, [], { silent: true });
    server.append('trades/A', { id: 3 }, { silent: true });
    await clock.advance(1_000);
    expect(server.pipes).toHaveLength(2);
    expect(server.pipe.of('sub')[0]?.ch).toEqual([
      { c: 'price/A', e: 'e1', o: 2 },
      { c: 'book/A', e: 'e1', o: 2 },
      { c: 'trades/A', e: 'e1', o: 2 },
    ]);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 9, ask: 3 } });
    expect([...(book.getSnapshot().data ?? [])]).toEqual([
      ['x', { q: 5 }],
      ['z', { q: 1 }],
    ]);
    expect(events).toEqual([
      [{ id: 1 }, 1, true],
      [{ id: 2 }, 2, false],
      [{ id: 3 }, 3, true],
    ]);
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: frame.v });
    await expect(client.command('echo', { a: 1 })).resolves.toEqual({ a: 1 });
    client.close();
    expect(clock.timers).toBe(0);
  });
});
