import type { SubscribedEntry } from '@tickwire/protocol';
import { describe, expect, test, vi } from 'vitest';
import type { GapEvent, RecoveredEvent } from './subscription/channel.js';
import { setUp } from './test-support/set-up.js';

describe('interest', () => {
  test('a handle holds nothing; many holders are one subscription; the last one leaves after the grace', async () => {
    const { client, clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    expect(price.getSnapshot()).toMatchObject({ status: 'idle', data: undefined });
    const other = client.channel('price/{symbol}', { symbol: 'A' });
    const releases = [price.retain(), other.retain(), other.subscribe(() => undefined)];
    await clock.settle();
    expect(server.pipe.of('sub')).toHaveLength(1);
    expect(other.getSnapshot()).toBe(price.getSnapshot());
    for (const release of releases) {
      release();
      release();
    }
    await clock.advance(999);
    expect(price.getSnapshot().status).toBe('live');
    await clock.advance(2);
    expect(price.getSnapshot()).toMatchObject({ status: 'idle', data: undefined });
    await clock.settle();
    expect(server.pipe.of('unsub').map(({ ch }) => ch)).toEqual([['price/A']]);
    expect(client.stats()).toMatchObject({ subscriptions: [], cacheSize: 0 });
  });

  test('mounting twice, as StrictMode does, asks once and gives nothing up', async () => {
    const { clock, server, price } = setUp();
    for (let i = 0; i < 100; i++) {
      const release = price.retain();
      await clock.advance(5);
      release();
      await clock.advance(5);
    }
    price.retain();
    await clock.advance(5_000);
    expect(server.pipe.of('sub')).toHaveLength(1);
    expect(server.pipe.of('unsub')).toHaveLength(0);
  });

  test('value and cursor die with the last holder: who comes later starts anew', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain()();
    await clock.advance(5_000);
    price.retain();
    await clock.settle();
    expect(server.pipe.of('sub').at(-1)?.ch).toEqual([{ c: 'price/A' }]);
    expect(price.getSnapshot().status).toBe('live');
  });

  test('clearCache() drops what nobody holds and keeps the rest', async () => {
    const { client, clock, server, price, book } = setUp({ releaseGraceMs: 60_000 });
    price.retain()();
    book.retain();
    await clock.settle();
    client.clearCache();
    await clock.settle();
    expect(client.stats().subscriptions).toEqual(['book/A']);
    expect(server.pipe.of('unsub').map(({ ch }) => ch)).toEqual([['price/A']]);
  });

  test('a parameter that cannot be one is told at the call', () => {
    const { client } = setUp();
    const bad = (params: object): unknown => {
      try {
        return client.channel('price/{symbol}', params as { symbol: string });
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    for (const params of [
      {},
      { symbol: '' },
      { symbol: 4 },
      { symbol: 'a', other: 'b' },
      { symbol: '\ud800' },
      { symbol: 'x'.repeat(300) },
    ]) {
      expect(bad(params)).toBe('bad_params');
    }
    expect(client.channel('price/{symbol}', { symbol: 'NSE_EQ|INE002A01018' }).id).toBe(
      'price/NSE_EQ%7CINE002A01018',
    );
    expect(client.channel('price/{symbol}', { symbol: 'BTC/USDT' }).id).toBe('price/BTC%2FUSDT');
  });
});

describe('values', () => {
  test('a state that was never written is live and has no data; a collection is empty; a stream too', async () => {
    const { clock, price, book, trades } = setUp();
    price.retain();
    book.retain();
    trades.retain();
    await clock.settle();
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: undefined, position: { offset: 0 } });
    expect(book.getSnapshot()).toMatchObject({ status: 'live', data: new Map() });
    expect(trades.getSnapshot()).toMatchObject({ status: 'live', data: [] });
    expect([price.kind, book.kind, trades.kind]).toEqual(['state', 'collection', 'stream']);
  });

  test('a snapshot is the same object until something changes', async () => {
    const { clock, server, price, book } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    server.update('book/A', { x: { id: 'x', q: 1 } });
    price.retain();
    book.retain();
    await clock.settle();
    const [before, records] = [price.getSnapshot(), book.getSnapshot().data];
    expect(price.getSnapshot()).toBe(before);
    server.set('price/A', { bid: 1, ask: 3 });
    expect(price.getSnapshot()).not.toBe(before);
    expect(before.data).toEqual({ bid: 1, ask: 2 });
    expect(book.getSnapshot().data).toBe(records);
    server.update('book/A', { y: { id: 'y', q: 2 } });
    expect(records?.size).toBe(1);
    expect(book.getSnapshot().data?.size).toBe(2);
  });

  test('coming back keeps the identity of what is equal', async () => {
    const { clock, server, price, book } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    server.update('book/A', { x: { id: 'x', q: 1 }, y: { id: 'y', q: 1 } });
    price.retain();
    book.retain();
    const changes: unknown[] = [];
    await clock.settle();
    book.onChange(({ upserted, removed, whole }) => changes.push([[...upserted.keys()], removed, whole]));
    const before = { price: price.getSnapshot().data, x: book.getSnapshot().data?.get('x') };
    server.pipe.close(1006);
    server.update('book/A', { z: { id: 'z', q: 3 } }, ['y'], { silent: true });
    server.channels.get('book/A')!.floor = 99;
    server.set('price/A', { bid: 1, ask: 2 }, { silent: true });
    await clock.advance(500);
    expect(price.getSnapshot().data).toBe(before.price);
    expect(book.getSnapshot().data?.get('x')).toBe(before.x);
    expect(changes).toEqual([[['z'], ['y'], true]]);
  });

  test('a stream keeps so many events, and begins with as many as asked for', async () => {
    const { clock, server, trades } = setUp();
    for (let id = 1; id <= 10; id++) server.append('trades/A', { id });
    const some = trades.with({ last: 2, maxEvents: 3 });
    some.retain();
    await clock.settle();
    expect(server.pipe.of('sub')[0]?.ch).toEqual([{ c: 'trades/A', last: 2 }]);
    expect(some.getSnapshot().data).toEqual([{ id: 9 }, { id: 10 }]);
    for (let id = 11; id <= 30; id++) server.append('trades/A', { id });
    expect(trades.getSnapshot().data).toHaveLength(3);
    expect(trades.getSnapshot().data).toEqual([{ id: 28 }, { id: 29 }, { id: 30 }]);
  });

  test('latency is read from the field the server names, by both clocks', async () => {
    const { client, clock, server, price, trades } = setUp();
    server.onHello = (pipe) => {
      server.welcome = { now: clock.wallMs() + 1_000 };
      server.greet(pipe);
    };
    const answer = server.answer.bind(server);
    server.answer = (pipe, id, entries) => {
      const send = pipe.send.bind(pipe);
      pipe.send = (...frames) =>
        send(
          ...frames.map((frame) =>
            'r' in frame
              ? { ...frame, r: (frame.r as SubscribedEntry[]).map((entry) => ({ ...entry, tf: 'at' })) }
              : frame,
          ),
        );
      answer(pipe, id, entries);
    };
    price.retain();
    const latencies: unknown[] = [];
    trades.onEvent((_, { latencyMs }) => latencies.push(latencyMs));
    await clock.settle();
    server.set('price/A', { bid: 1, ask: 2, at: clock.wallMs() + 1_000 - 25 });
    expect(price.getSnapshot().latencyMs).toBe(25);
    server.append('trades/A', { id: 1, at: new Date(clock.wallMs() + 1_000 - 40).toISOString() });
    server.append('trades/A', { id: 2 });
    expect(latencies).toEqual([40, undefined]);
    expect(client.stats().latencyMs).toBeCloseTo(26.5);
  });
});

