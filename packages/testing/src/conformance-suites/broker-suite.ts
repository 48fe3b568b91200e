// Broker suite: what every broker must hold, in this process or far away. Each case opens a broker and uses channels
// that nobody else uses, so a broker that lives on between cases is fine.
import { isTickwireError, MAX_EPOCH_LENGTH, type Position } from '@tickwire/protocol';
import type { BrokerFactory, Change, ChannelHead, ChannelSpec } from '@tickwire/server';
import { eventually, mustBe, mustEqual, rejectionOf } from './assertions.js';
import { BrokerNode, contents, follow } from './broker-node.js';
import { type ConformanceCase, registerCases, type SuiteRunner } from './conformance-case.js';

/** A broker, opened for one case. */
export interface BrokerUnderTest {
  /** Connects a node. */
  readonly connect: BrokerFactory;
  /**
   * Lets it lose everything it has, as a store does that is emptied or replaced. Resolves when nodes can publish again.
   * Its cases fail where it is not there: leave out `wipe`.
   */
  readonly wipe?: (() => Promise<void>) | undefined;
  /**
   * Lets so many milliseconds pass for the age of what it keeps. Its cases fail where it is not there: leave out `age`.
   */
  readonly advance?: ((ms: number) => Promise<void>) | undefined;
  /** Ends it, after the case. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** What a broker may be unable to be tried for. */
export type BrokerAbility = 'wipe' | 'age';

/** Options of {@link testBroker}. */
export interface BrokerSuiteOptions {
  /**
   * Cases that need something this broker's test cannot do.
   * @defaultValue none
   */
  readonly leaveOut?: readonly BrokerAbility[] | undefined;
}

/** What a case works with. */
interface Bench {
  readonly under: BrokerUnderTest;
  /** A further connection. */
  readonly node: () => BrokerNode;
  readonly state: ChannelSpec;
  readonly records: ChannelSpec;
  /** Keeps three events for a second. */
  readonly events: ChannelSpec;
}

type Run = (bench: Bench) => Promise<void>;

const HISTORY = Object.freeze({ size: 3, ttlMs: 1_000 });
const WRITERS = 4;
const WRITES = 25;

const set = (value: unknown): Change => ({ type: 'set', value });
const append = (...events: readonly unknown[]): Change => ({ type: 'append', events });
const upsert = (records: Readonly<Record<string, unknown>>, remove: readonly string[] = []): Change => ({
  type: 'update',
  upsert: new Map(Object.entries(records)),
  patch: new Map(),
  remove,
});
const patch = (
  key: string,
  fields: Readonly<Record<string, unknown>>,
  unset: readonly string[] = [],
): Change => ({
  type: 'update',
  upsert: new Map(),
  patch: new Map([[key, { set: fields, unset }]]),
  remove: [],
});

const positionOf = ({ epoch, offset }: Position): Position => ({ epoch, offset });

async function refused(promise: Promise<unknown>, code: string, what: string): Promise<void> {
  const error = await rejectionOf(promise, what);
  mustBe(isTickwireError(error), `${what} must be refused with a TickwireError, not ${String(error)}`);
  mustEqual(error.code, code, `${what} must be refused with the code "${code}"`);
}

function collectionHead(head: ChannelHead): Extract<ChannelHead, { kind: 'collection' }> {
  mustBe(head.kind === 'collection', 'the head of a collection must say that it is one');
  return head;
}

function streamHead(head: ChannelHead): Extract<ChannelHead, { kind: 'stream' }> {
  mustBe(head.kind === 'stream', 'the head of a stream must say that it is one');
  return head;
}

const writing: Readonly<Record<string, Run>> = {
  'a channel that was never written has offset 0 and nothing in it': async ({
    node,
    state,
    records,
    events,
  }) => {
    const { broker } = node();
    const [one, many, log] = [
      await broker.read(state),
      await broker.read(records),
      await broker.read(events),
    ];
    mustEqual([one.offset, many.offset, log.offset], [0, 0, 0], 'an offset');
    mustEqual(
      [contents(one), contents(many), contents(log)],
      [{ document: undefined }, new Map(), []],
      'the data',
    );
    mustEqual([one.spokeAtMs, many.spokeAtMs, log.spokeAtMs], [null, null, null], 'when the source spoke');
  },

  'what was published is read back, at the position it was given': async ({
    node,
    state,
    records,
    events,
  }) => {
    const { broker } = node();
    for (const [channel, change, held] of [
      [state, set({ a: 1 }), { document: { a: 1 } }],
      [records, upsert({ k: { a: 1 } }), new Map([['k', { a: 1 }]])],
    ] as const) {
      const position = await broker.publish(channel, change);
      const head = await broker.read(channel);
      mustEqual(positionOf(head), position, `the position of ${channel.kind}`);
      mustEqual(contents(head), held, `the data of ${channel.kind}`);
      mustBe(typeof head.spokeAtMs === 'number', 'a channel that was written must say when');
    }
    const position = await broker.publish(events, append('a', 'b'));
    const head = streamHead(await broker.read(events));
    mustEqual(positionOf(head), position, 'the position of a stream is that of its last event');
    mustEqual(
      head.log.map(({ value }) => value),
      ['a', 'b'],
      'the events',
    );
  },

  'another node reads the same': async ({ node, state }) => {
    const position = await node().publish(state, set('x'));
    const head = await node().broker.read(state);
    mustEqual([positionOf(head), contents(head)], [position, { document: 'x' }], 'what another node reads');
  },

  'P-POS-2 offsets of an epoch increase with every change': async ({ node, state }) => {
    const { broker } = node();
    let last = positionOf(await broker.read(state));
    for (let value = 1; value <= 5; value++) {
      const next = await broker.publish(state, set(value));
      mustEqual(next.epoch, last.epoch, 'the epoch, while nothing is lost');
      mustBe(Number.isSafeInteger(next.offset), 'an offset must be a whole number below 2^53');
      mustBe(next.offset > last.offset, `offset ${next.offset} must be above ${last.offset}`);
      last = next;
    }
  },

  'P-POS-1 an epoch is a text of 1 to 32 characters': async ({ node, state }) => {
    const { epoch } = await node().publish(state, set(1));
    mustBe(epoch.length >= 1 && epoch.length <= MAX_EPOCH_LENGTH, `"${epoch}" must have 1 to 32 characters`);
  },

  'a change that changes nothing makes no offset, is no publication, and counts as a sign of life': async ({
    node,
    state,
    records,
    events,
  }) => {
    const { broker, unchanged, heard } = readable(node());
    await broker.subscribe(state);
    const first = await broker.publish(state, set({ a: [1, null], b: {} }));
    mustEqual(await broker.publish(state, set({ b: {}, a: [1, null] })), first, 'an equal document');
    await eventually(() => unchanged.includes(state.id), 'an equal document must be told as unchanged');
    mustEqual(heard(state).length, 1, 'the number of publications');
    const kept = await broker.publish(records, upsert({ k: { a: 1 } }));
    mustEqual(await broker.publish(records, upsert({ k: { a: 1 } })), kept, 'an equal record');
    mustEqual(await broker.publish(records, upsert({}, ['other'])), kept, 'a removal of what is not there');
    const told = await broker.publish(events, append('a'));
    mustEqual(await broker.publish(events, append()), told, 'no events');
  },

  'P-MODEL-4 every JSON value comes back as it was': async ({ node, state, records, events }) => {
    const { broker } = node();
    const values = [
      null,
      true,
      0,
      -0.1,
      1e300,
      '',
      'ä\u2028"\\\n😀',
      [],
      {},
      [[[]]],
      { '': { ' ': null } },
      JSON.parse('{"__proto__":{"a":1},"constructor":2}') as unknown,
    ];
    for (const value of values) {
      await broker.publish(state, set({ value }));
      mustEqual(contents(await broker.read(state)), { document: { value } }, 'a value of a state');
    }
    const keys = ['', 'a/b', '__proto__', 'constructor', '😀', ' '];
    await broker.publish(records, upsert(Object.fromEntries(keys.map((key) => [`k${key}`, { key }]))));
    await broker.publish(records, {
      type: 'update',
      upsert: new Map([['__proto__', { key: 1 }]]),
      patch: new Map(),
      remove: [],
    });
    const head = collectionHead(await broker.read(records));
    mustEqual(
      [...head.records.keys()].sort(),
      [...keys.map((key) => `k${key}`), '__proto__'].sort(),
      'P-FRAME-6 the keys of a collection',
    );
    for (const value of values) await broker.publish(events, append(value));
    mustEqual(
      streamHead(await broker.read(events)).log.map(({ value }) => value),
      values.slice(-HISTORY.size),
      'events',
    );
  },

  'channels do not touch each other, whatever their ids look like': async ({ node, state }) => {
    const { broker, heard } = readable(node());
    const family = ['', '/a', '/a/b', '/A', '%2Fa', '.a', '*', '>'].map((suffix) => ({
      ...state,
      id: state.id + suffix,
    }));
    for (const channel of family) await broker.subscribe(channel);
    const positions = [];
    for (const channel of family) positions.push(await broker.publish(channel, set(channel.id)));
    for (const [at, channel] of family.entries()) {
      mustEqual(contents(await broker.read(channel)), { document: channel.id }, `what ${channel.id} holds`);
      await eventually(() => heard(channel).length > 0, `${channel.id} must be told of its publication`);
      mustEqual(
        heard(channel).map(({ offset }) => offset),
        [positions[at]?.offset],
        `what ${channel.id} heard`,
      );
    }
  },

  'a change that is not of the kind of its channel is refused, and nothing is written': async ({
    node,
    state,
    records,
    events,
  }) => {
    const { broker } = node();
    await refused(broker.publish(state, append(1)), 'bad_input', 'events for a state');
    await refused(broker.publish(records, set(1)), 'bad_input', 'a document for a collection');
    await refused(broker.publish(events, set(1)), 'bad_input', 'a document for a stream');
    for (const channel of [state, records, events])
      mustEqual((await broker.read(channel)).offset, 0, `the offset of a ${channel.kind} that was refused`);
  },
};

const kinds: Readonly<Record<string, Run>> = {
  'a state that was cleared holds nothing': async ({ node, state }) => {
    const { broker, heard } = readable(node());
    await broker.subscribe(state);
    await broker.publish(state, set(1));
    const position = await broker.publish(state, { type: 'clear' });
    mustEqual(contents(await broker.read(state)), { document: undefined }, 'a cleared state');
    await eventually(() => heard(state).length === 2, 'a clear must be told');
    mustEqual(heard(state).at(-1)?.change, { type: 'clear' }, 'how a clear is told');
    mustEqual(await broker.publish(state, { type: 'clear' }), position, 'a second clear');
  },

  'of an update removals come first, then upserts, then patches': async ({ node, records }) => {
    const { broker } = node();
    await broker.publish(records, upsert({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } }));
    await broker.publish(records, {
      type: 'update',
      remove: ['a', 'b'],
      upsert: new Map([['a', { n: 2 }]]),
      patch: new Map([
        ['a', { set: { m: 3 }, unset: [] }],
        ['c', { set: { m: 4 }, unset: ['n'] }],
      ]),
    });
    mustEqual(
      contents(await broker.read(records)),
      new Map([
        ['a', { n: 2, m: 3 }],
        ['c', { m: 4 }],
      ]),
      'the records',
    );
  },

