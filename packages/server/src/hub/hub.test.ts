import { describe, expect, test } from 'vitest';
import type { Broker, BrokerEvents, BrokerFactory, ChannelHead, Publication } from '../broker/broker.js';
import { Market } from '../test-support/market.js';
import { markAsPrompt } from './prompt-brokers.js';

const quote = (bid: number, ask = 10) => ({ bid, ask });

describe('state', () => {
  test('P-SUB-8 never written: an ack at offset 0, then an f without a value', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    const [ack, whole] = peer.take();
    expect(ack).toMatchObject({ t: 'subd', id: 1, r: [{ c: 'quote/A', kind: 'state', o: 0, m: 'full' }] });
    expect(whole).toMatchObject({ t: 'f', o: 0 });
    expect(whole).not.toHaveProperty('v');
  });

  test('P-SUB-5 the ack and its snapshot are one write', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'f']);
    expect(peer.socket.writes.at(-1)).toHaveLength(2);
  });

  test('P-DATA-3 a delta names the fields that changed, and is made once for all readers', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    const first = await market.reader('quote/A');
    const second = await market.reader('quote/A');
    await market.quote('A').set(quote(2));
    await market.clock.settle();
    expect(first.take()).toEqual([{ t: 'd', n: 1, o: 2, s: { bid: 2 } }]);
    expect(second.encoded.at(-1)).toBe(first.encoded.at(-1));
  });

  test('P-DATA-3 a field that went back to where it was within a flush is named all the same', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    const peer = await market.reader('quote/A');
    void market.quote('A').set(quote(2));
    void market.quote('A').set(quote(1));
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'd', n: 1, o: 3, b: 1, s: { bid: 1 } }]);
  });

  test('many changes in a turn are one frame and one write; channels share the write', async () => {
    const market = new Market();
    const peer = await market.reader('quote/A', 'quote/B');
    const before = peer.socket.writes.length;
    for (let n = 1; n <= 50; n++) {
      void market.quote('A').set(quote(n));
      void market.quote('B').set(quote(n));
    }
    await market.clock.settle();
    expect(peer.socket.writes.length - before).toBe(1);
    expect(peer.take()).toMatchObject([
      { t: 'f', n: 1, o: 50, v: quote(50) },
      { t: 'f', n: 2, o: 50, v: quote(50) },
    ]);
  });

  test('a set that equals the value makes no offset', async () => {
    const market = new Market();
    const first = await market.quote('A').set(quote(1));
    const peer = await market.reader('quote/A');
    expect(await market.quote('A').set({ ask: 10, bid: 1 })).toEqual(first);
    await market.clock.settle();
    expect(peer.take()).toEqual([]);
  });

  test('clear: an f without a value at a new offset', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    const peer = await market.reader('quote/A');
    await market.quote('A').clear();
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'f', n: 1, o: 2 }]);
  });

  test('P-DATA-9 a client without delta is sent whole values', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    const peer = await market.peer('ann', { caps: [] });
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    peer.take();
    await market.quote('A').set(quote(2));
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'f', n: 1, o: 2, v: quote(2) }]);
  });

  test('what was published is not what the publisher changes afterwards', async () => {
    const market = new Market();
    const value = quote(1);
    await market.quote('A').set(value);
    value.bid = 99;
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take().at(-1)).toMatchObject({ v: quote(1) });
  });

  test('flushMs: data waits for more, control frames do not', async () => {
    const market = new Market({ flushMs: 10 });
    const peer = await market.reader('quote/A');
    void market.quote('A').set(quote(1));
    peer.send({ t: 'ping', k: 5 });
    await market.clock.advance(5);
    expect(peer.take()).toEqual([{ t: 'pong', k: 5 }]);
    void market.quote('A').set(quote(2));
    await market.clock.advance(5);
    expect(peer.take()).toMatchObject([{ t: 'f', o: 2, v: quote(2) }]);
  });
});

