import { describe, expect, test } from 'vitest';
import { frameOf, setStage, type Frame, type ScriptedPeer } from './scripted-peer.js';

const buy = (id: number, quantity: number, more: object = {}) => ({
  t: 'req',
  id,
  m: 'buy',
  v: { quantity },
  ...more,
});

/** The next ping, within the second in which it comes. */
async function nextPing(peer: ScriptedPeer): Promise<Frame> {
  for (let waited = 0; waited < 30; waited++) {
    const ping = (await peer.wait(1_000)).find(({ t }) => t === 'ping');
    if (ping !== undefined) return ping;
  }
  throw new Error('no ping in 30 s');
}

describe('commands', () => {
  test('P-CMD-1 one answer each, by id', async () => {
    const peer = await setStage().enter();
    expect(await peer.say({ t: 'req', id: 8, m: 'echo', v: { say: 'hi' } }, buy(9, 1))).toEqual([
      { t: 'res', id: 8, v: { said: 'hi' } },
      { t: 'res', id: 9, v: { order: 1 } },
    ]);
  });

  test('P-CMD-6, P-ERR-5 declared errors carry typed data; unknown commands and bad inputs say so, without the input', async () => {
    const peer = await setStage().enter();
    const [declared, unknown, bad] = await peer.say(
      buy(1, 1_000),
      { t: 'req', id: 2, m: 'constructor' },
      { t: 'req', id: 3, m: 'echo', v: { say: 42, canary: 'c4n4ry' } },
    );
    expect(declared).toMatchObject({ err: { c: 'app.insufficientFunds', d: { needed: '9.50' }, x: 'no' } });
    expect(unknown).toMatchObject({ err: { c: 'unknown_command', x: 'no' } });
    expect(bad).toMatchObject({ err: { c: 'bad_input', x: 'no' } });
    expect(JSON.stringify(bad)).not.toContain('c4n4ry');
  });

  test('P-CMD-3 a command without time left is not begun; one that runs over it is asked to stop', async () => {
    const peer = await setStage().enter();
    expect(await peer.say(buy(1, 1, { ttl: 0 }))).toMatchObject([{ id: 1, err: { c: 'deadline', x: 'no' } }]);
    expect(await peer.say({ t: 'req', id: 2, m: 'slow', v: {}, ttl: 500 })).toEqual([]);
    expect(await peer.wait(1_000)).toMatchObject([{ t: 'res', id: 2, err: { c: 'timeout', x: 'maybe' } }]);
  });

  test('P-CMD-4 a cancelled command is still answered', async () => {
    const peer = await setStage().enter();
    await peer.say({ t: 'req', id: 1, m: 'slow', v: {} });
    expect(await peer.say({ t: 'cancel', id: 1 })).toMatchObject([
      { t: 'res', id: 1, err: { c: 'cancelled' } },
    ]);
  });

  test('P-CMD-5 the same key: the stored answer for the same input, key_reused for another; each principal has its own', async () => {
    const { enter } = setStage();
    const [ann, ben] = [await enter({ auth: { token: 'ann' } }), await enter({ auth: { token: 'ben' } })];
    expect(await ann.say(buy(1, 1, { k: 'once' }))).toMatchObject([{ v: { order: 1 } }]);
    expect(await ann.say(buy(2, 1, { k: 'once' }))).toEqual([{ t: 'res', id: 2, v: { order: 1 }, rp: 1 }]);
    expect(await ann.say(buy(3, 2, { k: 'once' }))).toMatchObject([{ err: { c: 'key_reused', x: 'no' } }]);
    expect(await ben.say(buy(1, 1, { k: 'once' }))).toMatchObject([{ v: { order: 2 } }]);
  });

  test('P-CMD-5 while the first runs, the same key is in flight', async () => {
    const peer = await setStage().enter({ auth: { token: 'ann' } });
    const slow = (id: number) => ({ t: 'req', id, m: 'slow', v: {}, k: 'one' });
    await peer.say(slow(1));
    expect(await peer.say(slow(2))).toMatchObject([{ id: 2, err: { c: 'in_flight' } }]);
  });

  test('P-CMD-7 more than allowed in flight are refused', async () => {
    const peer = await setStage({ limits: { maxCommandsInFlight: 1 } }).enter();
    await peer.say({ t: 'req', id: 1, m: 'slow', v: {} });
    expect(await peer.say(buy(2, 1))).toMatchObject([{ id: 2, err: { c: 'limit', x: 'no' } }]);
  });
});