  'P-NODE-2 a publication carries whole records, never a patch': async ({ node, records }) => {
    const { broker, heard } = readable(node());
    await broker.subscribe(records);
    await broker.publish(records, upsert({ a: { n: 1, m: 1 } }));
    await broker.publish(records, patch('a', { n: 2 }, ['m']));
    await eventually(() => heard(records).length === 2, 'both changes must be told');
    mustEqual(
      heard(records).at(-1)?.change,
      { type: 'update', upsert: new Map([['a', { n: 2 }]]), remove: [] },
      'the change of a patch',
    );
  },

  'an update is done whole or not at all: a patch of what is not there refuses it': async ({
    node,
    records,
  }) => {
    const { broker, heard } = readable(node());
    await broker.subscribe(records);
    const before = await broker.publish(records, upsert({ a: { n: 1 } }));
    await refused(
      broker.publish(records, {
        type: 'update',
        upsert: new Map([['b', { n: 1 }]]),
        patch: new Map([['missing', { set: { n: 1 }, unset: [] }]]),
        remove: ['a'],
      }),
      'bad_input',
      'a patch of a record that is not there',
    );
    const head = await broker.read(records);
    mustEqual([positionOf(head), contents(head)], [before, new Map([['a', { n: 1 }]])], 'the collection');
    mustEqual(heard(records).length, 1, 'the number of publications');
  },

