import { TickwireError } from '@tickwire/protocol';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createClient } from '../client.js';
import { market } from '../test-support/market.js';
import { setUp as setUpClient } from '../test-support/set-up.js';
import { isCommandError } from './commands.js';
import { shownIn } from './shown-in.js';

/** A connected client, and what became of a call. */
async function setUp(options: Parameters<typeof setUpClient>[0] = {}) {
  const all = setUpClient(options);
  all.client.connect();
  await all.clock.settle();
  return all;
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => {
      if (!(error instanceof TickwireError)) throw error;
      return `${error.code} ${error.executed}`;
    },
  );

describe('a command', () => {
  test('carries what is left of its time, and resolves with the answer of its own connection', async () => {
    const { client, clock, server } = await setUp();
    const placed = client.command('place', { qty: 2 }, { timeoutMs: 3_000, key: 'k1' });
    await clock.settle();
    const { id, ...frame } = server.pipe.of('req')[0]!;
    expect(frame).toEqual({ t: 'req', m: 'place', v: { qty: 2 }, ttl: 3_000, k: 'k1' });
    server.pipe.send({ t: 'res', id: id + 500, v: 'foreign' });
    server.pipe.send({ t: 'res', id, v: { id: 'o1' } });
    server.pipe.send({ t: 'res', id, v: { id: 'again' } });
    await expect(placed).resolves.toEqual({ id: 'o1' });
    expectTypeOf(placed).resolves.toEqualTypeOf<{ id: string }>();
  });

  test('that fails says so with a TickwireError; declared errors are typed', async () => {
    const { client, server } = await setUp();
    server.onRequest = (frame, pipe) =>
      pipe.send({
        t: 'res',
        id: frame.id,
        err: { c: 'app.insufficientFunds', m: 'poor', d: { needed: 9 }, x: 'no' },
      });
    const error: unknown = await client.command('place', { qty: 1 }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TickwireError);
    expect(isCommandError(error, 'insufficientFunds')).toBe(true);
    expect(isCommandError(error, 'other')).toBe(false);
    expect(isCommandError(new Error('x'), 'insufficientFunds')).toBe(false);
    if (!client.isCommandError(error, 'insufficientFunds')) throw new Error('not recognised');
    expectTypeOf(error.data).toEqualTypeOf<{ needed: number }>();
    expect(error.data.needed).toBe(9);
    expect(error.executed).toBe('no');
  });

  test.each([
    [
      'without a connection',
      async () => {
        const { client } = await setUp();
        client.disconnect();
        return client.command('place', { qty: 1 });
      },
      'unavailable no',
    ],
    [
      'while reconnecting',
      async () => {
        const { client, server } = await setUp();
        server.pipe.close(1006);
        return client.command('place', { qty: 1 });
      },
      'unavailable no',
    ],
    [
      'whose connection breaks',
      async () => {
        const { client, clock, server } = await setUp();
        const placed = client.command('place', { qty: 1 });
        await clock.settle();
        server.pipe.close(1006);
        return placed;
      },
      'indeterminate maybe',
    ],
    [
      'that is not answered in time',
      async () => {
        const { client, clock } = await setUp();
        const placed = client.command('place', { qty: 1 }, { timeoutMs: 400 });
        placed.catch(() => undefined);
        await clock.advance(400);
        return placed;
      },
      'timeout maybe',
    ],
    [
      'that is larger than the server accepts',
      async () => {
        const { client } = await setUp();
        return client.command('place', { qty: 'ä'.repeat(40_000) } as never);
      },
      'too_large no',
    ],
    [
      'whose input is not JSON',
      async () => {
        const { client } = await setUp();
        return client.command('place', { qty: 1n } as never);
      },
      'bad_input no',
    ],
    [
      'cancelled before it was sent',
      async () => {
        const { client } = await setUp();
        return client.command('place', { qty: 1 }, { signal: AbortSignal.abort('why') });
      },
      'cancelled no',
    ],
  ])('%s', async (_, make, expected) => {
    expect(await outcome(make())).toBe(expected);
  });

  test('cancelled under way rejects at once, with the cause, and asks the server to stop', async () => {
    const { client, clock, server } = await setUp();
    const aborter = new AbortController();
    const placed = client.command('place', { qty: 1 }, { signal: aborter.signal });
    await clock.settle();
    aborter.abort('enough');
    await expect(placed).rejects.toMatchObject({ code: 'cancelled', executed: 'maybe', cause: 'enough' });
    await clock.settle();
    const { id } = server.pipe.of('req')[0]!;
    expect(server.pipe.of('cancel')).toEqual([{ t: 'cancel', id }]);
    server.pipe.send({ t: 'res', id, v: 1 });
  });

  test('over what the server takes at once is refused, not sent', async () => {
    const all = setUpClient();
    all.server.welcome = { lim: { inflight: 2 } };
    all.client.connect();
    await all.clock.settle();
    const calls = [1, 2, 3].map((qty) => outcome(all.client.command('place', { qty })));
    expect(await calls[2]).toBe('limit no');
    await all.clock.settle();
    expect(all.server.pipe.of('req')).toHaveLength(2);
    all.client.close();
  });
});

