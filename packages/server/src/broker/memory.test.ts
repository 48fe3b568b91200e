import { describe, expect, test } from 'vitest';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import { createMemoryBroker } from '../index.js';
import type { BrokerEvents, ChannelHead, ChannelSpec, Publication } from './broker.js';

const state: ChannelSpec = { id: 's', kind: 'state' };
const orders: ChannelSpec = { id: 'c', kind: 'collection' };
const tape: ChannelSpec = { id: 't', kind: 'stream', history: { size: 3, ttlMs: 1_000 } };

const record = (entries: Record<string, unknown>) => new Map(Object.entries(entries));
const update = (upsert: Record<string, unknown>, remove: readonly string[] = []) =>
  ({ type: 'update', upsert: record(upsert), patch: new Map(), remove }) as const;
const patch = (key: string, set: Record<string, unknown>, unset: readonly string[] = []) =>
  ({ type: 'update', upsert: new Map(), patch: new Map([[key, { set, unset }]]), remove: [] }) as const;

function setUp(options: { maxTombstones?: number; maxUnwatchedChannels?: number } = {}) {
  const clock = new VirtualClock();
  const memory = createMemoryBroker({ clock, random: new SeededRandom('memory'), ...options });
  const connect = () => {
    const heard: (readonly [string, Publication])[] = [];
    const unchanged: string[] = [];
    const events: BrokerEvents = {
      onPublication: (channel, publication) => heard.push([channel, publication]),
      onDeliveryUncertain: () => undefined,
      onUnchanged: (channel) => unchanged.push(channel),
    };
    return { broker: memory.connect(events), heard, unchanged };
  };
  return { clock, memory, connect };
}

const recordsOf = (head: ChannelHead) =>
  head.kind === 'collection'
    ? Object.fromEntries([...head.records].map(([key, { value, offset }]) => [key, [value, offset]]))
    : null;