describe('holes', () => {
  test('a hole makes it stale at once and asks from the cursor, at most once a second', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.advance(2_000);
    server.set('price/A', { bid: 2, ask: 3 }, { silent: true });
    server.set('price/A', { bid: 2, ask: 4 });
    expect(price.getSnapshot()).toMatchObject({
      status: 'stale',
      reason: 'resyncing',
      data: { bid: 1, ask: 2 },
    });
    await clock.settle();
    expect(server.pipe.of('sub').at(-1)?.ch).toEqual([{ c: 'price/A', e: 'e1', o: 1 }]);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 2, ask: 4 } });
    for (let i = 0; i < 1_000; i++) {
      server.set('price/A', { bid: i, ask: 0 }, { silent: true });
      server.set('price/A', { bid: i, ask: 1 });
      await clock.advance(3);
    }
    expect(server.pipe.of('sub').length).toBeLessThanOrEqual(6);
    await clock.advance(1_000);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 999, ask: 1 } });
  });

  test('a patch for a record that is not there asks for everything, without a cursor', async () => {
    const { clock, server, book } = setUp();
    server.update('book/A', { x: { id: 'x', q: 1 } });
    book.retain();
    await clock.advance(2_000);
    server.toAll('book/A', { t: 'd', o: 2, u: { y: { id: 'y', q: 1 } }, p: { ghost: { q: 1 } } });
    expect(book.getSnapshot()).toMatchObject({ status: 'stale', reason: 'resyncing' });
    expect([...(book.getSnapshot().data?.keys() ?? [])]).toEqual(['x']);
    await clock.settle();
    expect(server.pipe.of('sub').at(-1)?.ch).toEqual([{ c: 'book/A' }]);
    expect(book.getSnapshot().status).toBe('live');
  });

  test('keys such as __proto__ are data', async () => {
    const { clock, server, book } = setUp();
    book.retain();
    await clock.settle();
    server.toAll(
      'book/A',
      JSON.parse('{"t":"d","o":1,"u":{"__proto__":{"q":1},"constructor":{"q":2}}}') as object,
    );
    server.toAll('book/A', JSON.parse('{"t":"d","o":2,"p":{"__proto__":{"__proto__":{"bad":1}}}}') as object);
    expect([...(book.getSnapshot().data?.keys() ?? [])]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['bad']).toBeUndefined();
  });

  test('an answer that never comes is asked for again after 10 s; then the connection is dropped', async () => {
    const { client, clock, server, price } = setUp();
    client.connect();
    await clock.settle();
    server.answers = false;
    price.retain();
    await clock.advance(10_050);
    expect(server.pipe.of('sub')).toHaveLength(2);
    await clock.advance(10_050);
    expect(server.pipes[0]!.closedByClient).not.toBeNull();
    server.answers = true;
    await clock.advance(11_000);
    expect(price.getSnapshot().status).toBe('live');
  });

  test('a whole value that is lost is asked for again at the next change (P-DATA-1)', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    server.losesValues = true;
    price.retain();
    await clock.advance(1_500);
    expect(price.getSnapshot().status).toBe('pending');
    server.losesValues = false;
    server.set('price/A', { bid: 1, ask: 3 });
    await clock.settle();
    expect(server.pipe.of('sub')).toHaveLength(2);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 1, ask: 3 } });
  });

  test('what an answer promised and does not come is asked for after 10 s, then after 20, then after 40 (P-DATA-6)', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    server.losesValues = true;
    price.retain();
    const asked: number[] = [];
    const startMs = clock.monotonicMs();
    for (let count = 1; clock.monotonicMs() - startMs < 75_000;) {
      await clock.advance(1_000);
      server.pipe.send({ t: 'ping', k: 1 });
      for (; count < server.pipe.of('sub').length; count++) asked.push(clock.monotonicMs() - startMs);
    }
    expect(asked).toEqual([10_000, 30_000, 70_000]);
    server.losesValues = false;
    await clock.advance(81_000);
    expect(price.getSnapshot().status).toBe('live');
  });

  test('a value that comes in parts, slowly, is waited for', async () => {
    const { clock, server, book } = setUp();
    server.update('book/A', { x: { id: 'x', q: 1 } });
    server.losesValues = true;
    book.retain();
    await clock.settle();
    for (let i = 0; i < 6; i++) {
      server.toAll('book/A', {
        t: 'f',
        o: 1,
        k: { [i]: { id: `${i}`, q: 1 } },
        i,
        ...(i < 5 && { more: 1 }),
      });
      for (let s = 0; s < 9; s++) {
        await clock.advance(1_000);
        server.pipe.send({ t: 'ping', k: 1 });
      }
    }
    expect(server.pipe.of('sub')).toHaveLength(1);
    expect(book.getSnapshot().data?.size).toBe(6);
  });

  test('resync() asks once', async () => {
    const { clock, server, price } = setUp();
    price.retain();
    await clock.advance(2_000);
    price.resync();
    price.resync();
    await clock.settle();
    expect(server.pipe.of('sub')).toHaveLength(2);
    expect(price.getSnapshot().status).toBe('live');
  });
});