describe('across a broken connection (P-CMD-2)', () => {
  test('with a key it is sent again, once, until its deadline', async () => {
    const { client, clock, server } = await setUp();
    const placed = client.command('place', { qty: 1 }, { key: 'k' });
    await clock.settle();
    server.pipe.close(1006);
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: frame.k, rp: 1 });
    await clock.advance(1_000);
    await expect(placed).resolves.toBe('k');
    expect(server.pipe.of('req')).toHaveLength(1);
    const lost = client.command('place', { qty: 1 }, { key: 'k2', timeoutMs: 900 });
    lost.catch(() => undefined);
    server.onRequest = () => undefined;
    await clock.settle();
    server.opens = false;
    server.pipe.close(1006);
    await clock.advance(900);
    expect(await outcome(lost)).toBe('timeout maybe');
  });

  test('sent again and then refused, it may have been done all the same; what is replayed is known', async () => {
    for (const [rp, executed] of [
      [undefined, 'maybe'],
      [1, 'no'],
    ] as const) {
      const { client, clock, server } = await setUp();
      const placed = outcome(client.command('place', { qty: 1 }, { key: 'k1' }));
      await clock.settle();
      server.pipe.close(1006);
      await clock.advance(1_000);
      const { id } = server.pipe.of('req')[0]!;
      server.pipe.send({ t: 'res', id, err: { c: 'unavailable', x: 'no' }, ...(rp && { rp }) });
      expect(await placed).toBe(`unavailable ${executed}`);
    }
  });

  test('a command the contract calls idempotent too, with the time it says', async () => {
    const { clock, server } = setUpClient();
    const client = createClient(market, {
      url: 'ws://x',
      clock,
      transport: server.transport,
      random: { float: () => 0.5 },
      logger: () => undefined,
    });
    client.connect();
    await clock.settle();
    const refreshed = client.command('refresh', {});
    await clock.settle();
    expect(server.pipe.of('req')[0]?.ttl).toBe(700);
    server.pipe.close(1006);
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: frame.ttl });
    await clock.advance(500);
    await expect(refreshed).resolves.toBeLessThan(700);
  });

  test('one that was discarded by reject was not done', async () => {
    const { client, clock, server } = setUpClient();
    server.onHello = (pipe) => {
      pipe.send({ t: 'reject', err: { c: 'unauthenticated' } });
      pipe.close(4200);
    };
    const placed = outcome(client.command('place', { qty: 1 }));
    await clock.settle();
    expect(await placed).toBe('unavailable no');
  });
});

describe('a key that runs', () => {
  test('P-CMD-5 in_flight: asked again with the same key after the time it says, until the answer', async () => {
    const { client, clock, server } = await setUp();
    server.onRequest = (frame, pipe) =>
      pipe.send({ t: 'res', id: frame.id, err: { c: 'in_flight', x: 'maybe', ra: 700 } });
    const placed = client.command('place', { qty: 1 }, { key: 'k', timeoutMs: 3_000 });
    await clock.advance(699);
    expect(server.pipe.of('req')).toHaveLength(1);
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: 'done', rp: 1 });
    await clock.advance(1);
    await expect(placed).resolves.toBe('done');
    expect(server.pipe.of('req').map(({ k, ttl }) => [k, ttl])).toEqual([
      ['k', 3_000],
      ['k', 2_300],
    ]);
  });

  test('P-CMD-5 in_flight until the deadline: timeout, maybe', async () => {
    const { client, clock, server } = await setUp();
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, err: { c: 'in_flight' } });
    const placed = outcome(client.command('place', { qty: 1 }, { key: 'k', timeoutMs: 1_200 }));
    await clock.advance(1_200);
    expect(await placed).toBe('timeout maybe');
    expect(server.pipe.of('req')).toHaveLength(3);
  });

  test('P-CMD-5 the connection breaks while it waits to ask again: it asks on the next', async () => {
    const { client, clock, server } = await setUp();
    server.onRequest = (frame, pipe) =>
      pipe.send({ t: 'res', id: frame.id, err: { c: 'in_flight', ra: 10 } });
    const placed = client.command('place', { qty: 1 }, { key: 'k', timeoutMs: 3_000 });
    await clock.settle();
    server.pipe.close(1006);
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: 'done', rp: 1 });
    await clock.advance(2_000);
    await expect(placed).resolves.toBe('done');
  });
});

