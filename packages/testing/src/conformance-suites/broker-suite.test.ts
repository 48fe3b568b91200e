import { type Broker, type BrokerEvents, type BrokerFactory, createMemoryBroker } from '@tickwire/server';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { SeededRandom } from '../random/seeded-random.js';
import { brokerCases, testBroker, type BrokerUnderTest } from './broker-suite.js';

let opened = 0;

function openMemoryBroker(): BrokerUnderTest {
  const clock = new VirtualClock();
  const create = (): BrokerFactory =>
    createMemoryBroker({ clock, random: new SeededRandom(`broker ${opened++}`) }).connect;
  let life = create();
  const nodes = new Set<{ inner: Broker; readonly events: BrokerEvents }>();
  return {
    // A process that dies and comes back empty: its nodes connect again, and say that they may have missed something.
    connect: (events) => {
      const node = { inner: life(events), events };
      nodes.add(node);
      return {
        publish: (...call) => node.inner.publish(...call),
        subscribe: (...call) => node.inner.subscribe(...call),
        unsubscribe: (...call) => node.inner.unsubscribe(...call),
        read: (...call) => node.inner.read(...call),
        close: () => node.inner.close(),
      };
    },
    wipe: () => {
      life = create();
      for (const node of nodes) {
        node.inner = life(node.events);
        node.events.onDeliveryUncertain('all');
      }
      return Promise.resolve();
    },
    advance: (ms) => clock.advance(ms),
  };
}

testBroker(openMemoryBroker, { describe, test });

describe('the suite finds', () => {
  /** The names of the cases that fail for a memory broker with a fault. */
  async function failures(
    breakIt: (broker: Broker, events: BrokerEvents) => Partial<Broker>,
    tell?: (events: BrokerEvents) => Partial<BrokerEvents>,
  ) {
    const cases = brokerCases(
      () => {
        const { connect } = createMemoryBroker();
        return {
          connect: (events) => {
            const told = { ...events, ...tell?.(events) };
            const broker = connect(told);
            return { ...broker, ...breakIt(broker, told) };
          },
        };
      },
      { leaveOut: ['wipe', 'age'] },
    );
    const failed: string[] = [];
    for (const { name, run } of cases) await run().catch(() => failed.push(name));
    return failed;
  }

  test('nothing in one that is whole', async () => {
    expect(await failures(() => ({}))).toEqual([]);
  });

  test('nothing in one that tells everything twice, as a broker may', async () => {
    const failed = await failures(
      () => ({}),
      (events) => ({
        onPublication: (channel, publication) => {
          events.onPublication(channel, publication);
          events.onPublication(channel, publication);
        },
      }),
    );
    expect(failed).toEqual([]);
  });

  test('nothing in one that is far away, whose answers and deliveries take their time', async () => {
    const later = <Result>(result: Result): Promise<Result> =>
      new Promise((resolve) => {
        setImmediate(resolve, result);
      });
    const failed = await failures(
      (broker) => ({
        publish: async (...call) => later(await broker.publish(...call)),
        subscribe: async (channel) => {
          await broker.subscribe(channel);
          await later(null);
        },
        read: async (...call) => later(await broker.read(...call)),
      }),
      (events) => ({
        onPublication: (...told) => {
          setImmediate(() => events.onPublication(...told));
        },
        onUnchanged: (channel) => {
          setImmediate(() => events.onUnchanged?.(channel));
        },
      }),
    );
    expect(failed).toEqual([]);
  });

  test('a publication that is not linked to the one before', async () => {
    const failed = await failures(
      () => ({}),
      (events) => ({
        onPublication: (channel, publication) =>
          events.onPublication(channel, { ...publication, previousOffset: publication.previousOffset + 1 }),
      }),
    );
    expect(failed).toContain(
      'P-NODE-2 publications of a channel come in its order, each linked to the one before',
    );
  });

  test('offsets that are given out again under one epoch', async () => {
    const failed = await failures((broker) => ({
      publish: async (...call) => ({ ...(await broker.publish(...call)), offset: 1 }),
    }));
    expect(failed).toContain('P-POS-2 offsets of an epoch increase with every change');
  });

  test('an error that is none of Tickwire', async () => {
    const failed = await failures((broker) => ({
      publish: (...call) =>
        broker.publish(...call).catch((error: unknown) => {
          throw new Error(String(error));
        }),
    }));
    expect(failed).toContain(
      'an update is done whole or not at all: a patch of what is not there refuses it',
    );
  });

  test('a case that the test cannot do, unless it is left out', async () => {
    const cases = brokerCases(() => ({ connect: createMemoryBroker().connect }));
    const wipe = cases.find(({ name }) => name.startsWith('P-POS-4 also'));
    await expect(wipe?.run()).rejects.toThrow('does not say how to wipe: give it, or leave its cases out');
  });
});
