// A keyed command over several servers with one store, and machines that die: run once, and never a wrong word about it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Peer } from '../test-support/peer.js';
import { TradingDesk } from '../test-support/trading-desk.js';

const place = (id: number, more: object = {}, k = 'key') => ({
  t: 'req',
  id,
  m: 'place',
  v: { symbol: 'AAPL', ...more },
  k,
});

async function answer(desk: TradingDesk, peer: Peer, frame: object, afterMs = 0) {
  peer.send(frame);
  await desk.clock.advance(afterMs);
  return peer.take();
}

describe('two servers, one store', () => {
  test('P-CMD-5 what one has run the other replays', async () => {
    const desk = new TradingDesk();
    const first = await desk.peer(desk.start());
    const second = await desk.peer(desk.start());
    expect(await answer(desk, first, place(1))).toEqual([{ t: 'res', id: 1, v: { orderId: 'o-1' } }]);
    expect(await answer(desk, second, place(1))).toEqual([{ t: 'res', id: 1, v: { orderId: 'o-1' }, rp: 1 }]);
    expect(await answer(desk, second, place(2, { symbol: 'MSFT' }))).toMatchObject([
      { err: { c: 'key_reused', x: 'no' } },
    ]);
    expect(desk.placed).toEqual(['AAPL']);
  });

  test('P-CMD-5 while one runs it the other says in_flight; another principal has keys of his own', async () => {
    const desk = new TradingDesk();
    const first = await desk.peer(desk.start());
    const other = desk.start();
    const second = await desk.peer(other);
    const bob = await desk.peer(other, 'bob');
    await answer(desk, first, place(1, { workMs: 100 }));
    expect(await answer(desk, second, place(1, { workMs: 100 }))).toMatchObject([
      { err: { c: 'in_flight', x: 'maybe', ra: 500 } },
    ]);
    await answer(desk, bob, place(1, { workMs: 100 }), 100);
    expect(desk.placed).toHaveLength(2);
    expect(await answer(desk, second, place(2, { workMs: 100 }))).toMatchObject([{ rp: 1 }]);
  });

  test('P-CMD-5 claimed on both at the same moment, one runs it', async () => {
    const desk = new TradingDesk();
    desk.latencyMs = 10;
    const peers = [await desk.peer(desk.start()), await desk.peer(desk.start())];
    for (const peer of peers) peer.send(place(1));
    await desk.clock.advance(100);
    const codes = peers.flatMap((peer) => peer.take().map((frame) => ('err' in frame ? frame.err : 'done')));
    expect(codes).toContain('done');
    expect(codes).toContainEqual(expect.objectContaining({ c: 'in_flight' }));
    expect(desk.placed).toEqual(['AAPL']);
  });

  test('P-CMD-8 its process dies: in_flight until the lease is over, then indeterminate, and it is never run again', async () => {
    const desk = new TradingDesk();
    const dying = desk.start();
    const first = await desk.peer(dying);
    const second = await desk.peer(desk.start());
    await answer(desk, first, place(1, { workMs: 100 }));
    dying.machine.halt();
    expect(await answer(desk, second, place(1, { workMs: 100 }), 5_999)).toMatchObject([
      { err: { c: 'in_flight' } },
    ]);
    await desk.clock.advance(1);
    expect(await answer(desk, second, place(2, { workMs: 100 }))).toMatchObject([
      { err: { c: 'indeterminate', x: 'maybe' } },
    ]);
    expect(desk.placed).toEqual([]);
  });

  test('P-CMD-8 a run whose lease is over may still end: then everybody is told how', async () => {
    const desk = new TradingDesk();
    const first = await desk.peer(desk.start());
    const second = await desk.peer(desk.start());
    await answer(desk, first, place(1, { workMs: 8_000 }), 7_000);
    expect(await answer(desk, second, place(1, { workMs: 8_000 }))).toMatchObject([
      { err: { c: 'indeterminate' } },
    ]);
    expect(await answer(desk, second, place(2, { workMs: 8_000 }), 1_000)).toMatchObject([
      { err: { c: 'indeterminate' } },
    ]);
    expect(await answer(desk, second, place(3, { workMs: 8_000 }))).toMatchObject([
      { v: { orderId: 'o-1' }, rp: 1 },
    ]);
    expect(desk.placed).toEqual(['AAPL']);
  });

  test('P-CMD-8 an idempotent command is run again when its run is lost, and the old run ends nothing', async () => {
    const desk = new TradingDesk();
    const dying = desk.start();
    const first = await desk.peer(dying);
    const second = await desk.peer(desk.start());
    const refresh = (id: number, workMs: number) => ({ t: 'req', id, m: 'refresh', v: { workMs }, k: 'key' });
    await answer(desk, first, refresh(1, 100));
    dying.machine.halt();
    await desk.clock.advance(6_000);
    expect(await answer(desk, second, refresh(1, 100), 100)).toMatchObject([{ v: { runs: 1 } }]);
    expect(await answer(desk, second, refresh(2, 100))).toMatchObject([{ v: { runs: 1 }, rp: 1 }]);
  });
});