describe('until its effect is shown', () => {
  const symbol = { symbol: 'A' };
  const at = (o: number, more: object[] = []) => [{ c: 'price/A', e: 'e1', o }, ...more];

  /** A client that reads a channel at offset 1, and a command whose effect is at `o` of it. */
  async function ask(positions: readonly object[], options: object = {}) {
    const all = await setUp();
    const { client, clock, server } = all;
    server.set('price/A', { bid: 1 });
    const handle = client.channel('price/{symbol}', symbol);
    handle.retain();
    await clock.settle();
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: 'done', at: positions });
    let shown: unknown = 'waits';
    const other = client.channel('price/{symbol}', { symbol: 'C' });
    const placed = outcome(
      client.command('place', { qty: 1 }, { until: shownIn(handle, other), ...options }),
    );
    void placed.then((value) => (shown = value));
    await clock.settle();
    return { ...all, handle, shown: () => shown };
  }

  test('P-CMD-10 resolves when the channel shows the effect, not before', async () => {
    const { clock, server, shown, handle } = await ask(at(3));
    server.set('price/A', { bid: 2 });
    await clock.settle();
    expect(shown()).toBe('waits');
    server.set('price/A', { bid: 3 });
    await clock.settle();
    expect(shown()).toEqual({ value: 'done' });
    expect(handle.getSnapshot().data).toEqual({ bid: 3 });
  });

  test.each([
    ['it is shown already', at(1)],
    ['none of these channels was written', [{ c: 'price/B', e: 'e1', o: 9 }]],
    ['nothing was published', []],
  ])('P-CMD-10 resolves at once where %s', async (_why, positions) => {
    const { shown } = await ask(positions);
    expect(shown()).toEqual({ value: 'done' });
  });

  test('P-CMD-10 waits over a broken connection', async () => {
    const { clock, server, shown } = await ask(at(2));
    server.pipe.close(1006);
    await clock.settle();
    expect(shown()).toBe('waits');
    server.set('price/A', { bid: 2 }, { silent: true });
    await clock.advance(2_000);
    expect(shown()).toEqual({ value: 'done' });
  });

  test('it was done: at the deadline, and given up, it resolves all the same', async () => {
    const late = await ask(at(9), { timeoutMs: 400 });
    await late.clock.advance(399);
    expect(late.shown()).toBe('waits');
    await late.clock.advance(1);
    expect(late.shown()).toEqual({ value: 'done' });
    const controller = new AbortController();
    const abandoned = await ask(at(9), { signal: controller.signal });
    controller.abort();
    await abandoned.clock.settle();
    expect(abandoned.shown()).toEqual({ value: 'done' });
    expect(abandoned.server.pipe.of('cancel')).toEqual([]);
  });

  test('nobody holds the channels for its sake afterwards', async () => {
    const { client, clock, shown } = await ask(at(9), { timeoutMs: 400 });
    await clock.advance(400);
    expect(shown()).toEqual({ value: 'done' });
    await clock.advance(60_000);
    expect(client.stats().subscriptions).toEqual(['price/A']);
  });

  test('a command that failed is not held back', async () => {
    const { client, server } = await setUp();
    server.onRequest = (frame, pipe) =>
      pipe.send({ t: 'res', id: frame.id, err: { c: 'internal', x: 'yes' }, at: at(9) });
    const handle = client.channel('price/{symbol}', symbol);
    expect(await outcome(client.command('place', { qty: 1 }, { until: shownIn(handle) }))).toBe(
      'internal yes',
    );
  });

  test('without it the answer is the end', async () => {
    const { shown } = await ask(at(9), { until: undefined });
    expect(shown()).toEqual({ value: 'done' });
  });
});