describe('streams', () => {
  test('a trimmed history is told with its range, before any later event; an event is never told twice', async () => {
    const { client, clock, server, trades } = setUp();
    const log: unknown[] = [];
    trades.onEvent(({ id }, { replayed }) => log.push(`${id}${replayed ? ' replayed' : ''}`));
    trades.on('gap', ({ why, lost }) => log.push([why, lost]));
    const gaps: GapEvent[] = [];
    const recoveries: RecoveredEvent[] = [];
    client.on('gap', (event) => gaps.push(event));
    client.on('recovered', (event) => recoveries.push(event));
    await clock.settle();
    server.append('trades/A', { id: 1 });
    server.pipe.close(1006);
    for (let id = 2; id <= 6; id++) server.append('trades/A', { id }, { silent: true });
    server.channels.get('trades/A')!.floor = 4;
    await clock.advance(1_000);
    server.append('trades/A', { id: 7 });
    expect(log).toEqual(['1', ['trimmed', { from: 1, to: 4 }], '5 replayed', '6 replayed', '7']);
    expect(gaps).toEqual([{ channel: 'trades/A', why: 'trimmed', lost: { from: 1, to: 4 } }]);
    expect(recoveries).toEqual([
      {
        channel: 'trades/A',
        mode: 'reset',
        from: { epoch: 'e1', offset: 1 },
        to: { epoch: 'e1', offset: 6 },
        replayed: 2,
      },
    ]);
  });

  test('another history is told as such, and its events follow', async () => {
    const { clock, server, trades } = setUp();
    const log: unknown[] = [];
    trades.onEvent(({ id }, meta) => log.push([id, meta.epoch, meta.offset]));
    trades.on('gap', ({ why, lost }) => log.push([why, lost]));
    await clock.settle();
    server.append('trades/A', { id: 1 });
    server.pipe.close(1006);
    server.fence('trades/A', 'e2');
    await clock.advance(1_000);
    server.append('trades/A', { id: 2 });
    expect(log).toEqual([
      [1, 'e1', 1],
      ['epoch', null],
      [2, 'e2', 1],
    ]);
  });

  test('a reader with a rate of its own gets events at that rate; what does not fit is announced', async () => {
    const { client, clock, server, trades } = setUp();
    const log: unknown[] = [];
    const stop = trades.onEvent(({ id }) => log.push(id), {
      maxPerSecond: 10,
      maxQueueSize: 3,
      onOverflow: (dropped) => log.push(`-${dropped}`),
    });
    await clock.settle();
    for (let id = 1; id <= 6; id++) server.append('trades/A', { id });
    expect(client.stats().pendingUpdates).toBe(3);
    await clock.advance(0);
    expect(log).toEqual(['-3', 4]);
    await clock.advance(100);
    expect(log).toEqual(['-3', 4, 5]);
    stop();
    await clock.advance(1_000);
    expect(log).toEqual(['-3', 4, 5]);
    expect(client.stats().pendingUpdates).toBe(0);
  });

  test('thousands a second are delivered in rounds', async () => {
    const { clock, server, trades } = setUp();
    let count = 0;
    trades.onEvent(() => count++, { maxPerSecond: 5_000, maxQueueSize: 10_000 });
    await clock.settle();
    for (let id = 1; id <= 5_000; id++) server.append('trades/A', { id });
    await clock.advance(495);
    expect(count).toBe(2_500);
  });
});

