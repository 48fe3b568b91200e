import { describe, expect, test } from 'vitest';
import { VirtualClock } from '@tickwire/testing';
import { Flusher } from '../hub/flush.js';
import { Market } from '../test-support/market.js';
import { RecordingSocket, textEncoder } from '../test-support/peer.js';
import { Outbox } from './outbox.js';

const limits = { watermarkBytes: 1_000, maxPartBytes: 1_024 };

describe('a slow peer', () => {
  test('P-NODE-5 above the watermark it is given nothing; drained, one frame stands for everything', async () => {
    const market = new Market({ limits });
    await market.quote('A').set({ bid: 0, ask: 0 });
    const slow = await market.reader('quote/A');
    const quick = await market.reader('quote/A');
    slow.socket.stalled = true;
    slow.socket.bufferedBytes = 2_000;
    for (let bid = 1; bid <= 20; bid++) {
      await market.quote('A').set({ bid, ask: 0 });
      await market.clock.settle();
    }
    expect(slow.take()).toEqual([]);
    expect(quick.take()).toHaveLength(20);
    slow.drain();
    await market.clock.settle();
    expect(slow.take()).toEqual([{ t: 'f', n: 1, o: 21, v: { bid: 20, ask: 0 } }]);
    await market.quote('A').set({ bid: 21, ask: 0 });
    await market.clock.settle();
    expect(slow.take()).toEqual([{ t: 'd', n: 1, o: 22, s: { bid: 21 } }]);
  });

  test('P-LIM-4 what is refused while it is written to is told, also where live data comes next', async () => {
    const market = new Market();
    const small = await market.peer('ann', { lim: { in: 500 } });
    small.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }, { c: 'quote/A' }, { c: 'quote/B' }] });
    await market.clock.settle();
    small.take();
    const write = small.socket.write.bind(small.socket);
    small.socket.write = (frames) => {
      small.socket.write = write;
      write(frames);
      void market.quote('B').set({ bid: 2, ask: 2 });
    };
    void market.orders('ann').upsert({ id: 'a', size: 1, note: 'x'.repeat(1_000) });
    void market.quote('A').set({ bid: 1, ask: 1 });
    await market.clock.settle();
    const told = small.take().map(({ t, v }) => (t === 'f' ? v : t));
    expect(told).toEqual([{ bid: 1, ask: 1 }, 'unsubd', { bid: 2, ask: 2 }]);
  });

  test('a collection is caught up with by the keys that changed meanwhile', async () => {
    const market = new Market({ limits });
    await market.orders('ann').upsert([1, 2, 3].map((n) => ({ id: `k${n}`, size: n })));
    const slow = await market.reader('orders/ann');
    slow.socket.bufferedBytes = 2_000;
    await market.orders('ann').upsert({ id: 'k1', size: 10 });
    await market.orders('ann').remove('k2');
    await market.clock.settle();
    slow.drain();
    await market.clock.settle();
    expect(slow.take()).toEqual([{ t: 'd', n: 1, o: 3, b: 1, u: { k1: { id: 'k1', size: 10 } }, x: ['k2'] }]);
  });

  test('a stream is paged from history; what fell out of it is announced before anything else', async () => {
    const market = new Market({ limits });
    const slow = await market.reader('tape/A');
    slow.socket.bufferedBytes = 2_000;
    for (let n = 1; n <= 3; n++) await market.tape('A').append({ n });
    await market.clock.settle();
    slow.drain();
    await market.clock.settle();
    expect(slow.take()).toEqual([{ t: 'e', n: 1, o: 3, vs: [{ n: 1 }, { n: 2 }, { n: 3 }] }]);
    slow.socket.bufferedBytes = 2_000;
    for (let n = 4; n <= 12; n++) await market.tape('A').append({ n });
    await market.clock.settle();
    slow.drain();
    await market.clock.settle();
    expect(slow.take()).toMatchObject([
      { t: 'rst', o: 7, why: 'trimmed', lost: [3, 7] },
      { t: 'e', o: 12, vs: [8, 9, 10, 11, 12].map((n) => ({ n })) },
    ]);
  });

  test('readers at the same place share the frame they are caught up with', async () => {
    const market = new Market({ limits });
    const peers = await market.many(3, () => market.reader('orders/ann'));
    for (const peer of peers) peer.socket.bufferedBytes = 2_000;
    await market.orders('ann').upsert({ id: 'a', size: 1 });
    await market.clock.settle();
    for (const peer of peers) peer.drain();
    await market.clock.settle();
    expect(new Set(peers.map((peer) => peer.encoded.at(-1))).size).toBe(1);
  });

  test('a large value waits in its parts: at most the watermark and one part is handed over at a time', async () => {
    const market = new Market({ limits });
    const records = Array.from({ length: 50 }, (_, n) => ({ id: `k${n}`, size: n, note: 'x'.repeat(200) }));
    await market.orders('ann').upsert(records);
    const slow = await market.peer();
    slow.socket.stalled = true;
    slow.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }] });
    await market.clock.settle();
    const parts = [];
    for (let rounds = 0; rounds < 50; rounds++) {
      expect(slow.socket.bufferedBytes).toBeLessThan(1_000 + 1_024 + 300);
      parts.push(...slow.take().filter(({ t }) => t === 'f'));
      slow.socket.bufferedBytes = 0;
      slow.handler.onDrain();
      await market.clock.settle();
    }
    expect(parts.length).toBeGreaterThan(8);
    const whole = Object.assign({}, ...parts.map((part) => (part as unknown as { k: object }).k)) as object;
    expect(Object.keys(whole)).toHaveLength(50);
    expect(parts.at(-1)).not.toHaveProperty('more');
  });

  test('live data waits behind a value that is under way, and follows it from where it ended', async () => {
    const market = new Market({ limits });
    await market
      .orders('ann')
      .upsert(Array.from({ length: 20 }, (_, n) => ({ id: `k${n}`, size: n, note: 'x'.repeat(200) })));
    const slow = await market.peer();
    slow.socket.stalled = true;
    slow.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }] });
    await market.clock.settle();
    await market.orders('ann').upsert({ id: 'new', size: 1 });
    await market.clock.settle();
    slow.drain();
    for (let turns = 0; turns < 20; turns++) await market.clock.settle();
    const frames = slow.take().filter(({ t }) => t === 'f' || t === 'd');
    expect(frames.slice(0, -1).every(({ t, o }) => t === 'f' && o === 1)).toBe(true);
    expect(frames.at(-1)).toMatchObject({ t: 'd', o: 2, u: { new: { size: 1 } } });
  });

  test('control frames reach a peer that is given no data', async () => {
    const market = new Market({ limits });
    const slow = await market.reader('quote/A');
    slow.socket.bufferedBytes = 2_000;
    slow.send({ t: 'ping', k: 1 });
    await market.clock.settle();
    expect(slow.take()).toEqual([{ t: 'pong', k: 1 }]);
  });

  test('P-NODE-5 one that takes nothing for 30 s is closed with 4301 and cut', async () => {
    const market = new Market({ limits, ping: { everyMs: 1_000_000, graceMs: 1_000 } });
    const slow = await market.reader('quote/A');
    slow.socket.stalled = true;
    slow.socket.bufferedBytes = 5_000;
    await market.quote('A').set({ bid: 1, ask: 1 });
    await market.clock.advance(29_000);
    expect(slow.closeCode).toBeUndefined();
    await market.clock.advance(1_100);
    expect(slow.closeCode).toBe(4301);
    expect(slow.socket.terminated).toBe(true);
    expect(market.server.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  });
});