describe('the queue', () => {
  test('keeps a command for the next connection only if it was asked to', async () => {
    const { client, clock, server } = await setUp();
    server.pipe.close(1006);
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: 'done' });
    const kept = outcome(client.command('place', { qty: 1 }, { queue: true }));
    expect(client.stats().queueSize).toBe(1);
    expect(await outcome(client.command('place', { qty: 1 }))).toBe('unavailable no');
    await clock.advance(1_000);
    expect(await kept).toEqual({ value: 'done' });
  });

  test('is bounded by size and time', async () => {
    const { client, clock, server } = await setUp({
      queue: { maxSize: 2, policy: 'dropOldest', expiryMs: 500 },
    });
    server.opens = false;
    server.pipe.close(1006);
    const calls = [1, 2, 3].map((qty) => outcome(client.command('place', { qty }, { queue: true })));
    expect(await calls[0]).toBe('unavailable no');
    await clock.advance(500);
    expect(await Promise.all(calls.slice(1))).toEqual(['deadline no', 'deadline no']);
  });

  test('a deadline ends the waiting too', async () => {
    const { client, clock, server } = await setUp();
    server.opens = false;
    server.pipe.close(1006);
    const call = outcome(client.command('place', { qty: 1 }, { queue: true, timeoutMs: 300 }));
    await clock.advance(300);
    expect(await call).toBe('deadline no');
  });

  const done = { value: 'done' };
  test.each([
    ['reject', 2, [done, done, 'limit no']],
    ['dropNewest', 2, [done, done, 'unavailable no']],
    ['dropOldest', 2, ['unavailable no', done, done]],
    ['reject', 3, [done, done, done]],
    ['dropOldest', 0, ['unavailable no', 'unavailable no', 'unavailable no']],
  ] as const)('of three commands, %s with room for %d', async (policy, maxSize, expected) => {
    const { client, clock, server } = await setUp({ queue: { maxSize, policy } });
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: 'done' });
    server.pipe.close(1006);
    const calls = [1, 2, 3].map((qty) => outcome(client.command('place', { qty }, { queue: true })));
    await clock.advance(1_000);
    expect(await Promise.all(calls)).toEqual(expected);
  });
});

describe('commands that may wait', () => {
  test('wait for room where the server does so many at once only', async () => {
    const { client, clock, server } = setUpClient();
    server.welcome = { lim: { in: 65_536, inflight: 2 } };
    client.connect();
    await clock.settle();
    client.disconnect();
    const asked: (() => void)[] = [];
    server.onRequest = ({ id }, pipe) => asked.push(() => pipe.send({ t: 'res', id, v: { id: 'o' } }));
    const ends = Promise.all(
      [1, 2, 3, 4, 5].map((qty) =>
        outcome(client.command('place', { qty }, { queue: true, timeoutMs: 60_000 })),
      ),
    );
    client.connect();
    await clock.settle();
    expect(asked).toHaveLength(2);
    while (asked.length > 0) {
      asked.shift()?.();
      await clock.settle();
    }
    expect(await ends).toEqual(Array.from({ length: 5 }, () => ({ value: { id: 'o' } })));
  });

  test('P-CMD-5 a key that runs is not asked for again before its time, on a new connection neither', async () => {
    const { client, clock, server } = await setUp();
    let asked = 0;
    server.onRequest = ({ id }, pipe) => {
      asked++;
      pipe.send({ t: 'res', id, err: { c: 'in_flight', ra: 5_000 } });
    };
    void client.command('place', { qty: 1 }, { key: 'k', timeoutMs: 60_000 }).catch(() => undefined);
    await clock.settle();
    server.pipe.close(1006);
    await clock.advance(2_000);
    expect(asked).toBe(1);
    await clock.advance(4_000);
    expect(asked).toBe(2);
  });
});

test('a command without a deadline says nothing of one', async () => {
  const { client, clock, server } = await setUp();
  void client.command('place', { qty: 1 }, { timeoutMs: Infinity }).catch(() => undefined);
  await clock.settle();
  expect(server.pipe.of('req')[0]).not.toHaveProperty('ttl');
});

test('a reject after welcome says nothing of what was sent', async () => {
  const { client, server, clock } = await setUp();
  const placed = outcome(client.command('place', { qty: 1 }));
  await clock.settle();
  server.pipe.send({ t: 'reject', err: { c: 'session_revoked' } });
  server.pipe.close(4202);
  expect(await placed).toBe('indeterminate maybe');
});