describe('refusals', () => {
  test('a channel that may not be read is closed, with the error, and asked for again on the next connection', async () => {
    const { client, clock, server, price } = setUp();
    server.refusals.set('price/A', { c: 'forbidden' });
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(`client ${code}`));
    price.on('error', ({ code }) => errors.push(`channel ${code}`));
    price.retain();
    await clock.advance(30_000);
    expect(price.getSnapshot()).toMatchObject({
      status: 'closed',
      reason: 'error',
      error: { code: 'forbidden' },
    });
    expect(errors.sort()).toEqual(['channel forbidden', 'client forbidden']);
    expect(server.pipe.of('sub')).toHaveLength(1);
    server.refusals.clear();
    server.pipe.close(1006);
    await clock.advance(1_000);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', error: null });
  });

  test('a passing refusal is asked for again', async () => {
    const { clock, server, price } = setUp();
    server.refusals.set('price/A', { c: 'limit', ra: 2_000 });
    price.retain();
    await clock.settle();
    expect(price.getSnapshot()).toMatchObject({
      status: 'pending',
      reason: 'error',
      error: { code: 'limit' },
    });
    server.refusals.clear();
    await clock.advance(2_000);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', error: null });
  });

  test('a right that ends takes the data with it', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    const alias = server.channels.get('price/A')!.alias;
    server.pipe.send({ t: 'unsubd', ch: ['price/A'], err: { c: 'forbidden' } });
    expect(price.getSnapshot()).toMatchObject({ status: 'closed', data: undefined, position: null });
    server.pipe.send({ t: 'f', n: alias, o: 9, v: { bid: 9, ask: 9 } });
    expect(price.getSnapshot().data).toBeUndefined();
  });

  test('a whole sub that is refused refuses its channels', async () => {
    const { client, clock, server, price } = setUp();
    client.connect();
    await clock.settle();
    server.answers = false;
    price.retain();
    await clock.settle();
    server.pipe.send({ t: 'err', id: server.pipe.of('sub')[0]!.id, err: { c: 'bad_frame' } });
    expect(price.getSnapshot()).toMatchObject({ status: 'closed', error: { code: 'bad_frame' } });
  });
});

