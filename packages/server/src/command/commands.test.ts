import { describe, expect, test } from 'vitest';
import { Market } from '../test-support/market.js';
import type { Peer } from '../test-support/peer.js';

const req = (id: number, m: string, v: unknown, more: object = {}) => ({ t: 'req', id, m, v, ...more });

async function answer(market: Market, peer: Peer, ...frames: readonly object[]) {
  peer.send(...frames);
  await market.clock.settle();
  return peer.take();
}

describe('answers', () => {
  test('P-CMD-1 a command is answered with its output; defaults of its input are filled in', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: 2 }))).toEqual([{ t: 'res', id: 1, v: { sum: 3 } }]);
  });

  test('P-CMD-6 declared errors carry their data; others are internal and say nothing', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: -1 }))).toMatchObject([
      { err: { c: 'app.negative', d: { which: 'a' }, x: 'no' } },
    ]);
  });

  test('P-CMD-6 an input that does not fit: paths, never the input; the handler is not run', async () => {
    const market = new Market();
    const peer = await market.peer();
    const [res] = await answer(market, peer, req(1, 'add', { a: 'canary' }));
    expect(res).toMatchObject({ err: { c: 'bad_input', x: 'no', m: 'see a' } });
    expect(JSON.stringify(res)).not.toContain('canary');
    expect(market.added).toBe(0);
  });

  test('P-CMD-6 unknown commands, also those every object has', async () => {
    const market = new Market();
    const peer = await market.peer();
    for (const name of ['nope', '__proto__', 'constructor', 'toString']) {
      expect(await answer(market, peer, req(1, name, {}))).toMatchObject([
        { err: { c: 'unknown_command', x: 'no' } },
      ]);
    }
  });

  test('an id that is in use is refused, and the first is still answered', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'wait', {}), req(1, 'wait', {}))).toMatchObject([
      { t: 'err', id: 1, err: { c: 'bad_frame' } },
    ]);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'res', id: 1, v: {} }]);
  });

  test('P-LIM-4 an answer larger than the client accepts: too_large, and it says that it was done', async () => {
    const market = new Market();
    const peer = await market.peer('ann', { lim: { in: 20 } });
    expect(await answer(market, peer, req(1, 'add', { a: 2 }))).toEqual([
      { t: 'res', id: 1, err: { c: 'too_large', x: 'yes' } },
    ]);
  });
});

describe('time', () => {
  test('P-CMD-3 past its deadline a running command is answered timeout, and its signal is raised', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send(req(1, 'wait', {}, { ttl: 300 }));
    await market.clock.advance(299);
    expect(peer.take()).toEqual([]);
    await market.clock.advance(1);
    expect(peer.take()).toMatchObject([{ t: 'res', id: 1, err: { c: 'timeout', x: 'maybe' } }]);
    expect(market.waiting[0]?.signal.aborted).toBe(true);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(peer.take()).toEqual([]);
  });

  test('a caller that says nothing gets the time of the contract', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send(req(1, 'wait', {}));
    await market.clock.advance(1_000);
    expect(peer.take()).toMatchObject([{ err: { c: 'timeout' } }]);
  });

  test('P-CMD-3 a deadline that passed before the start: not run, surely', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: 1 }, { ttl: 0 }))).toMatchObject([
      { err: { c: 'deadline', x: 'no' } },
    ]);
    expect(market.added).toBe(0);
  });

  test('P-CMD-4 cancel raises the signal; the answer still comes', async () => {
    const market = new Market();
    const peer = await market.peer();
    await answer(market, peer, req(1, 'wait', {}), { t: 'cancel', id: 1 });
    expect(market.waiting[0]?.signal.aborted).toBe(true);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'res', id: 1 }]);
  });

  test('a connection that ends raises the signals of its commands, and leaves no timer', async () => {
    const market = new Market();
    const peer = await market.peer();
    await answer(market, peer, req(1, 'wait', {}));
    peer.handler.onClose(1006);
    expect(market.waiting[0]?.signal.aborted).toBe(true);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(market.server.stats().commandsRunning).toBe(0);
    expect(market.clock.pendingTimers).toBe(0);
  });
});

describe('keys', () => {
  test('P-CMD-5 the same key is run once, also over two connections; the replay says so', async () => {
    const market = new Market();
    const first = await market.peer();
    const second = await market.peer();
    const call = req(1, 'add', { a: 1 }, { k: 'key' });
    expect(await answer(market, first, call)).toEqual([{ t: 'res', id: 1, v: { sum: 2 } }]);
    expect(await answer(market, second, call)).toEqual([{ t: 'res', id: 1, v: { sum: 2 }, rp: 1 }]);
    expect(market.added).toBe(1);
  });

  test('a default that was left out is the same input', async () => {
    const market = new Market();
    const peer = await market.peer();
    await answer(market, peer, req(1, 'add', { a: 1 }, { k: 'key' }));
    expect(await answer(market, peer, req(2, 'add', { a: 1, b: 1 }, { k: 'key' }))).toMatchObject([
      { rp: 1 },
    ]);
  });

  test('what a handler did after its deadline is what the key remembers', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send(req(1, 'wait', {}, { k: 'key', ttl: 100 }));
    await market.clock.advance(100);
    expect(peer.take()).toMatchObject([{ err: { c: 'timeout' } }]);
    expect(await answer(market, peer, req(2, 'wait', {}, { k: 'key' }))).toMatchObject([
      { err: { c: 'in_flight' } },
    ]);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(await answer(market, peer, req(3, 'wait', {}, { k: 'key' }))).toEqual([
      { t: 'res', id: 3, v: {}, rp: 1 },
    ]);
    expect(market.waiting).toHaveLength(1);
  });

  test('half a surrogate pair is no key', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.handler.onMessage('{"t":"req","id":1,"m":"add","v":{"a":1},"k":"\\ud800"}');
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ err: { c: 'bad_input', x: 'no' } }]);
  });

  test('an anonymous connection keeps its keys to itself, and takes them along', async () => {
    const market = new Market();
    market.login = () => ({ principal: { anonymous: true } });
    const peer = await market.peer();
    await answer(market, peer, req(1, 'add', { a: 1 }, { k: 'key' }));
    expect(market.server.stats().idempotencyKeys).toBe(1);
    peer.handler.onClose(1000);
    expect(market.server.stats().idempotencyKeys).toBe(0);
  });
});