  'records say where they were written last, and removed keys where they were removed': async ({
    node,
    records,
  }) => {
    const { broker } = node();
    const first = await broker.publish(records, upsert({ a: 1, b: 1, c: 1 }));
    const second = await broker.publish(records, upsert({ b: 2 }));
    const third = await broker.publish(records, upsert({}, ['c']));
    const head = collectionHead(await broker.read(records));
    mustEqual(head.records.get('a')?.offset, first.offset, 'where a was written');
    mustEqual(head.records.get('b')?.offset, second.offset, 'where b was written');
    mustBe(
      head.floor >= third.offset || head.tombstones.get('c') === third.offset,
      'a removal above the floor must be among the tombstones',
    );
    mustBe(!head.tombstones.has('b'), 'a record that is there must not be among the tombstones');
  },

  'every removal above the floor is known, however many there are': async ({ node, records }) => {
    const { broker } = node();
    const keys = Array.from({ length: 40 }, (_, at) => `k${at}`);
    await broker.publish(records, upsert(Object.fromEntries(keys.map((key) => [key, 1]))));
    const removedAt = new Map<string, number>();
    for (const key of keys) removedAt.set(key, (await broker.publish(records, upsert({}, [key]))).offset);
    const { floor, tombstones } = collectionHead(await broker.read(records));
    for (const [key, offset] of removedAt) {
      if (offset > floor) mustEqual(tombstones.get(key), offset, `the tombstone of ${key}`);
    }
  },