describe('P-NODE-5 what a peer asks for and does not read', () => {
  const answer = textEncoder('x'.repeat(100_000), 'control');
  const connection = (watermarkBytes = 1_000) => {
    const clock = new VirtualClock();
    const socket = new RecordingSocket();
    const flusher = new Flusher(clock, 0, () => false);
    const form = { patches: true, partBytes: 1_024 };
    const ignored = { onTooLarge: () => undefined, onStalled: () => undefined };
    const outbox = new Outbox(socket, flusher, watermarkBytes, form, 10_000_000, ignored);
    return { clock, socket, outbox };
  };

  test('is kept up to a bound, then the connection is cut with 4301', async () => {
    const { clock, socket, outbox } = connection();
    socket.stalled = true;
    let answers = 0;
    for (; socket.closes.length === 0 && answers < 100; answers++) {
      outbox.send(answer);
      await clock.settle();
    }
    expect(answers).toBe(12);
    expect(socket.closes).toEqual([{ code: 4301, reason: 'slow consumer' }]);
    expect(socket.terminated).toBe(true);
    expect(outbox.ready()).toBe(false);
    outbox.send(answer);
    await clock.settle();
    expect(socket.writes).toHaveLength(11);
  });

  test('is bounded within a turn too, and by sixteen watermarks where those are more', () => {
    const { socket, outbox } = connection(100_000);
    for (let answers = 0; answers < 17; answers++) outbox.send(answer);
    expect(socket.terminated).toBe(false);
    outbox.send(answer);
    expect(socket.terminated).toBe(true);
  });

  test('is one frame of any size more, and data does not count', async () => {
    const { clock, socket, outbox } = connection();
    socket.bufferedBytes = 50_000_000;
    outbox.send(textEncoder('x'.repeat(9_000_000), 'control'));
    await clock.settle();
    expect(socket.closes).toEqual([]);
    expect(socket.writes).toHaveLength(1);
  });

  test('is none of what was read meanwhile', async () => {
    const { clock, socket, outbox } = connection();
    for (let answers = 0; answers < 100; answers++) {
      socket.stalled = true;
      outbox.send(answer);
      await clock.settle();
      socket.stalled = false;
      socket.bufferedBytes = 0;
    }
    expect(socket.closes).toEqual([]);
  });
});