describe('the feed', () => {
  test('stat says stale and closed though the connection is fine; an answer counts as live again', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    server.toAll('price/A', { t: 'stat', s: 'stale', since: 5 });
    expect(price.getSnapshot()).toMatchObject({
      status: 'stale',
      reason: 'feed',
      feed: { status: 'stale', sinceMs: 5 },
    });
    server.toAll('price/A', { t: 'stat', s: 'live', since: 6 });
    expect(price.getSnapshot().status).toBe('live');
    server.toAll('price/A', { t: 'stat', s: 'closed', since: 7 });
    expect(price.getSnapshot()).toMatchObject({ status: 'closed', reason: 'feed', data: { bid: 1 } });
    server.toAll('price/A', { t: 'stat', s: 'who knows', since: 7 });
    expect(price.getSnapshot().status).toBe('live');
    server.toAll('price/A', { t: 'stat', s: 'stale', since: 5 });
    server.pipe.close(1006);
    await clock.advance(1_000);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', feed: null });
  });
});

describe('listeners', () => {
  test('one that throws is reported and stops nobody', async () => {
    const { client, clock, server, price, trades } = setUp();
    const errors: unknown[] = [];
    client.on('error', ({ code, cause }) => errors.push([code, (cause as Error).message]));
    client.on('error', () => {
      throw new Error('even here');
    });
    const seen: unknown[] = [];
    trades.onEvent(() => {
      throw new Error('mine');
    });
    trades.onEvent(({ id }) => seen.push(id));
    price.subscribe(() => {
      throw new Error('yours');
    });
    price.subscribe(({ data }) => seen.push(data?.bid));
    await clock.settle();
    seen.length = 0;
    errors.length = 0;
    server.append('trades/A', { id: 1 });
    server.set('price/A', { bid: 7, ask: 8 });
    expect(seen).toEqual([1, 7]);
    expect(errors).toContainEqual(['internal', 'mine']);
    expect(errors).toContainEqual(['internal', 'yours']);
    expect(price.getSnapshot().status).toBe('live');
  });

  test('one that was taken off is not called any more, not even by what is on its way', async () => {
    const { clock, server, trades } = setUp();
    const seen: string[] = [];
    trades.onEvent(() => {
      seen.push('first');
      stop();
    });
    const stop = trades.onEvent(() => seen.push('second'));
    await clock.settle();
    server.append('trades/A', { id: 1 });
    expect(seen).toEqual(['first']);
  });

  test('run after everything is settled, and may call everything', async () => {
    const { client, clock, server, price, book } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    const seen: string[] = [];
    client.on('connected', () => {
      seen.push(`connected ${client.connection.getSnapshot().status}`);
      book.retain();
      client.disconnect();
      client.connect();
    });
    client.on('disconnected', () => seen.push(`disconnected ${client.connection.getSnapshot().status}`));
    price.retain();
    await clock.settle();
    expect(seen[0]).toBe('connected connected');
    expect(seen[1]).toMatch(/^disconnected (connecting|disconnected)$/);
    client.close();
  });

  test('onChange tells every state a collection has, at receipt', async () => {
    const { clock, server, book } = setUp();
    const seen: unknown[] = [];
    book.onChange(({ position }) => seen.push([position.offset, book.getSnapshot().data?.size]));
    await clock.settle();
    const n = server.channels.get('book/A')!.alias;
    server.pipe.send(
      { t: 'd', n, o: 1, u: { a: {} } },
      { t: 'd', n, o: 2, u: { b: {} } },
      { t: 'd', n, o: 3, x: ['a', 'b'] },
    );
    expect(seen).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 0],
    ]);
  });
});