  'a cleared collection is told as the removal of every key': async ({ node, records }) => {
    const { broker, heard } = readable(node());
    await broker.subscribe(records);
    await broker.publish(records, upsert({ a: 1, b: 1 }));
    await broker.publish(records, { type: 'clear' });
    await eventually(() => heard(records).length === 2, 'a clear must be told');
    const change = heard(records).at(-1)?.change;
    mustBe(change?.type === 'update', 'a clear of a collection must be told as an update');
    mustEqual([[...change.remove].sort(), change.upsert], [['a', 'b'], new Map()], 'what a clear removes');
    mustEqual(contents(await broker.read(records)), new Map(), 'a cleared collection');
  },

  'events of one append have increasing offsets, and come in one publication': async ({ node, events }) => {
    const { broker, heard } = readable(node());
    await broker.subscribe(events);
    const { offset } = await broker.publish(events, append('a', 'b', 'c'));
    await eventually(() => heard(events).length === 1, 'an append must be told');
    const publication = heard(events)[0];
    mustBe(publication?.change.type === 'append', 'events must be told as an append');
    const { events: told } = publication.change;
    mustEqual(
      told.map(({ value }) => value),
      ['a', 'b', 'c'],
      'the events',
    );
    mustBe(
      told.every((entry, at) => entry.offset > (told[at - 1]?.offset ?? publication.previousOffset)),
      'the offsets of events must increase',
    );
    mustEqual([told.at(-1)?.offset, publication.offset], [offset, offset], 'the offset of the last event');
  },

  'of a stream the latest events are kept, and everything after the floor is': async ({ node, events }) => {
    const { broker } = node();
    for (const value of [1, 2, 3, 4, 5]) await broker.publish(events, append(value));
    const { log, floor, offset } = streamHead(await broker.read(events));
    mustBe(
      log.length >= 1 && log.length <= HISTORY.size,
      `of a history of ${HISTORY.size} there are ${log.length}`,
    );
    mustEqual(log.at(-1)?.offset, offset, 'the offset of the newest event');
    mustEqual(
      log.map(({ value }) => value),
      [1, 2, 3, 4, 5].slice(-log.length),
      'the events that are kept',
    );
    mustBe(
      log.every((entry) => entry.offset > floor),
      'every kept event must be above the floor',
    );
    mustBe(floor > 0, 'the floor must be above what was dropped');
  },

  'a reader that has a position is given every event after it, or told by the floor': async ({
    node,
    events,
  }) => {
    const { broker } = node();
    const since = await broker.publish(events, append(1));
    await broker.publish(events, append(2, 3));
    const { log, floor } = streamHead(await broker.read(events, since));
    mustBe(
      floor <= since.offset,
      'nothing after the position was dropped, so the floor must be at or below it',
    );
    mustEqual(
      log.filter(({ offset }) => offset > since.offset).map(({ value }) => value),
      [2, 3],
      'the events after the position',
    );
  },

