import { collection, defineContract, state } from '@tickwire/protocol';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createMemoryBroker, createPublisher } from './index.js';
import { Market, market as contract } from './test-support/market.js';

function feed() {
  const broker = createMemoryBroker({ clock: new VirtualClock(), random: new SeededRandom('feed') });
  return { broker, publisher: createPublisher(contract, { broker: broker.connect }) };
}

describe('a publisher without a server', () => {
  test('reaches the readers of a server on the same broker', async () => {
    const { broker, publisher } = feed();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    await publisher.channel('quote/{symbol}', { symbol: 'A' }).set({ bid: 1, ask: 2 });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'f', o: 1, v: { bid: 1, ask: 2 } }]);
  });

  test('reads what is there, as a copy', async () => {
    const { publisher } = feed();
    const orders = publisher.channel('orders/{owner}', { owner: 'ann' });
    expect(orders.id).toBe('orders/ann');
    await orders.upsert({ id: 'a', size: 1 });
    const { data, position } = await orders.read();
    expect([...data]).toEqual([['a', { id: 'a', size: 1 }]]);
    expect(position.offset).toBe(1);
    const record = data.get('a');
    if (record !== undefined) record.size = 99;
    expect((await orders.read()).data.get('a')).toEqual({ id: 'a', size: 1 });
  });

  test('closed, it rejects with unavailable', async () => {
    const { publisher } = feed();
    await publisher.close();
    await expect(publisher.channel('tape/{symbol}', { symbol: 'A' }).append({ n: 1 })).rejects.toMatchObject({
      name: 'TickwireError',
      code: 'unavailable',
    });
  });
});

describe('refusals', () => {
  const refused = { name: 'TickwireError', code: 'bad_input', executed: 'no' };

  test('values that do not fit, with nothing written', async () => {
    const { publisher } = feed();
    const quote = publisher.channel('quote/{symbol}', { symbol: 'A' });
    for (const value of [{ bid: NaN, ask: 1 }, { bid: 1 }, null, undefined, 'x']) {
      await expect(quote.set(value as never)).rejects.toMatchObject(refused);
    }
    const tape = publisher.channel('tape/{symbol}', { symbol: 'A' });
    await expect(tape.append({ n: 1 }, { n: 'x' } as never)).rejects.toMatchObject(refused);
    expect((await tape.read()).position.offset).toBe(0);
  });

  test('a channel id that cannot be', () => {
    const { publisher } = feed();
    expect(() => publisher.channel('quote/{symbol}', { symbol: '' })).toThrow(
      expect.objectContaining({ code: 'bad_params' }) as Error,
    );
    expect(() => (publisher.channel as (name: string) => unknown)('nothing')).toThrow(
      expect.objectContaining({ code: 'unknown_channel' }) as Error,
    );
  });

  test('keys that would be changed or cannot be text', async () => {
    const { publisher } = feed();
    const orders = publisher.channel('orders/{owner}', { owner: 'ann' });
    await orders.upsert({ id: 'a', size: 1 });
    await expect(orders.patch('a', { id: 'b' })).rejects.toMatchObject(refused);
    await expect(orders.upsert({ id: '\ud800', size: 1 })).rejects.toMatchObject(refused);
    await expect(orders.remove('\ud800')).rejects.toMatchObject(refused);
    await expect(orders.patch('nobody', { size: 1 })).rejects.toMatchObject(refused);
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'must be an object with `upsert`, `patch` or `remove`'],
    ['null', null, 'must be an object with `upsert`, `patch` or `remove`'],
    ['one key, not in an array', { remove: 'abc' }, 'needs an array of keys as `remove`'],
    ['one record, not in an array', { upsert: {} }, 'needs an array of records as `upsert`'],
    ['no patch at all', { patch: null }, 'needs an object or a Map of fields by key as `patch`'],
    ['a list as patch', { patch: ['a'] }, 'needs an object or a Map of fields by key as `patch`'],
  ])('an update that is none is a mistake, and not the broker’s: %s', async (_what, change, why) => {
    const { publisher } = feed();
    const orders = publisher.channel('orders/{owner}', { owner: 'ann' });
    await expect(orders.update(change as never)).rejects.toMatchObject({
      ...refused,
      message: `An update of "orders/ann" ${why}.`,
    });
  });

  test('an update that throws while it is read is a mistake, and not the broker’s', async () => {
    const { publisher } = feed();
    const change = {
      get upsert(): never {
        throw new Error('secret');
      },
    };
    await expect(
      publisher.channel('orders/{owner}', { owner: 'ann' }).update(change as never),
    ).rejects.toMatchObject({
      ...refused,
      message: 'What is published into "orders/ann" cannot be read.',
    });
  });

  test('P-MODEL-4 half a surrogate pair, in a text or in a key', async () => {
    const { publisher } = feed();
    const quote = publisher.channel('quote/{symbol}', { symbol: 'A' });
    await expect(quote.set({ bid: 1, ask: 2, venue: 'x\ud800' })).rejects.toMatchObject(refused);
    expect((await quote.read()).position.offset).toBe(0);
  });

  test('patches are checked field by field', async () => {
    const { publisher } = feed();
    const orders = publisher.channel('orders/{owner}', { owner: 'ann' });
    await orders.upsert({ id: 'a', size: 1, note: 'x' });
    await expect(orders.patch('a', { size: 'large' as never })).rejects.toMatchObject(refused);
    await expect(orders.patch('a', { nothing: 1 } as never)).rejects.toMatchObject(refused);
    await expect(orders.patch('a', { size: undefined as never })).rejects.toMatchObject(refused);
    await orders.patch('a', { size: 2, note: undefined });
    expect((await orders.read()).data.get('a')).toEqual({ id: 'a', size: 2 });
  });

  test('records whose schema is no object cannot be patched', async () => {
    const shapes = defineContract({
      name: 'shapes',
      version: '1.0.0',
      channels: {
        shapes: collection(
          z.discriminatedUnion('kind', [
            z.object({ kind: z.literal('a'), id: z.string().max(9) }),
            z.object({ kind: z.literal('b'), id: z.string().max(9), r: z.number() }),
          ]),
          { key: 'id' },
        ),
        note: state(z.string().max(10)),
      },
    });
    const { connect } = createMemoryBroker({ clock: new VirtualClock(), random: new SeededRandom('shapes') });
    const publisher = createPublisher(shapes, { broker: connect });
    await publisher.channel('shapes').upsert({ kind: 'b', id: '1', r: 2 });
    await expect(publisher.channel('shapes').patch('1', { kind: 'a' })).rejects.toMatchObject(refused);
    await publisher.channel('note').set('hello');
    expect((await publisher.channel('note').read()).data).toBe('hello');
  });
});

test('publishes that are not awaited keep their order', async () => {
  const { publisher } = feed();
  const tape = publisher.channel('tape/{symbol}', { symbol: 'A' });
  const positions = await Promise.all([1, 2, 3, 4].map((n) => tape.append({ n })));
  expect(positions.map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
});

test('a name the contract does not have: unknown_channel, and which names it has', () => {
  const { server } = new Market();
  const open = () => server.channel('nope' as 'quote/{symbol}', { symbol: 'A' });
  expect(open).toThrow(expect.objectContaining({ code: 'unknown_channel', executed: 'no' }) as Error);
  expect(open).toThrow('The contract has no channel "nope". It has: quote/{symbol}');
});