describe('collection', () => {
  test('a delta has whole records for new keys, fields for old ones, and the keys that are gone', async () => {
    const market = new Market();
    await market.orders('ann').upsert([
      { id: 'a', size: 1 },
      { id: 'b', size: 2 },
    ]);
    const peer = await market.reader('orders/ann');
    await market.orders('ann').update({
      upsert: [{ id: 'c', size: 3 }],
      patch: { a: { size: 9 } },
      remove: ['b'],
    });
    await market.clock.settle();
    expect(peer.take()).toEqual([
      { t: 'd', n: 1, o: 2, u: { c: { id: 'c', size: 3 } }, p: { a: { size: 9 } }, x: ['b'] },
    ]);
  });

  test('P-SUB-4 a cursor behind the head gets the keys that changed since, and no others', async () => {
    const market = new Market();
    const { epoch, offset } = await market.orders('ann').upsert([
      { id: 'a', size: 1 },
      { id: 'b', size: 2 },
      { id: 'c', size: 3 },
    ]);
    await market.orders('ann').upsert({ id: 'a', size: 10 });
    await market.orders('ann').remove('b');
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann', e: epoch, o: offset }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', r: [{ m: 'range', o: 3 }] },
      { t: 'd', b: 1, o: 3, u: { a: { id: 'a', size: 10 } }, x: ['b'] },
    ]);
  });

  test('P-DATA-7 a large value comes in parts below the limit of the client', async () => {
    const market = new Market();
    const records = Array.from({ length: 40 }, (_, n) => ({ id: `k${n}`, size: n, note: 'x'.repeat(100) }));
    await market.orders('ann').upsert(records);
    const peer = await market.peer('ann', { lim: { in: 2_000 } });
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }] });
    await market.clock.settle();
    const parts = peer.take().filter(({ t }) => t === 'f') as {
      i: number;
      more?: 1;
      k: Record<string, unknown>;
    }[];
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ i }) => i)).toEqual(parts.map((_, index) => index));
    expect(parts.map(({ more }) => more)).toEqual(
      parts.map((_, index) => (index < parts.length - 1 ? 1 : undefined)),
    );
    expect(Object.assign({}, ...parts.map(({ k }) => k))).toEqual(
      Object.fromEntries(records.map((record) => [record.id, record])),
    );
    for (const frame of peer.encoded.slice(-parts.length))
      expect(frame.byteLength).toBeLessThanOrEqual(2_000);
  });

  test('P-LIM-4 a value that cannot be split ends the subscription of that client alone', async () => {
    const market = new Market();
    const small = await market.peer('ann', { lim: { in: 500 } });
    const large = await market.reader('orders/ann');
    small.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }] });
    await market.clock.settle();
    small.take();
    await market.orders('ann').upsert({ id: 'a', size: 1, note: 'x'.repeat(1_000) });
    await market.clock.settle();
    expect(small.take()).toMatchObject([
      { t: 'unsubd', ch: ['orders/ann'], err: { c: 'too_large', x: 'no' } },
    ]);
    expect(large.take()).toMatchObject([{ t: 'd', u: { a: { size: 1 } } }]);
    expect(market.server.stats().subscriptions).toBe(1);
  });
});