describe('a store that fails', () => {
  test.each(['rejects', 'hangs'] as const)(
    'P-CMD-8 %s: nothing is started, surely, and nothing is claimed for ever',
    async (fault) => {
      const desk = new TradingDesk();
      const peer = await desk.peer(desk.start());
      desk.fault = fault;
      expect(await answer(desk, peer, place(1), 5_000)).toMatchObject([
        { err: { c: 'unavailable', x: 'no' } },
      ]);
      expect(desk.placed).toEqual([]);
      desk.fault = 'none';
      expect(await answer(desk, peer, place(2))).toMatchObject([{ v: { orderId: 'o-1' } }]);
      expect(desk.logs).toContain('error idempotency store failed to claim');
    },
  );

  test('P-CMD-3 a claim that takes longer than the command has: not started, and the key is free again', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    desk.latencyMs = 400;
    expect(await answer(desk, peer, { ...place(1), ttl: 300 }, 2_000)).toMatchObject([
      { err: { c: 'unavailable', x: 'no' } },
    ]);
    desk.latencyMs = 0;
    expect(await answer(desk, peer, place(2))).toMatchObject([{ v: { orderId: 'o-1' } }]);
  });

  test('P-CMD-4 given up while the key is claimed: not started, surely, and the key is free again', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    desk.latencyMs = 10;
    peer.send(place(1), { t: 'cancel', id: 1 });
    await desk.clock.advance(100);
    expect(peer.take()).toMatchObject([{ err: { c: 'cancelled', x: 'no' } }]);
    expect(desk.placed).toEqual([]);
    expect(await answer(desk, peer, place(2), 100)).toMatchObject([{ v: { orderId: 'o-1' } }]);
  });

  test('an end that cannot be recorded is told all the same', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    peer.send(place(1, { workMs: 10 }));
    await desk.clock.advance(5);
    desk.fault = 'rejects';
    await desk.clock.advance(10);
    expect(peer.take()).toEqual([{ t: 'res', id: 1, v: { orderId: 'o-1' } }]);
    expect(desk.logs).toContain('error idempotency store failed to complete');
  });

  test('P-CMD-8 an end is recorded before it is told, also when the deadline passes meanwhile', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    peer.send(place(1, { workMs: 900 }));
    await desk.clock.advance(850);
    desk.latencyMs = 1_000;
    await desk.clock.advance(1_000);
    expect(peer.take()).toEqual([]);
    await desk.clock.advance(50);
    expect(peer.take()).toEqual([{ t: 'res', id: 1, v: { orderId: 'o-1' } }]);
  });

  test('P-CMD-8 a store that never says whether it has recorded an end is waited for as long as for any answer of it', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    peer.send(place(1, { workMs: 900 }));
    await desk.clock.advance(850);
    desk.fault = 'hangs';
    await desk.clock.advance(5_049);
    expect(peer.take()).toEqual([]);
    await desk.clock.advance(1);
    expect(peer.take()).toEqual([{ t: 'res', id: 1, v: { orderId: 'o-1' } }]);
  });
});

describe('a transaction of its own', () => {
  const inTransaction = (id: number, then: string) => ({
    t: 'req',
    id,
    m: 'placeInTransaction',
    v: { symbol: 'AAPL', then },
    k: 'key',
  });

  test('P-CMD-8 its process dies after the commit: another server knows how it ended', async () => {
    const desk = new TradingDesk();
    const dying = desk.start();
    const first = await desk.peer(dying);
    const second = await desk.peer(desk.start());
    await answer(desk, first, inTransaction(1, 'hang'));
    dying.machine.halt();
    await desk.clock.advance(6_000);
    expect(await answer(desk, second, inTransaction(1, 'hang'))).toEqual([
      { t: 'res', id: 1, v: { orderId: 'AAPL' }, rp: 1 },
    ]);
    expect(desk.placed).toEqual(['AAPL']);
  });

  test('a commit whose answer was lost: what is in the database is what is told', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    expect(await answer(desk, peer, inTransaction(1, 'fail'))).toEqual([
      { t: 'res', id: 1, v: { orderId: 'AAPL' } },
    ]);
    expect(await answer(desk, peer, inTransaction(2, 'fail'))).toMatchObject([{ rp: 1 }]);
  });

  test('rolled back: the failure is what is told, and kept', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    expect(await answer(desk, peer, inTransaction(1, 'rollBack'))).toMatchObject([
      { err: { c: 'internal', x: 'maybe' } },
    ]);
    expect(desk.placed).toEqual([]);
  });

  test('without a key there is nothing to write', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    const { k: _, ...unkeyed } = inTransaction(1, 'return');
    expect(await answer(desk, peer, unkeyed)).toMatchObject([{ v: { orderId: 'AAPL' } }]);
    expect(desk.rows.size).toBe(0);
  });
});