  'what was read is not changed by what is written afterwards': async ({ node, records, events }) => {
    const { broker } = node();
    await broker.publish(records, upsert({ a: 1 }));
    await broker.publish(events, append('a'));
    const [many, log] = [await broker.read(records), await broker.read(events)];
    await broker.publish(records, upsert({ b: 1 }, ['a']));
    await broker.publish(events, append('b'));
    mustEqual([...collectionHead(many).records.keys()], ['a'], 'records that were read before');
    mustEqual(
      streamHead(log).log.map(({ value }) => value),
      ['a'],
      'events that were read before',
    );
  },

  'where it can tell a position alone, it is the one that is read': async ({ node, state }) => {
    const { broker } = node();
    if (broker.position === undefined) return;
    await broker.publish(state, set(1));
    mustEqual(
      positionOf(await broker.position(state)),
      positionOf(await broker.read(state)),
      'the position of a channel',
    );
  },
};

const delivery: Readonly<Record<string, Run>> = {
  'P-NODE-1 once a subscription is confirmed, no later publication is missed': async ({ node, state }) => {
    const [reader, writer] = [node(), node()];
    for (let value = 0; value < 20; value++) {
      const channel = { ...state, id: `${state.id}.${value}` };
      await reader.broker.subscribe(channel);
      await reader.hears(channel, await writer.publish(channel, set(value)));
    }
  },

  'every node that subscribed is told, the one that publishes too, and nobody else': async ({
    node,
    state,
  }) => {
    const [a, b, deaf] = [node(), node(), node()];
    await a.broker.subscribe(state);
    await b.broker.subscribe(state);
    const position = await a.publish(state, set(1));
    await a.hears(state, position);
    await b.hears(state, position);
    mustEqual(deaf.heard(state), [], 'what a node heard that did not subscribe');
  },

  'P-NODE-2 publications of a channel come in its order, each linked to the one before': async ({
    node,
    state,
  }) => {
    const [reader, writer] = [node(), node()];
    await reader.broker.subscribe(state);
    let last: Position = { epoch: '', offset: 0 };
    for (let value = 0; value < WRITES; value++) last = await writer.publish(state, set(value));
    await reader.hears(state, last);
    let previous = 0;
    for (const { previousOffset, offset } of reader.heard(state)) {
      mustEqual(previousOffset, previous, 'the link of a publication');
      previous = offset;
    }
  },

  'what one node publishes without waiting keeps its order': async ({ node, state }) => {
    const { broker, heard } = readable(node());
    await broker.subscribe(state);
    const values = Array.from({ length: WRITES }, (_, at) => at);
    const positions = await Promise.all(values.map((value) => broker.publish(state, set(value))));
    mustEqual(
      positions.map(({ offset }) => offset),
      positions.map(({ offset }) => offset).toSorted((a, b) => a - b),
      'the offsets, in the order of publishing',
    );
    await eventually(() => heard(state).length === WRITES, 'every publication must be told');
    mustEqual(
      heard(state).map(({ change }) => (change.type === 'set' ? change.value : change.type)),
      values,
      'the values, in the order they came',
    );
  },

  'of many nodes that write at once, no two get one offset, and all readers see one order': async ({
    node,
    events,
  }) => {
    const deep = { ...events, history: { size: 1_000, ttlMs: 60_000 } };
    const readers = [node(), node()];
    for (const { broker } of readers) await broker.subscribe(deep);
    const writers = Array.from({ length: WRITERS }, node);
    const positions = await Promise.all(
      writers.flatMap((writer, who) =>
        Array.from({ length: WRITES }, (_, at) => writer.publish(deep, append(`${who}.${at}`))),
      ),
    );
    mustEqual(new Set(positions.map(({ offset }) => offset)).size, WRITERS * WRITES, 'the number of offsets');
    const newest = positions.reduce((a, b) => (a.offset > b.offset ? a : b));
    const head = await readers[0]?.broker.read(deep);
    mustBe(head !== undefined, 'a reader must read');
    for (const reader of readers) {
      await reader.hears(deep, newest);
      mustEqual(
        reader
          .heard(deep)
          .flatMap(({ change }) => (change.type === 'append' ? change.events : []))
          .map(({ value }) => value),
        streamHead(head).log.map(({ value }) => value),
        'the order in which a reader heard',
      );
    }
    for (let who = 0; who < WRITERS; who++) {
      const own = streamHead(head)
        .log.map(({ value }) => String(value))
        .filter((value) => value.startsWith(`${who}.`));
      mustEqual(
        own,
        Array.from({ length: WRITES }, (_, at) => `${who}.${at}`),
        'the order of one writer',
      );
    }
  },

  'P-NODE-1 a head and what follows it by link are the channel, also while others write': async ({
    node,
    state,
    records,
    events,
  }) => {
    const deep = { ...events, history: { size: 1_000, ttlMs: 60_000 } };
    const writers = Array.from({ length: WRITERS }, node);
    const written = Promise.all(
      writers.flatMap(({ broker }, who) =>
        Array.from({ length: WRITES }, async (_, at) => {
          await broker.publish(state, set({ who, at }));
          await broker.publish(records, upsert({ [`k${at % 5}`]: { who, at } }, [`k${(at + 1) % 5}`]));
          await broker.publish(deep, append({ who, at }));
        }),
      ),
    );
    for (const channel of [state, records, deep]) {
      const reader = node();
      await reader.broker.subscribe(channel);
      const head = await reader.broker.read(channel);
      await written;
      const end = await reader.broker.read(channel);
      if (end.offset > head.offset) await reader.hears(channel, end);
      mustEqual(
        follow(head, reader.heard(channel)),
        contents(end),
        `what a reader of the ${channel.kind} holds`,
      );
    }
  },

  'a read is one step: what changes together is never seen apart': async ({ node, records }) => {
    const [reader, writer] = [node(), node()];
    await writer.publish(records, upsert({ a: 0, b: 0 }));
    const writes = Array.from({ length: WRITES }, (_, at) =>
      writer.publish(records, upsert({ a: at, b: at })),
    );
    for (let read = 0; read < WRITES; read++) {
      const head = collectionHead(await reader.broker.read(records));
      mustEqual(head.records.get('a'), head.records.get('b'), 'the two records');
    }
    await Promise.all(writes);
  },

  'nothing more is told of a channel after unsubscribe': async ({ node, state }) => {
    const reader = node();
    const marker = { ...state, id: `${state.id}.marker` };
    await reader.broker.subscribe(state);
    await reader.broker.subscribe(marker);
    await reader.hears(state, await reader.publish(state, set(1)));
    await reader.broker.unsubscribe(state.id);
    await reader.publish(state, set(2));
    await reader.hears(marker, await reader.publish(marker, set(1)));
    mustEqual(reader.heard(state).length, 1, 'the number of publications');
    await reader.broker.subscribe(state);
    await reader.hears(state, await reader.publish(state, set(3)));
  },

  'to subscribe twice, or to unsubscribe from nothing, is no error': async ({ node, state }) => {
    const reader = node();
    await reader.broker.unsubscribe(state.id);
    await reader.broker.subscribe(state);
    await reader.broker.subscribe(state);
    await reader.hears(state, await reader.publish(state, set(1)));
    await reader.hears(state, await reader.publish(state, set(2)));
  },

  'nobody is told anything before the factory has returned': ({ node }) => {
    mustBe(!node().calledEarly, 'a broker must not call its events before it has returned');
    return Promise.resolve();
  },
};