describe('stream', () => {
  const append = (market: Market, ...ns: readonly number[]) =>
    market.tape('A').append(...ns.map((n) => ({ n })));

  test('P-SUB-6 without a cursor: the last events that were asked for, from where the ack says', async () => {
    const market = new Market();
    await append(market, 1, 2, 3);
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'tape/A', last: 2 }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', r: [{ m: 'tail', b: 1, o: 3 }] },
      { t: 'e', o: 3, vs: [{ n: 2 }, { n: 3 }] },
    ]);
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'tape/A', last: 0 }] });
    await market.clock.settle();
    const [none, ...rest] = peer.take();
    expect(none).not.toHaveProperty('r.0.b');
    expect(rest).toEqual([]);
  });

  test('P-DATA-10 every event of a turn is delivered, also more than history keeps', async () => {
    const market = new Market();
    const peer = await market.reader('tape/A');
    void append(market, 1, 2, 3, 4);
    void append(market, 5, 6, 7, 8);
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'e', n: 1, o: 8, vs: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ n })) }]);
  });

  test('P-SUB-4 behind what is kept: rst says what is lost, and the rest follows', async () => {
    const market = new Market();
    const { epoch, offset } = await append(market, 1);
    await append(market, 2, 3, 4, 5, 6, 7, 8);
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'tape/A', e: epoch, o: offset }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', r: [{ m: 'reset', o: 8 }] },
      { t: 'rst', e: epoch, o: 3, why: 'trimmed', lost: [1, 3] },
      { t: 'e', o: 8, vs: [4, 5, 6, 7, 8].map((n) => ({ n })) },
    ]);
  });

  test('P-SUB-4 another epoch: rst, then what this history holds', async () => {
    const market = new Market();
    await append(market, 1, 2);
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'tape/A', e: 'other', o: 700 }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', r: [{ m: 'reset', o: 2 }] },
      { t: 'rst', o: 0, why: 'epoch' },
      { t: 'e', o: 2, vs: [{ n: 1 }, { n: 2 }] },
    ]);
  });

  test('P-APP-2 ahead of the head in the same epoch: rst to the head, and no offset twice', async () => {
    const market = new Market();
    const { epoch } = await append(market, 1, 2);
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'tape/A', e: epoch, o: 700 }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([
      { t: 'subd', r: [{ m: 'reset', o: 2 }] },
      { t: 'rst', o: 2, why: 'regress' },
    ]);
  });

  test('events older than their time to live are gone', async () => {
    const market = new Market();
    await append(market, 1);
    const reader = await market.reader('tape/A');
    await market.clock.advance(30_000);
    reader.send({ t: 'err', err: { c: 'x' } });
    await append(market, 2);
    await market.clock.advance(40_000);
    const { data } = await market.tape('A').read();
    expect(data).toEqual([{ n: 2 }]);
  });
});

/** A broker of one channel whose publications and answers a test makes by hand. */
class HandBroker {
  events: BrokerEvents | undefined;
  head: ChannelHead = { kind: 'state', epoch: 'e1', offset: 1, value: { bid: 1, ask: 1 }, spokeAtMs: null };
  reads = 0;
  /** Called in the middle of a read: what arrives between the snapshot and its answer. */
  duringRead: () => void = () => undefined;
  refusing = false;
  /** Set before it is connected, it is a broker that may lose deliveries. */
  position: Broker['position'];
  readonly unsubscribed: string[] = [];
  readonly connect: BrokerFactory = (events) => {
    this.events = events;
    return {
      publish: () => Promise.resolve({ epoch: this.head.epoch, offset: this.head.offset }),
      subscribe: () => Promise.resolve(),
      unsubscribe: (id) => {
        this.unsubscribed.push(id);
        return Promise.resolve();
      },
      read: () => {
        this.reads++;
        if (this.refusing) return Promise.reject(new Error('the broker is down'));
        const { head } = this;
        this.duringRead();
        return Promise.resolve(head);
      },
      close: () => Promise.resolve(),
      ...(this.position === undefined ? {} : { position: this.position }),
    };
  };

  set(bid: number, link: Partial<Publication> & { offset: number }): void {
    const publication = { epoch: 'e1', previousOffset: link.offset - 1, ...link };
    this.events?.onPublication('quote/A', {
      ...publication,
      change: { type: 'set', value: { bid, ask: 1 } },
    });
  }
}