describe('life', () => {
  test('P-LIVE-1, P-LIVE-5 the server pings with its clock, and with the round trip it has measured', async () => {
    const { enter, clock } = setStage();
    const peer = await enter();
    const beforeMs = clock.wallMs();
    const first = await nextPing(peer);
    expect(first['now']).toBeGreaterThan(beforeMs);
    expect(first['now']).toBeLessThanOrEqual(clock.wallMs());
    await peer.say({ t: 'pong', k: first['k'] });
    const second = await nextPing(peer);
    expect(second['rtt']).toBeTypeOf('number');
    expect(await peer.say({ t: 'ping', k: 77 })).toEqual([{ t: 'pong', k: 77 }]);
  });

  test('P-LIVE-2 a peer that says nothing after a ping is closed with 4302; any frame is enough to live', async () => {
    const { enter } = setStage();
    const [mute, alive] = [await enter(), await enter()];
    await mute.wait(26_000);
    await alive.say({ t: 'err', err: { c: 'still_here' } });
    await mute.wait(12_000);
    expect(mute.closed?.code).toBe(4302);
    expect(alive.closed).toBeNull();
  });

  test('P-LIVE-7 a server that closes says so ahead, and then closes with 4400', async () => {
    const { enter, server, clock } = setStage();
    const peer = await enter();
    const closing = server.close({ drainMs: 4_000 });
    const goaway = frameOf(await peer.wait(4_100), 'goaway');
    expect(goaway['in']).toBeLessThanOrEqual(4_000);
    await clock.advance(20_000);
    await closing;
    expect(peer.closed?.code).toBe(4400);
  });

  test('P-AUTH-2, P-AUTH-3 before the credentials end fresh ones are asked for; rights are decided again', async () => {
    const { enter, server, banned } = setStage({ ttlMs: 120_000 });
    const peer = await enter({ auth: { token: 'ann' } });
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'trades' }] });
    let frames = await peer.wait(20_000);
    while (!frames.some(({ t }) => t === 'reauth')) {
      for (const { t, k } of frames) if (t === 'ping') await peer.say({ t: 'pong', k });
      frames = await peer.wait(5_000);
    }
    banned.add('ann');
    const answers = await peer.say({ t: 'auth', id: 2, token: 'ann' });
    expect(frameOf(answers, 'res')).toMatchObject({ id: 2, v: { ttl: 120_000 } });
    expect(frameOf(answers, 'unsubd')).toMatchObject({ ch: ['trades'], err: { c: 'forbidden' } });
    await server.channel('trades').append({ id: 1 });
    expect((await peer.wait(0)).filter(({ t }) => t === 'e')).toEqual([]);
  });

  test('P-AUTH-3 another principal is refused', async () => {
    const peer = await setStage({ ttlMs: 120_000 }).enter({ auth: { token: 'ann' } });
    expect(await peer.say({ t: 'auth', id: 1, token: 'ben' })).toMatchObject([
      { t: 'res', id: 1, err: { c: 'forbidden' } },
    ]);
  });

  test('P-AUTH-2 credentials that are not renewed end the connection with 4201', async () => {
    const peer = await setStage({ ttlMs: 10_000, ping: { everyMs: 600_000, graceMs: 10_000 } }).enter({
      auth: { token: 'ann' },
    });
    await peer.wait(60_000);
    expect(peer.closed?.code).toBe(4201);
  });
});

describe('limits', () => {
  test('P-LIM-2, P-LIM-3 frames over the rate are refused with ra, on every connection of the principal; going on closes', async () => {
    const { enter } = setStage({ limits: { framesPerSecond: 10, frameBurst: 20 } });
    const [first, second] = [
      await enter({ auth: { token: 'ann' } }),
      await enter({ auth: { token: 'ann' } }),
    ];
    const other = await enter({ auth: { token: 'ben' } });
    const echoes = Array.from({ length: 40 }, (_, id) => ({ t: 'req', id, m: 'echo', v: { say: 'x' } }));
    const answers = await first.say(...echoes);
    const refused = answers.filter(
      (frame) => (frame['err'] as { c?: string } | undefined)?.c === 'rate_limited',
    );
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toMatchObject({ err: { x: 'no', ra: expect.any(Number) as unknown } });
    expect(JSON.stringify(await second.say({ t: 'req', id: 1, m: 'echo', v: { say: 'x' } }))).toContain(
      'rate_limited',
    );
    expect(JSON.stringify(await other.say({ t: 'req', id: 1, m: 'echo', v: { say: 'x' } }))).toContain(
      'said',
    );
    for (let round = 0; round < 20 && first.closed === null; round++) await first.say(...echoes);
    expect(first.closed?.code).toBe(4303);
  });
});