const endings: Readonly<Record<string, Run>> = {
  'after close every call is refused with unavailable': async ({ node, state }) => {
    const { broker } = node();
    await broker.close();
    await refused(broker.publish(state, set(1)), 'unavailable', 'a publish after close');
    await refused(broker.subscribe(state), 'unavailable', 'a subscribe after close');
    await refused(broker.read(state), 'unavailable', 'a read after close');
  },

  'the end of one node touches neither channels nor other nodes': async ({ node, state }) => {
    const [leaving, staying] = [node(), node()];
    await leaving.broker.subscribe(state);
    await staying.broker.subscribe(state);
    await leaving.publish(state, set(1));
    await leaving.broker.close();
    const position = await staying.publish(state, set(2));
    await staying.hears(state, position);
    mustEqual(contents(await staying.broker.read(state)), { document: 2 }, 'the channel');
    mustBe(
      leaving.heard(state).every(({ offset }) => offset < position.offset),
      'a node that is closed must be told nothing',
    );
  },

  'to close twice is no error': async ({ node }) => {
    const { broker } = node();
    await broker.close();
    await broker.close();
  },
};

const losses: Readonly<Record<BrokerAbility, Readonly<Record<string, Run>>>> = {
  wipe: {
    'P-POS-4 after a loss of what was acknowledged the epoch is another, before anything else is told':
      async ({ under, node, state }) => {
        const reader = node();
        await reader.broker.subscribe(state);
        const before = await reader.publish(state, set(1));
        await able(under.wipe, 'wipe')();
        const after = await reader.publish(state, set(2));
        mustBe(after.epoch !== before.epoch, `the epoch must not be "${before.epoch}" any more`);
        mustEqual((await reader.broker.read(state)).epoch, after.epoch, 'the epoch that is read');
        await eventually(
          () => reader.uncertain.length > 0 || reader.heard(state).some(({ epoch }) => epoch === after.epoch),
          'a node that subscribed must hear of the loss, or of the new epoch',
        );
        mustBe(
          reader.heard(state).every(({ epoch, offset }) => epoch === after.epoch || offset <= before.offset),
          'nothing new may be told under the old epoch',
        );
      },
    'P-POS-4 also a channel that nobody watched has another epoch after a loss': async ({
      under,
      node,
      events,
    }) => {
      const before = await node().publish(events, append(1, 2));
      await able(under.wipe, 'wipe')();
      const head = await node().broker.read(events);
      mustBe(head.epoch !== before.epoch, `the epoch must not be "${before.epoch}" any more`);
      mustEqual(streamHead(head).log, [], 'the events that are left');
    },
  },
  age: {
    'events are kept as long as their history says, and the floor says what is gone': async ({
      under,
      node,
      events,
    }) => {
      const { broker } = node();
      const old = await broker.publish(events, append('old'));
      await able(under.advance, 'advance')(HISTORY.ttlMs * 0.6);
      await broker.publish(events, append('young'));
      await able(under.advance, 'advance')(HISTORY.ttlMs * 0.6);
      const { log, floor, offset } = streamHead(await broker.read(events));
      mustEqual(
        log.map(({ value }) => value),
        ['young'],
        'the events that are kept',
      );
      mustBe(floor >= old.offset && floor < offset, 'the floor must be at what was dropped');
    },
  },
};