describe('broker', () => {
  test('P-NODE-1 what arrives while the head is read is applied after it, and what the head covers is dropped', async () => {
    const broker = new HandBroker();
    broker.duringRead = () => {
      broker.set(0, { offset: 1 });
      broker.set(2, { offset: 2 });
    };
    const market = new Market({ broker: broker.connect });
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ o: 2 }] }, { t: 'f', o: 2, v: { bid: 2 } }]);
    expect(broker.reads).toBe(1);
  });

  test('P-NODE-2 a hole: the head is read again and readers get the whole value', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    broker.head = { ...broker.head, offset: 5, value: { bid: 5, ask: 1 } } as ChannelHead;
    broker.set(5, { offset: 5 });
    await market.clock.settle();
    expect(broker.reads).toBe(2);
    expect(peer.take()).toEqual([{ t: 'f', n: 1, o: 5, v: { bid: 5, ask: 1 } }]);
  });

  test('P-NODE-2 another epoch: readers are told it with the value', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    broker.head = { ...broker.head, epoch: 'e2', offset: 1, value: { bid: 7, ask: 1 } } as ChannelHead;
    broker.set(7, { epoch: 'e2', offset: 1 });
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'f', n: 1, o: 1, e: 'e2', v: { bid: 7, ask: 1 } }]);
    broker.set(8, { epoch: 'e2', offset: 2 });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'd', o: 2, s: { bid: 8 } }]);
  });

  test('P-POS-4 another epoch, and more of it while its head is read: no reader is given that on top of the old', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    broker.head = { ...broker.head, epoch: 'e2', offset: 1, value: { bid: 7, ask: 1 } } as ChannelHead;
    broker.duringRead = () => broker.set(8, { epoch: 'e2', offset: 2 });
    broker.set(7, { epoch: 'e2', offset: 1 });
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'f', n: 1, o: 2, e: 'e2', v: { bid: 8, ask: 1 } }]);
  });

  test('a publication that comes twice or late changes nothing', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    broker.set(2, { offset: 2 });
    broker.set(2, { offset: 2 });
    broker.set(9, { offset: 1 });
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'd', n: 1, o: 2, s: { bid: 2 } }]);
    expect(broker.reads).toBe(1);
  });

  test('a broker that goes back within an epoch: readers are sent away to begin anew', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    broker.head = { ...broker.head, offset: 0 };
    broker.events?.onDeliveryUncertain('all');
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'unsubd', ch: ['quote/A'], err: { c: 'unavailable' } }]);
    expect(market.logs).toContain('error broker went back within an epoch');
  });

  test('P-SUB-4 a cursor ahead of the head: the head is read again, once for everybody who asks at once', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    await market.reader('quote/A');
    broker.head = { ...broker.head, offset: 9 };
    const peers = await market.many(50, () => market.peer());
    const reads = broker.reads;
    for (const peer of peers) peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A', e: 'e1', o: 9 }] });
    await market.clock.settle();
    for (const peer of peers) expect(peer.take()).toMatchObject([{ r: [{ m: 'same', o: 9 }] }]);
    expect(broker.reads - reads).toBeLessThanOrEqual(2);
  });

  describe('P-SUB-4 cursors far ahead of the head, again and again', () => {
    const insist = async (market: Market, seconds: number) => {
      const peer = await market.reader('quote/A');
      let id = 1;
      for (let passedMs = 0; passedMs < seconds * 1_000; passedMs += 200) {
        peer.send({ t: 'sub', id: ++id, ch: [{ c: 'quote/A', e: 'e1', o: 1_000_000 }] });
        await market.clock.advance(200);
      }
      await market.clock.advance(1_000);
      const answers = peer.take().filter(({ t }) => t === 'subd');
      expect(answers).toHaveLength(id - 1);
      for (const answer of answers) expect(answer).toMatchObject({ r: [{ m: 'full', o: 1 }] });
    };

    test('read the channel once a second', async () => {
      const broker = new HandBroker();
      await insist(new Market({ broker: broker.connect }), 5);
      expect(broker.reads).toBeLessThanOrEqual(1 + 6);
      expect(broker.reads).toBeGreaterThan(1);
    });

    test('never read it where the broker tells more cheaply that the head is where it is', async () => {
      const broker = new HandBroker();
      let asked = 0;
      broker.position = () => {
        asked++;
        return Promise.resolve({ epoch: 'e1', offset: 1 });
      };
      await insist(new Market({ broker: broker.connect }), 5);
      expect(broker.reads).toBe(1);
      expect(asked).toBeLessThanOrEqual(6);
    });

    test('ask nobody where the broker tells this node before anybody can have read it', async () => {
      const broker = new HandBroker();
      markAsPrompt(broker.connect);
      await insist(new Market({ broker: broker.connect }), 5);
      expect(broker.reads).toBe(1);
    });

    test('are refused when the server closes', async () => {
      const market = new Market({ broker: new HandBroker().connect });
      const peer = await market.reader('quote/A');
      for (const id of [2, 3]) {
        peer.send({ t: 'sub', id, ch: [{ c: 'quote/A', e: 'e1', o: 1_000_000 }] });
        await market.clock.advance(10);
      }
      void market.server.close({ drainMs: 0 });
      await market.clock.advance(100);
      peer.handler.onClose(1000);
      await market.clock.settle();
      expect(market.clock.pendingTimers).toBe(0);
    });
  });

  test('P-SUB-4 with a broker that tells its position, a cursor of another node is found right', async () => {
    const broker = new HandBroker();
    broker.position = () => Promise.resolve({ epoch: 'e1', offset: broker.head.offset });
    const market = new Market({ broker: broker.connect });
    await market.reader('quote/A');
    broker.head = { ...broker.head, offset: 9 };
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A', e: 'e1', o: 9 }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ m: 'same', o: 9 }] }]);
  });

  test('P-NODE-4 a claim about the future moves nothing but the one who claims', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    const honest = await market.reader('quote/A');
    const liar = await market.peer();
    const { position } = await market.quote('A').read();
    liar.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A', e: position.epoch, o: 1_000 }] });
    await market.clock.settle();
    expect(liar.take()).toMatchObject([{ r: [{ m: 'full', e: position.epoch, o: 1 }] }, { t: 'f', o: 1 }]);
    expect(honest.take()).toEqual([]);
  });

  test('a broker that cannot be read: who asks is refused with unavailable, and may ask again', async () => {
    const broker = new HandBroker();
    broker.refusing = true;
    const market = new Market({ broker: broker.connect });
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ c: 'quote/A', err: { c: 'unavailable', x: 'no' } }] }]);
    broker.refusing = false;
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ m: 'full' }] }, { t: 'f' }]);
  });

  test('a broker that fails with something that has no text fails like any other', async () => {
    const whole = new Market().broker;
    const market = new Market({
      broker: (events) => ({
        ...whole(events),
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
        read: () => Promise.reject(Object.create(null)),
      }),
    });
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ c: 'quote/A', err: { c: 'unavailable' } }] }]);
    expect(market.logs).toContain('error channel could not be read');
  });

  test('a hot channel that can no longer be read is told to be stale, and live once it can', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    broker.refusing = true;
    broker.events?.onDeliveryUncertain(['quote/A']);
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'stat', s: 'stale' }]);
    broker.refusing = false;
    await market.clock.advance(1_100);
    expect(peer.take()).toMatchObject([{ t: 'stat', s: 'live' }]);
  });
});

