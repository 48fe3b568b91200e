import { describe, expect, test } from 'vitest';
import { setStage } from './scripted-peer.js';

describe('the first frames', () => {
  test('P-CONN-4, P-CONN-6, P-LIM-1 hello is answered by welcome with what the server is and accepts', async () => {
    const { connect, clock } = setStage();
    const peer = connect();
    const [welcome] = await peer.say({ t: 'hello', v: 1, caps: ['delta', 'unheard-of'] });
    expect(welcome).toMatchObject({
      t: 'welcome',
      now: clock.wallMs(),
      caps: ['delta'],
      ping: { every: 25_000, grace: 10_000 },
      lim: { in: 65_536, subs: 1_000, batch: 200, inflight: 64, rate: 50, burst: 200, chan: 255 },
    });
  });

  test.each([
    [undefined, 'unchecked'],
    [{ name: 'rules', ver: '1.0.0', hash: 'unknown' }, 'compat'],
    [{ name: 'rules', ver: '1.2.0', hash: 'f00d' }, 'exact'],
  ])('P-CONN-7 the contract %j is %s', async (named, mode) => {
    const { connect } = setStage({ contractHash: 'f00d' });
    const [welcome] = await connect().say({
      t: 'hello',
      v: 1,
      ...(named === undefined ? {} : { contract: named }),
    });
    expect(welcome).toMatchObject({ t: 'welcome', contract: { ver: '1.2.0', mode } });
  });

  test('P-CONN-7 a client of another contract is refused with 4102', async () => {
    const peer = setStage().connect();
    const [reject] = await peer.say({ t: 'hello', v: 1, contract: { name: 'other', ver: '1.0.0' } });
    expect(reject).toMatchObject({ t: 'reject', err: { c: 'contract_incompatible' } });
    expect(peer.closed?.code).toBe(4102);
  });

  test('P-CONN-5 no hello in 10 s: 4300', async () => {
    const peer = setStage().connect();
    await peer.wait(9_000);
    expect(peer.closed).toBeNull();
    await peer.wait(2_000);
    expect(peer.closed?.code).toBe(4300);
  });

  test('P-CONN-5 a second hello: 4100', async () => {
    const peer = await setStage().enter();
    await peer.say({ t: 'hello', v: 1 });
    expect(peer.closed?.code).toBe(4100);
  });

  test('P-CONN-6 what is sent right behind hello is handled in order once it is decided', async () => {
    const peer = setStage().connect();
    const frames = await peer.say(
      { t: 'hello', v: 1 },
      { t: 'sub', id: 1, ch: [{ c: 'book' }] },
      { t: 'req', id: 2, m: 'echo', v: { say: 'hi' } },
    );
    expect(frames.map(({ t }) => t).toSorted()).toEqual(['f', 'res', 'subd', 'welcome']);
    expect(frames[0]?.t).toBe('welcome');
  });

  test('P-CONN-6, P-AUTH-1 after a reject nothing of it was done', async () => {
    const { connect, server } = setStage();
    const peer = connect();
    const frames = await peer.say(
      { t: 'hello', v: 1, auth: { token: 'wrong' } },
      { t: 'req', id: 1, m: 'buy', v: { quantity: 1 } },
    );
    expect(frames).toEqual([expect.objectContaining({ t: 'reject' })]);
    expect(frames[0]).toMatchObject({ err: { c: 'unauthenticated' } });
    expect(peer.closed?.code).toBe(4200);
    expect(server.stats().commandsRunning).toBe(0);
  });

  test('P-CONN-3, P-CONN-2 credentials and versions are refused by frames, not by HTTP', async () => {
    const peer = setStage().connect({ subprotocol: 'tickwire' });
    const frames = await peer.wait(0);
    expect(frames[0]).toMatchObject({
      t: 'reject',
      err: { c: 'unsupported_version', d: { supported: ['tickwire.v1+json'] } },
    });
    expect(peer.closed?.code).toBe(4101);
  });
});

describe('faults', () => {
  test.each([
    ['not JSON', '{'],
    ['an array', '[]'],
    ['a binary message', new Uint8Array([1, 2])],
    ['a good frame before a bad one', '{"t":"req","id":1,"m":"buy","v":{"quantity":1}}\nnope'],
  ])('P-FRAME-3 %s: 4100, and nothing of the message is done', async (_name, message) => {
    const peer = await setStage().enter();
    expect(await peer.sayText(message)).toEqual([]);
    expect(peer.closed?.code).toBe(4100);
  });

  test('P-FRAME-7 a frame that does not fit its type is refused by its id, the tenth in a minute closes', async () => {
    const peer = await setStage().enter();
    for (let id = 1; id < 10; id++) {
      const [err] = await peer.say({ t: 'sub', id, ch: 'book' });
      expect(err).toMatchObject({ t: 'err', id, err: { c: 'bad_frame' } });
    }
    expect(peer.closed).toBeNull();
    await peer.say({ t: 'sub', id: 10, ch: 'book' });
    expect(peer.closed?.code).toBe(4100);
  });

  test('P-FRAME-7 a frame that only a server may send: 4100', async () => {
    const peer = await setStage().enter();
    await peer.say({ t: 'welcome' });
    expect(peer.closed?.code).toBe(4100);
  });

  test('P-EXT-2, P-EXT-4 unknown types are ignored unless critical; err closes nothing', async () => {
    const peer = await setStage().enter();
    expect(await peer.say({ t: 'later' }, { t: 'err', err: { c: 'whatever' } })).toEqual([]);
    expect(peer.closed).toBeNull();
    await peer.say({ t: 'later', crit: 1 });
    expect(peer.closed?.code).toBe(4100);
  });

  test('P-EXT-5 pub is answered with forbidden', async () => {
    const peer = await setStage().enter();
    const frames = await peer.say({ t: 'pub', id: 4, c: 'book', v: {} }, { t: 'pub', c: 'book', v: {} });
    expect(frames).toEqual([expect.objectContaining({ t: 'res', id: 4 })]);
    expect(frames[0]).toMatchObject({ err: { c: 'forbidden', x: 'no' } });
  });
});