function able<Ability>(ability: Ability | undefined, name: string): Ability {
  mustBe(
    ability !== undefined,
    `the test of this broker does not say how to ${name}: give it, or leave its cases out`,
  );
  return ability;
}

/** A node whose members can be taken apart. */
function readable(node: BrokerNode) {
  return {
    broker: node.broker,
    unchanged: node.unchanged,
    heard: (channel: ChannelSpec) => node.heard(channel),
  };
}

let opened = 0;

/**
 * What a broker must hold, as cases for any test runner: positions and epochs, atomic changes, bounded history, links,
 * order among writers, delivery to everybody who subscribed, and the fence after a loss.
 * @param open opens a broker for one case; channels of each case have ids of their own.
 */
export function brokerCases(
  open: () => BrokerUnderTest | Promise<BrokerUnderTest>,
  { leaveOut = [] }: BrokerSuiteOptions = {},
): readonly ConformanceCase[] {
  const lost = Object.entries(losses)
    .filter(([ability]) => !leaveOut.includes(ability as BrokerAbility))
    .map(([, cases]) => cases);
  return [writing, kinds, delivery, endings, ...lost].flatMap((group) =>
    Object.entries(group).map(([name, run]) => ({
      name,
      run: async () => {
        const under = await open();
        const nodes: BrokerNode[] = [];
        const id = `conformance.${Date.now().toString(36)}.${(opened++).toString(36)}`;
        try {
          await run({
            under,
            node: () => {
              const node = new BrokerNode(under.connect);
              nodes.push(node);
              return node;
            },
            state: { id: `${id}.s`, kind: 'state' },
            records: { id: `${id}.c`, kind: 'collection' },
            events: { id: `${id}.e`, kind: 'stream', history: HISTORY },
          });
        } finally {
          for (const { broker } of nodes) await broker.close();
          await under.close?.();
        }
      },
    })),
  );
}

/**
 * Registers {@link brokerCases} as tests.
 * @example `testBroker(() => ({ connect: createRedisBroker(url).connect }), { describe, test }, { leaveOut: ['age', 'wipe'] })`
 */
export function testBroker(
  open: () => BrokerUnderTest | Promise<BrokerUnderTest>,
  runner: SuiteRunner,
  options?: BrokerSuiteOptions,
): void {
  registerCases('a broker', brokerCases(open, options), runner);
}