describe('when listeners are told', () => {
  test('by frame: once a paint, with the last value; hidden pages are told by events', async () => {
    const { clock, server, environment, price } = setUp({ scheduler: 'frame' });
    const seen: unknown[] = [];
    price.subscribe(({ data }) => seen.push(data?.bid));
    environment.paint();
    await clock.settle();
    environment.paint();
    seen.length = 0;
    for (let bid = 0; bid < 50; bid++) server.set('price/A', { bid, ask: 0 });
    expect(price.getSnapshot().data?.bid).toBe(49);
    expect(seen).toEqual([]);
    environment.paint();
    expect(seen).toEqual([49]);
    server.set('price/A', { bid: 50, ask: 0 });
    environment.emit('hidden');
    expect(seen).toEqual([49, 50]);
    server.set('price/A', { bid: 51, ask: 0 });
    await clock.settle();
    expect(seen).toEqual([49, 50, 51]);
  });

  test('a view holds back the snapshot, not only the news; a change of status does not wait', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 0, ask: 0 });
    const view = price.view({ maxUpdatesPerSecond: 10 });
    const listener = vi.fn();
    view.subscribe(listener);
    await clock.settle();
    await clock.advance(1_000);
    listener.mockClear();
    for (let bid = 1; bid <= 100; bid++) {
      server.set('price/A', { bid, ask: 0 });
      await clock.advance(10);
    }
    await clock.advance(100);
    expect(listener.mock.calls.length).toBeGreaterThanOrEqual(10);
    expect(listener.mock.calls.length).toBeLessThanOrEqual(12);
    expect(view.getSnapshot().data?.bid).toBe(100);
    server.set('price/A', { bid: 101, ask: 0 });
    await clock.settle();
    server.set('price/A', { bid: 102, ask: 0 });
    expect(view.getSnapshot().data?.bid).toBe(101);
    listener.mockClear();
    server.pipe.close(1006);
    expect(view.getSnapshot()).toMatchObject({ status: 'stale', data: { bid: 102 } });
    expect(listener).toHaveBeenCalledOnce();
  });

  test('a view of a part is told when the part changes, or the status', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 3 });
    const mid = price.view({ select: ({ bid, ask }) => (bid + ask) / 2 });
    const pair = price.view({ select: ({ bid }) => [bid], isEqual: ([a], [b]) => a === b });
    const listener = vi.fn();
    mid.subscribe(listener);
    pair.subscribe(() => undefined);
    await clock.settle();
    expect(mid.getSnapshot()).toMatchObject({ status: 'live', data: 2 });
    const before = [mid.getSnapshot(), pair.getSnapshot()];
    listener.mockClear();
    server.set('price/A', { bid: 1.5, ask: 2.5 });
    expect(mid.getSnapshot()).toBe(before[0]);
    expect(listener).not.toHaveBeenCalled();
    server.set('price/A', { bid: 1, ask: 2.5 });
    expect(mid.getSnapshot().data).toBe(1.75);
    expect(listener).toHaveBeenCalledOnce();
    const { data } = pair.getSnapshot();
    server.pipe.close(1006);
    expect(pair.getSnapshot()).toMatchObject({ status: 'stale' });
    expect(pair.getSnapshot().data).toBe(data);
  });

  test('subscribe tells the present snapshot first, also to who comes late', async () => {
    const { clock, server, price } = setUp({ scheduler: 'microtask' });
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    const seen: unknown[] = [];
    const stop = price.subscribe(({ status, data }) => seen.push([status, data?.bid]));
    expect(seen).toEqual([]);
    await clock.settle();
    expect(seen).toEqual([['live', 1]]);
    price.subscribe(() => seen.push('never'))();
    stop();
    server.set('price/A', { bid: 2, ask: 2 });
    await clock.settle();
    expect(seen).toEqual([['live', 1]]);
  });

  test('an interval: at once, then not before it has passed', async () => {
    const { clock, server, price } = setUp({ scheduler: { intervalMs: 100 } });
    const seen: unknown[] = [];
    price.subscribe(({ data }) => seen.push(data?.bid));
    await clock.advance(1_000);
    seen.length = 0;
    server.set('price/A', { bid: 1, ask: 0 });
    await clock.settle();
    server.set('price/A', { bid: 2, ask: 0 });
    server.set('price/A', { bid: 3, ask: 0 });
    await clock.advance(99);
    expect(seen).toEqual([1]);
    await clock.advance(1);
    expect(seen).toEqual([1, 3]);
  });
});