describe('feed status', () => {
  const feed = (market: Market) => market.server.channel('feed/{symbol}', { symbol: 'A' });

  test('P-DATA-8 silence longer than the contract allows is stale; a set of the same value is live', async () => {
    const market = new Market();
    await feed(market).set(quote(1));
    const peer = await market.reader('feed/A');
    await market.clock.advance(4_900);
    expect(peer.take()).toEqual([]);
    const staleSince = market.clock.wallMs();
    await market.clock.advance(200);
    expect(peer.take()).toMatchObject([{ t: 'stat', n: 1, s: 'stale' }]);
    expect(staleSince).toBeGreaterThan(0);
    await feed(market).set(quote(1));
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'stat', n: 1, s: 'live' }]);
  });

  test('who subscribes to a stale channel is told behind the value; to a live one, nothing', async () => {
    const market = new Market();
    await feed(market).set(quote(1));
    const early = await market.peer();
    early.send({ t: 'sub', id: 1, ch: [{ c: 'feed/A' }] });
    await market.clock.settle();
    expect(early.take().map(({ t }) => t)).toEqual(['subd', 'f']);
    await market.clock.advance(6_000);
    const late = await market.peer();
    late.send({ t: 'sub', id: 1, ch: [{ c: 'feed/A' }] });
    await market.clock.settle();
    expect(late.take().map(({ t }) => t)).toEqual(['subd', 'f', 'stat']);
  });

  test('a channel that was silent while nobody read it is stale from the first reader on', async () => {
    const market = new Market();
    await feed(market).set(quote(1));
    await market.clock.advance(60_000);
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'feed/A' }] });
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'f', 'stat']);
  });
});