describe('delivery', () => {
  test('every node that subscribed has heard before publish returns', () => {
    const { connect } = setUp();
    const [a, b, deaf] = [connect(), connect(), connect()];
    void a.broker.subscribe(state);
    void b.broker.subscribe(state);
    void a.broker.publish(state, { type: 'set', value: 1 });
    expect([a.heard.length, b.heard.length, deaf.heard.length]).toEqual([1, 1, 0]);
    expect(a.heard[0]?.[1]).toBe(b.heard[0]?.[1]);
  });

  test('offsets are linked and begin at 1', async () => {
    const { connect } = setUp();
    const { broker, heard } = connect();
    await broker.subscribe(state);
    await broker.publish(state, { type: 'set', value: 1 });
    await broker.publish(state, { type: 'set', value: 2 });
    expect(heard.map(([, { previousOffset, offset }]) => [previousOffset, offset])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test('what changes nothing makes no offset, and says that the source spoke', async () => {
    const { connect } = setUp();
    const { broker, heard, unchanged } = connect();
    await broker.subscribe(state);
    await broker.subscribe(orders);
    const first = await broker.publish(state, { type: 'set', value: { a: 1, b: [1] } });
    expect(await broker.publish(state, { type: 'set', value: { b: [1], a: 1 } })).toEqual(first);
    await broker.publish(orders, update({ k: 1 }));
    await broker.publish(orders, update({ k: 1 }, ['not there']));
    expect(heard).toHaveLength(2);
    expect(unchanged).toEqual(['s', 'c']);
  });

  test('after unsubscribe and close nothing is heard; the others go on', async () => {
    const { connect, memory } = setUp();
    const [a, b] = [connect(), connect()];
    await a.broker.subscribe(state);
    await b.broker.subscribe(state);
    await a.broker.unsubscribe('s');
    await b.broker.publish(state, { type: 'set', value: 1 });
    await a.broker.close();
    await expect(a.broker.publish(state, { type: 'set', value: 2 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect([a.heard.length, b.heard.length]).toEqual([0, 1]);
    await b.broker.close();
    expect(memory.stats()).toEqual({ channels: 1, watched: 0, connections: 0 });
  });

  test('a change of another kind is refused, and nothing is left behind', async () => {
    const { connect, memory } = setUp();
    const { broker } = connect();
    await expect(broker.publish(state, { type: 'append', events: [1] })).rejects.toMatchObject({
      code: 'bad_input',
    });
    expect(memory.stats().channels).toBe(0);
  });
});

describe('clocks that are set', () => {
  test('what was read carries its age by a clock that does not jump', async () => {
    const { connect, clock } = setUp();
    const { broker } = connect();
    await broker.publish(tape, { type: 'append', events: ['a'] });
    await clock.advance(300);
    clock.jumpWallClock(3_600_000);
    expect(await broker.read(tape)).toMatchObject({ silentMs: 300, log: [{ value: 'a', ageMs: 300 }] });
    clock.jumpWallClock(-7_200_000);
    await clock.advance(700);
    expect(await broker.read(tape)).toMatchObject({ log: [], floor: 1 });
  });
});

describe('collection', () => {
  test('records carry the offset of their last change; removed keys leave theirs', async () => {
    const { connect } = setUp();
    const { broker } = connect();
    await broker.publish(orders, update({ a: 1, b: 1 }));
    await broker.publish(orders, update({ a: 2 }));
    await broker.publish(orders, update({}, ['b']));
    const head = await broker.read(orders);
    expect(recordsOf(head)).toEqual({ a: [2, 2] });
    expect(head).toMatchObject({ offset: 3, floor: 0, tombstones: new Map([['b', 3]]) });
  });

  test('a patch is merged where the record lives, and published whole', async () => {
    const { connect } = setUp();
    const { broker, heard } = connect();
    await broker.subscribe(orders);
    await broker.publish(orders, update({ a: { x: 1, y: 1, z: 1 } }));
    await broker.publish(orders, patch('a', { y: 2 }, ['z']));
    expect(heard.at(-1)?.[1].change).toEqual({
      type: 'update',
      upsert: record({ a: { x: 1, y: 2 } }),
      remove: [],
    });
  });

  test('a patch of a record that is not there refuses the whole change', async () => {
    const { connect } = setUp();
    const { broker } = connect();
    const both = { ...patch('gone', { x: 1 }), upsert: record({ a: 1 }) };
    await expect(broker.publish(orders, both)).rejects.toMatchObject({ code: 'bad_input' });
    expect(await broker.read(orders)).toMatchObject({ offset: 0 });
  });

  test('removed and upserted in one change: the upsert wins, also with the same value', async () => {
    const { connect } = setUp();
    const { broker } = connect();
    await broker.publish(orders, update({ a: 1 }));
    await broker.publish(orders, update({ a: 1 }, ['a']));
    await broker.publish(orders, update({ a: 2 }, ['a', 'a']));
    expect(recordsOf(await broker.read(orders))).toEqual({ a: [2, 2] });
  });

  test('clear removes every key', async () => {
    const { connect } = setUp();
    const { broker, heard } = connect();
    await broker.subscribe(orders);
    await broker.publish(orders, update({ a: 1, b: 1 }));
    await broker.publish(orders, { type: 'clear' });
    expect(heard.at(-1)?.[1].change).toEqual({ type: 'update', upsert: new Map(), remove: ['a', 'b'] });
    const after = await broker.publish(orders, { type: 'clear' });
    expect(after.offset).toBe(2);
  });

  test('tombstones are bounded, and the floor says from where removals are complete', async () => {
    const { connect } = setUp({ maxTombstones: 2 });
    const { broker } = connect();
    await broker.publish(orders, update({ a: 1, b: 1, c: 1 }));
    for (const key of ['a', 'b', 'c']) await broker.publish(orders, update({}, [key]));
    expect(await broker.read(orders)).toMatchObject({
      floor: 2,
      tombstones: new Map([
        ['b', 3],
        ['c', 4],
      ]),
    });
  });

  test('what was read does not change afterwards', async () => {
    const { connect } = setUp();
    const { broker } = connect();
    await broker.publish(orders, update({ a: 1 }));
    const head = await broker.read(orders);
    await broker.publish(orders, update({ b: 1 }, ['a']));
    expect(recordsOf(head)).toEqual({ a: [1, 1] });
  });
});

describe('stream', () => {
  const logOf = (head: ChannelHead) =>
    head.kind === 'stream' ? head.log.map(({ offset, value }) => [offset, value]) : [];

  test('history is bounded by number and by age', async () => {
    const { connect, clock } = setUp();
    const { broker } = connect();
    await broker.publish(tape, { type: 'append', events: ['a', 'b', 'c', 'd'] });
    expect(await broker.read(tape)).toMatchObject({ offset: 4, floor: 1 });
    await clock.advance(600);
    await broker.publish(tape, { type: 'append', events: ['e'] });
    expect(logOf(await broker.read(tape))).toEqual([
      [3, 'c'],
      [4, 'd'],
      [5, 'e'],
    ]);
    await clock.advance(500);
    const head = await broker.read(tape);
    expect(logOf(head)).toEqual([[5, 'e']]);
    expect(head).toMatchObject({ floor: 4 });
  });

  test('no events make no offset', async () => {
    const { connect } = setUp();
    const { broker } = connect();
    expect(await broker.publish(tape, { type: 'append', events: [] })).toMatchObject({ offset: 0 });
  });
});

describe('epoch', () => {
  test('two brokers have two', async () => {
    const epochOf = async (seed: string) => {
      const { connect } = createMemoryBroker({ random: new SeededRandom(seed) });
      const broker = connect({ onPublication: () => undefined, onDeliveryUncertain: () => undefined });
      return (await broker.read(state)).epoch;
    };
    expect(await epochOf('a')).not.toBe(await epochOf('b'));
  });

  test('a channel keeps it from before its first write on', async () => {
    const { connect } = setUp();
    const { broker } = connect();
    const { epoch } = await broker.read(state);
    expect(await broker.publish(state, { type: 'set', value: 1 })).toEqual({ epoch, offset: 1 });
  });

  test('P-NODE-4 a channel that was forgotten comes back with another one, of at most 32 characters', async () => {
    const { connect, memory } = setUp({ maxUnwatchedChannels: 2 });
    const { broker } = connect();
    const spec = (id: string): ChannelSpec => ({ id, kind: 'state' });
    const first = await broker.publish(spec('a'), { type: 'set', value: 1 });
    for (const id of ['b', 'c']) await broker.publish(spec(id), { type: 'set', value: 1 });
    expect(memory.stats().channels).toBe(2);
    const again = await broker.publish(spec('a'), { type: 'set', value: 1 });
    expect(again.epoch).not.toBe(first.epoch);
    expect(again.epoch.length).toBeLessThanOrEqual(32);
  });

  test('watched channels are never forgotten', async () => {
    const { connect } = setUp({ maxUnwatchedChannels: 1 });
    const { broker } = connect();
    await broker.subscribe(state);
    const first = await broker.publish(state, { type: 'set', value: 1 });
    for (const id of ['b', 'c', 'd']) await broker.publish({ id, kind: 'state' }, { type: 'set', value: 1 });
    expect(await broker.read(state)).toMatchObject(first);
  });
});