describe('a refusal is of what was asked, and of nothing else', () => {
  async function live() {
    const world = setUp();
    world.server.set('price/A', { bid: 1, ask: 2 });
    world.price.retain();
    await world.clock.settle();
    expect(world.price.getSnapshot().status).toBe('live');
    return world;
  }

  test('P-EXT-4 an err to a command leaves the channels alone', async () => {
    const { client, server, price } = await live();
    server.onRequest = (frame, pipe) => pipe.send({ t: 'err', id: frame.id, err: { c: 'bad_frame' } });
    await expect(client.command('place', { qty: 1 })).rejects.toMatchObject({ code: 'bad_frame' });
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 1, ask: 2 } });
  });

  test('an err to a sub leaves the channels of other questions alone', async () => {
    const { server, price, book, clock } = await live();
    server.answers = false;
    book.retain();
    await clock.settle();
    server.pipe.send({
      t: 'err',
      id: server.pipe.of('sub').at(-1)!.id,
      err: { c: 'rate_limited', ra: 60_000 },
    });
    expect(book.getSnapshot()).toMatchObject({ status: 'pending', reason: 'error' });
    expect(price.getSnapshot().status).toBe('live');
  });

  test('an err to an unsub leaves the channels alone', async () => {
    const { server, price, book, clock } = await live();
    const release = book.retain();
    await clock.settle();
    server.answers = false;
    release();
    await clock.advance(1_500);
    server.pipe.send({ t: 'err', id: server.pipe.of('unsub')[0]!.id, err: { c: 'rate_limited', ra: 100 } });
    expect(price.getSnapshot().status).toBe('live');
  });
});