describe('where the effect is visible', () => {
  const publish = (id: number, more: object = {}) => ({ t: 'req', id, m: 'publish', v: {}, ...more });

  test('P-CMD-10 res tells the last position of each channel it wrote and the connection reads; replayed too', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }] });
    await desk.clock.settle();
    const [subd] = peer.take();
    const e = subd?.t === 'subd' && 'e' in (subd.r[0] ?? {}) ? (subd.r[0] as { e: string }).e : '';
    const at = [{ c: 'orders/ann', e, o: 2 }];
    const frames = await answer(desk, peer, publish(2, { k: 'key' }));
    expect(frames).toContainEqual({ t: 'res', id: 2, v: { orderId: 'o-1' }, at });
    expect(await answer(desk, peer, publish(3, { k: 'key' }))).toEqual([
      { t: 'res', id: 3, v: { orderId: 'o-1' }, rp: 1, at },
    ]);
  });

  test('P-CMD-10 also of a channel whose sub is not answered yet, if it may be read', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    peer.send({ t: 'sub', id: 1, ch: [{ c: 'orders/ann' }, { c: 'audit/ann' }] }, publish(2));
    await desk.clock.settle();
    expect(peer.take()).toContainEqual({
      t: 'res',
      id: 2,
      v: { orderId: 'o-1' },
      at: [{ c: 'orders/ann', e: expect.any(String) as string, o: 2 }],
    });
  });

  test('P-CMD-10 a connection that reads none of them is told nothing of them', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    expect(await answer(desk, peer, publish(1))).toEqual([{ t: 'res', id: 1, v: { orderId: 'o-1' } }]);
  });

  test('P-CMD-9 a publish that was refused is no proof that nothing was done, and says nothing of channels', async () => {
    const desk = new TradingDesk();
    const peer = await desk.peer(desk.start());
    expect(await answer(desk, peer, publish(1, { v: { badly: true } }))).toEqual([
      { t: 'res', id: 1, err: { c: 'bad_input', x: 'maybe' } },
    ]);
    expect(desk.logs).toContain('error command failed');
    expect(desk.placed).toEqual(['P']);
  });
});

test('P-CMD-5, P-CMD-8, P-CMD-9 whatever dies whenever: at most one effect a key, and no answer that is not true', async () => {
  const call = fc.record({ do: fc.constant('call' as const), server: fc.nat(2) });
  const callAndKill = fc.record({
    do: fc.constant('kill' as const),
    server: fc.nat(2),
    ms: fc.noBias(fc.nat(60)),
  });
  const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 400, 7_000) });
  await fc.assert(
    fc.asyncProperty(
      callAndKill,
      fc.array(fc.oneof(call, call, callAndKill, wait, wait), { minLength: 2, maxLength: 12 }),
      fc.constantFrom(0, 30, 30),
      fc.constantFrom(0, 2, 20, 2_000),
      fc.nat(),
      async (first, others, latencyMs, workMs, seed) => {
        const desk = new TradingDesk(seed);
        desk.latencyMs = latencyMs;
        const servers = [desk.start(), desk.start(), desk.start()];
        let id = 0;
        const peers: Peer[] = [];
        for (const each of [first, ...others]) {
          const server = 'server' in each ? servers[each.server] : undefined;
          if (server !== undefined) {
            const peer = await desk.peer(server);
            peers.push(peer);
            peer.send(place(++id, { workMs }));
          }
          if ('ms' in each) await desk.clock.advance(each.ms);
          if (each.do !== 'kill') continue;
          server?.machine.halt();
          servers[each.server] = desk.start();
        }
        await desk.clock.advance(20_000);
        expect(desk.placed.length).toBeLessThanOrEqual(1);
        const answers = peers.flatMap((peer) => peer.take()).filter((frame) => frame.t === 'res');
        for (const frame of answers) {
          if (frame.err === undefined) expect(frame.v).toEqual({ orderId: 'o-1' });
          else expect(['in_flight', 'indeterminate', 'timeout']).toContain(frame.err.c);
        }
        if (desk.placed.length === 0) expect(answers.every((frame) => 'err' in frame)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