describe('life of a channel', () => {
  test('a channel nobody reads lingers, then is let go; the next life has another alias', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    peer.send({ t: 'unsub', id: 2, ch: ['quote/A'] });
    await market.clock.advance(9_900);
    expect(market.server.stats().channels).toBe(1);
    await market.clock.advance(200);
    expect(market.server.stats()).toMatchObject({ channels: 0, subscriptions: 0 });
    expect(broker.unsubscribed).toEqual(['quote/A']);
    peer.take();
    peer.send({ t: 'sub', id: 3, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ n: 2 }] }, { t: 'f', n: 2 }]);
  });

  test('a reader that comes back in time keeps the channel and its alias', async () => {
    const broker = new HandBroker();
    const market = new Market({ broker: broker.connect });
    const peer = await market.reader('quote/A');
    peer.send({ t: 'unsub', id: 2, ch: ['quote/A'] });
    await market.clock.advance(5_000);
    peer.send({ t: 'sub', id: 3, ch: [{ c: 'quote/A' }] });
    await market.clock.advance(20_000);
    expect(market.server.stats().channels).toBe(1);
    expect(broker.unsubscribed).toEqual([]);
  });

  test('a channel that was never written does not linger', async () => {
    const market = new Market();
    const peer = await market.reader('quote/A');
    await market.quote('B').set(quote(1));
    peer.send({ t: 'sub', id: 2, ch: [{ c: 'quote/B' }] }, { t: 'unsub', id: 3, ch: ['quote/A', 'quote/B'] });
    await market.clock.settle();
    expect(market.server.stats().channels).toBe(1);
    peer.take();
    peer.send({ t: 'sub', id: 4, ch: [{ c: 'quote/A' }] });
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ r: [{ m: 'full', o: 0 }] }, { t: 'f', o: 0 }]);
  });

  test('so many channels linger and no more: the one left longest ago goes first, unless it is read again', async () => {
    const broker = new HandBroker();
    const limits = { maxSubscriptions: 20_000, framesPerSecond: 1e6, frameBurst: 1e6 };
    const market = new Market({ broker: broker.connect, limits, lingerMs: 1e6 });
    const peer = await market.peer();
    let asked = 0;
    const visit = async (count: number) => {
      for (const end = asked + count; asked < end;) {
        const names = Array.from({ length: Math.min(200, end - asked) }, () => `quote/${++asked}`);
        const id = asked;
        peer.send({ t: 'sub', id, ch: names.map((c) => ({ c })) });
        await market.clock.settle();
        peer.send({ t: 'unsub', id: 1_000_000 + id, ch: names });
      }
    };
    await visit(10_000);
    expect(market.server.stats().channels).toBe(10_000);
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/1' }] });
    await market.clock.settle();
    await visit(400);
    expect(market.server.stats()).toMatchObject({ channels: 10_001, subscriptions: 1 });
    expect(broker.unsubscribed).toEqual(Array.from({ length: 399 }, (_, n) => `quote/${n + 2}`));
  });

  test('after everybody has left nothing is held', async () => {
    const market = new Market();
    const peers = await market.many(20, () => market.reader('quote/A', 'orders/ann', 'tape/A'));
    for (const peer of peers) peer.handler.onClose(1006);
    await market.clock.advance(15_000);
    expect(market.server.stats()).toMatchObject({
      connections: 0,
      subscriptions: 0,
      channels: 0,
      unauthenticated: 0,
      deadlines: 0,
    });
    expect(market.clock.pendingTimers).toBe(0);
  });
});