describe('order', () => {
  test('P-NODE-3 in one write: control frames, an ack with its data, then what changed', async () => {
    const market = new Market();
    await market.quote('A').set({ bid: 1, ask: 1 });
    const peer = await market.reader('quote/A');
    peer.send({ t: 'ping', k: 1 }, { t: 'sub', id: 2, ch: [{ c: 'quote/B' }] }, { t: 'ping', k: 2 });
    void market.quote('A').set({ bid: 2, ask: 1 });
    await market.clock.settle();
    const frames = peer.take();
    expect(frames.filter(({ n }) => n !== 1).map(({ t }) => t)).toEqual(
      expect.arrayContaining(['pong', 'pong', 'subd', 'f']) as string[],
    );
    const ack = frames.findIndex(({ t }) => t === 'subd');
    expect(frames[ack + 1]).toMatchObject({ t: 'f', n: 2 });
  });

  test('P-SUB-5 nothing of a channel comes before its entry, whatever is published meanwhile', async () => {
    const market = new Market();
    const peer = await market.peer();
    let asked: (allowed: boolean) => void = () => undefined;
    market.rules.set('A', () => new Promise((resolve) => (asked = resolve)));
    await market.reader('quote/B');
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    for (let bid = 0; bid < 5; bid++) {
      await market.quote('A').set({ bid, ask: 1 });
      await market.clock.settle();
    }
    expect(peer.take()).toEqual([]);
    asked(true);
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'f']);
  });

  test('P-SUB-11 revoked: in the same step nothing of the channel comes any more, not even what is queued', async () => {
    const market = new Market();
    await market.quote('A').set({ bid: 1, ask: 1 });
    await market.reader('quote/A');
    const peer = await market.peer();
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
    void market.quote('A').set({ bid: 2, ask: 1 });
    expect(
      await market.server.revoke({ channel: 'quote/A', principal: ({ id }: { id: string }) => id === 'ann' }),
    ).toBe(2);
    await market.clock.settle();
    expect(peer.take().map(({ t }) => t)).toEqual(['subd', 'unsubd']);
  });
});