test('channels released by the hundred are all given up, in frames a server accepts', async () => {
  const { client, server, clock } = setUp();
  const releases = Array.from({ length: 1_000 }, (_, each) =>
    client.channel('price/{symbol}', { symbol: 'x'.repeat(70) + String(each) }).retain(),
  );
  await clock.settle();
  expect(server.pipe.subscribed.size).toBe(1_000);
  for (const release of releases) release();
  await clock.advance(2_000);
  expect(server.pipe.subscribed.size).toBe(0);
});

test('the largest maxEvents counts, also that of who came later', async () => {
  const { server, trades, clock } = setUp();
  trades.with({ maxEvents: 2 }).retain();
  await clock.settle();
  trades.with({ maxEvents: 5 }).retain();
  for (let id = 1; id <= 5; id++) server.append('trades/A', { id });
  expect(trades.getSnapshot().data).toHaveLength(5);
});

test('the latency of a value without a time is unknown', async () => {
  const { server, price, clock } = setUp();
  server.set('price/A', { bid: 1, ask: 2 });
  price.retain();
  await clock.settle();
  const { id } = server.pipe.of('sub')[0]!;
  server.pipe.send({
    t: 'subd',
    id,
    r: [{ c: 'price/A', n: 1, kind: 'state', e: 'e1', o: 1, m: 'same', tf: 'at' }],
  });
  server.set('price/A', { bid: 2, ask: 2, at: 1_700_000_000_500 });
  expect(price.getSnapshot().latencyMs).toBeTypeOf('number');
  server.set('price/A', { bid: 3, ask: 2 }, { whole: true });
  expect(price.getSnapshot().latencyMs).toBeUndefined();
});

describe.each(['select', 'isEqual'] as const)('a view whose %s throws', (which) => {
  const broken = (): never => {
    throw new Error(which);
  };
  const options =
    which === 'select'
      ? { select: (price: { bid: number }) => (price.bid > 1 ? broken() : price.bid) }
      : { isEqual: broken };

  test('stops nobody else, and is reported', async () => {
    const { server, price, client, clock } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    client.on('error', ({ cause }) => errors.push(cause));
    price.subscribe(({ data }) => seen.push(data?.bid));
    price.view(options as never).subscribe(() => undefined);
    await clock.settle();
    for (const bid of [2, 3, 4]) server.set('price/A', { bid, ask: 2 });
    expect(seen.slice(-4)).toEqual([1, 2, 3, 4]);
    expect(errors).toContainEqual(new Error(which));
  });

  test('holds nothing once it is given up', async () => {
    const { server, price, client, clock } = setUp();
    server.set('price/A', { bid: 5, ask: 2 });
    const release = price.retain();
    await clock.settle();
    price.view(options as never).subscribe(() => undefined)();
    release();
    await clock.advance(5_000);
    expect(client.stats().subscriptions).toEqual([]);
  });
});