describe('a wall clock that is set between a publish and the first reader', () => {
  test.each([3_600_000, -3_600_000])('by %d ms: history is as long as ever', async (byMs) => {
    const market = new Market();
    await market.tape('A').append({ n: 1 });
    market.clock.jumpWallClock(byMs);
    const events = async (): Promise<number> => {
      const peer = await market.peer();
      peer.send({ t: 'sub', id: 1, ch: [{ c: 'tape/A' }] });
      await market.clock.settle();
      return peer.take().filter(({ t }) => t === 'e').length;
    };
    expect(await events()).toBe(1);
    await market.clock.advance(30_000);
    expect(await events()).toBe(1);
    await market.clock.advance(45_000);
    expect(await events()).toBe(0);
  });

  test('the feed is as fresh as it was', async () => {
    const market = new Market();
    await market.server.channel('feed/{symbol}', { symbol: 'A' }).set(quote(1));
    market.clock.jumpWallClock(3_600_000);
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'feed/A' }] });
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'f']);
  });
});

describe('P-DATA-8 a feed that is closed', () => {
  const feed = (market: Market) => market.server.channel('feed/{symbol}', { symbol: 'A' });
  const statuses = (frames: readonly object[]) =>
    frames.flatMap((frame) => ('s' in frame && 't' in frame && frame.t === 'stat' ? [frame.s] : []));

  test('is told as closed, once, and as live when it speaks again', async () => {
    const market = new Market();
    await feed(market).set(quote(1));
    const peer = await market.reader('feed/A');
    await feed(market).closeFeed();
    await feed(market).closeFeed();
    await market.clock.advance(10_000);
    expect(statuses(peer.take())).toEqual(['closed']);
    await feed(market).set(quote(1));
    await market.clock.settle();
    expect(statuses(peer.take())).toEqual(['live']);
    await market.clock.advance(5_000);
    expect(statuses(peer.take())).toEqual(['stale']);
    await feed(market).closeFeed();
    await market.clock.settle();
    expect(statuses(peer.take())).toEqual(['closed']);
  });

  test('who subscribes later is told behind the value, on any channel, written or not', async () => {
    const market = new Market();
    await market.quote('A').set(quote(1));
    await market.quote('A').closeFeed();
    await market.quote('B').closeFeed();
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }, { c: 'quote/B' }] });
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'f', 'stat', 'subd', 'f', 'stat']);
  });

  test('a broker that cannot tell: unavailable', async () => {
    const whole = new Market().broker;
    const broker: BrokerFactory = (events) => {
      const { closeFeed: _, ...rest } = whole(events);
      return rest;
    };
    await expect(new Market({ broker }).quote('A').closeFeed()).rejects.toMatchObject({
      code: 'unavailable',
      executed: 'no',
    });
  });
});

test('P-NODE-1 a publication at any moment while the channel is read reaches who asked for it', async () => {
  for (let microtasks = 0; microtasks < 30; microtasks++) {
    const market = new Market();
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    for (let passed = 0; passed < microtasks; passed++) await Promise.resolve();
    void market.quote('A').set(quote(7));
    await market.clock.settle();
    const last = peer.take().at(-1);
    expect([microtasks, last]).toMatchObject([microtasks, { o: 1 }]);
  }
});
