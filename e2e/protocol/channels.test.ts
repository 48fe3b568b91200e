import { describe, expect, test } from 'vitest';
import { frameOf, setStage, type Frame } from './scripted-peer.js';

const types = (frames: readonly Frame[]) => frames.map(({ t }) => t);

describe('subscribing', () => {
  test('P-SUB-1, P-SUB-3, P-SUB-5 entries first, then what they promise; a channel named twice is answered once', async () => {
    const { server, enter } = setStage();
    await server.channel('price/{symbol}', { symbol: 'BTC/USDT' }).set({ bid: 1, at: 5 });
    const peer = await enter();
    const frames = await peer.say({
      t: 'sub',
      id: 7,
      ch: [{ c: 'price/BTC%2FUSDT' }, { c: 'book' }, { c: 'book' }],
    });
    const entries = frames.filter(({ t }) => t === 'subd').flatMap(({ r }) => r as Frame[]);
    expect(entries.map(({ c }) => c)).toEqual(['price/BTC%2FUSDT', 'book']);
    expect(entries[0]).toMatchObject({ kind: 'state', o: 1, m: 'full', tf: 'at' });
    const seen = new Set<unknown>();
    for (const frame of frames) {
      if (frame.t === 'subd') for (const { n } of frame['r'] as Frame[]) seen.add(n);
      else expect(seen.has(frame['n'])).toBe(true);
    }
  });

  test('P-SUB-8 a channel that was never written has offset 0, and its f neither v nor k', async () => {
    const peer = await setStage().enter();
    const frames = await peer.say({ t: 'sub', id: 1, ch: [{ c: 'price/X' }, { c: 'book' }] });
    for (const full of frames.filter(({ t }) => t === 'f')) {
      expect(full).toMatchObject({ o: 0 });
      expect(Object.keys(full)).not.toContain('v');
      expect(Object.keys(full)).not.toContain('k');
    }
    expect(types(frames).filter((t) => t === 'f')).toHaveLength(2);
  });

  test.each([
    ['that does not exist', 'nothing/here'],
    ['P-CHAN-1 that is not percent-encoded', 'price/BTC USDT'],
    ['P-CHAN-1 in lower-case hexadecimal', 'price/BTC%2fUSDT'],
    ['P-CHAN-1 that encodes what needs none', 'price/%41'],
    ['P-CHAN-1 that is not NFC', `price/${encodeURIComponent('e\u0301')}`],
    ['P-CHAN-2 of 256 bytes', `price/${'x'.repeat(250)}`],
    ['P-CHAN-3 with a control character', 'price/%00'],
    ['P-CHAN-3 with a bidirectional override', `price/${encodeURIComponent('\u202e')}`],
    ['P-CHAN-3 with an empty parameter', 'price/'],
    ['of somebody else', 'mine/ben'],
  ])('P-SUB-10, P-CHAN-4 a channel %s is forbidden, all alike', async (_name, c) => {
    const peer = await setStage().enter({ auth: { token: 'ann' } });
    const frames = await peer.say({ t: 'sub', id: 1, ch: [{ c }] });
    expect(frames).toEqual([{ t: 'subd', id: 1, r: [{ c, err: { c: 'forbidden', x: 'no' } }] }]);
  });

  test('P-CHAN-2 255 bytes are allowed', async () => {
    const peer = await setStage().enter();
    const frames = await peer.say({ t: 'sub', id: 1, ch: [{ c: `price/${'x'.repeat(249)}` }] });
    expect(types(frames)).toEqual(['subd', 'f']);
  });

  test('P-LIM-2 more channels in a sub than allowed refuse it, more subscriptions than allowed are refused', async () => {
    const { enter } = setStage({ limits: { maxChannelsPerSubscribe: 3, maxSubscriptions: 2 } });
    const peer = await enter();
    const ids = (count: number) => Array.from({ length: count }, (_, i) => ({ c: `price/${String(i)}` }));
    expect(await peer.say({ t: 'sub', id: 1, ch: ids(4) })).toEqual([
      expect.objectContaining({ t: 'err', id: 1, err: expect.objectContaining({ c: 'limit' }) as unknown }),
    ]);
    const entries = (await peer.say({ t: 'sub', id: 2, ch: ids(3) })).flatMap(({ t, r }) =>
      t === 'subd' ? (r as Frame[]) : [],
    );
    expect(entries.filter((entry) => 'err' in entry)).toEqual([
      expect.objectContaining({ err: expect.objectContaining({ c: 'limit', x: 'no' }) as unknown }),
    ]);
  });

  test('P-SUB-11 rights are asked again with every sub, also one that has a cursor', async () => {
    const { server, enter, banned } = setStage();
    await server.channel('trades').append({ id: 1 });
    const peer = await enter({ auth: { token: 'ann' } });
    const [entry] = frameOf(await peer.say({ t: 'sub', id: 1, ch: [{ c: 'trades' }] }), 'subd')[
      'r'
    ] as Frame[];
    banned.add('ann');
    await server.channel('trades').append({ id: 2 });
    peer.take();
    const frames = await peer.say({ t: 'sub', id: 2, ch: [{ c: 'trades', e: entry?.['e'], o: 1 }] });
    expect(frameOf(frames, 'subd')).toMatchObject({ r: [{ err: { c: 'forbidden' } }] });
    await server.channel('trades').append({ id: 3 });
    expect(types(await peer.wait(0))).toEqual([]);
  });

  test('P-SUB-12, P-APP-5 after unsubd nothing of the channel comes', async () => {
    const { server, enter } = setStage();
    const peer = await enter();
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'book' }] });
    expect(await peer.say({ t: 'unsub', id: 2, ch: ['book', 'price/unknown'] })).toEqual([
      { t: 'unsubd', id: 2, ch: ['book', 'price/unknown'] },
    ]);
    await server.channel('book').upsert({ id: 'a', size: 1 });
    expect(await peer.wait(1_000)).toEqual([]);
  });

  test('P-NODE-4, P-SUB-9 a cursor ahead of the head changes what its owner is sent, and nobody else', async () => {
    const { server, enter } = setStage();
    await server.channel('trades').append({ id: 1 });
    const [bystander, liar] = [await enter(), await enter()];
    const [entry] = frameOf(await bystander.say({ t: 'sub', id: 1, ch: [{ c: 'trades' }] }), 'subd')[
      'r'
    ] as Frame[];
    const frames = await liar.say({
      t: 'sub',
      id: 1,
      ch: [{ c: 'trades', e: entry?.['e'], o: 9_007_199_254_740_990 }],
    });
    expect(frameOf(frames, 'subd')).toMatchObject({ r: [{ m: 'reset', e: entry?.['e'] }] });
    expect(frameOf(frames, 'rst')).toMatchObject({ why: 'regress', e: entry?.['e'] });
    await server.channel('trades').append({ id: 2 });
    expect(await bystander.wait(0)).toEqual([{ t: 'e', n: entry?.['n'], o: 2, v: { id: 2 } }]);
  });
});

describe('data', () => {
  test('P-DATA-2 clear leaves a state without a value and a collection without records', async () => {
    const { server, enter } = setStage();
    const note = server.channel('note/{name}', { name: 'x' });
    await note.set('hello');
    await server.channel('book').upsert({ id: 'a', size: 1 });
    const peer = await enter();
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'note/x' }, { c: 'book' }] });
    await note.clear();
    await server.channel('book').clear();
    const frames = await peer.wait(0);
    expect(frames.find(({ t }) => t === 'f')).toEqual({ t: 'f', n: expect.any(Number) as unknown, o: 2 });
    expect(frames.find(({ t }) => t === 'd')).toMatchObject({ o: 2, x: ['a'] });
  });

  test('P-DATA-9, P-EXT-3 without the capability a state comes whole and records of a collection too', async () => {
    const { server, enter } = setStage();
    const price = server.channel('price/{symbol}', { symbol: 'A' });
    const label = 'long enough that a patch is shorter than the whole';
    await price.set({ bid: 1, ask: 2, at: 1, label });
    await server.channel('book').upsert({ id: 'a', size: 1, note: label });
    const [plain, patching] = [await enter({ caps: [] }), await enter()];
    for (const peer of [plain, patching])
      await peer.say({ t: 'sub', id: 1, ch: [{ c: 'price/A' }, { c: 'book' }] });
    await price.set({ bid: 3, at: 1, label });
    await server.channel('book').patch('a', { size: 5 });
    const whole = await plain.wait(0);
    expect(whole).toHaveLength(2);
    expect(whole.filter((frame) => 's' in frame || 'p' in frame)).toEqual([]);
    const patches = patching.take();
    expect(patches.find(({ n }) => n === 1)).toMatchObject({ t: 'd', s: { bid: 3 }, x: ['ask'] });
    expect(patches.find(({ n }) => n === 2)).toMatchObject({ t: 'd', p: { a: { size: 5 } } });
  });

  test('P-DATA-10, P-DATA-11 one turn: a state is conflated, a stream is not, and each frame begins where the last ended', async () => {
    const { server, enter } = setStage();
    const peer = await enter();
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'price/A' }, { c: 'trades' }] });
    for (let id = 1; id <= 3; id++) {
      await server.channel('price/{symbol}', { symbol: 'A' }).set({ bid: id, at: id });
      await server.channel('trades').append({ id });
    }
    const frames = await peer.wait(0);
    expect(frames.filter(({ n }) => n === 1)).toHaveLength(1);
    expect(frameOf(frames, 'e')).toMatchObject({ o: 3, vs: [{ id: 1 }, { id: 2 }, { id: 3 }] });
  });

  test('P-DATA-5, P-APP-3 a stream that outlived its history says which events are lost, then goes on', async () => {
    const { server, enter } = setStage();
    for (let id = 1; id <= 9; id++) await server.channel('trades').append({ id });
    const peer = await enter();
    const [entry] = frameOf(await peer.say({ t: 'sub', id: 1, ch: [{ c: 'trades' }] }), 'subd')[
      'r'
    ] as Frame[];
    expect(entry).toMatchObject({ m: 'tail', b: 4, o: 9 });
    const frames = await peer.say({ t: 'sub', id: 2, ch: [{ c: 'trades', e: entry?.['e'], o: 2 }] });
    expect(types(frames)).toEqual(['subd', 'rst', 'e']);
    expect(frameOf(frames, 'rst')).toMatchObject({ why: 'trimmed', o: 4, lost: [2, 4] });
    expect(frameOf(frames, 'e')).toMatchObject({ o: 9 });
  });

  test('P-DATA-8 a feed that has gone quiet is told, and told again when it speaks', async () => {
    const { server, enter } = setStage();
    const price = server.channel('price/{symbol}', { symbol: 'A' });
    await price.set({ bid: 1, at: 1 });
    const peer = await enter();
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'price/A' }] });
    expect(frameOf(await peer.wait(7_000), 'stat')).toMatchObject({ n: 1, s: 'stale' });
    await price.set({ bid: 1, at: 1 });
    expect(await peer.wait(0)).toEqual([expect.objectContaining({ t: 'stat', s: 'live' })]);
  });

  test('P-LIM-4, P-DATA-7 what is larger than the client takes comes in parts, an event page by page', async () => {
    const { server, enter } = setStage();
    const note = 'x'.repeat(1_000);
    await server
      .channel('book')
      .upsert(Array.from({ length: 20 }, (_, i) => ({ id: String(i), size: i, note })));
    const peer = await enter({ lim: { in: 4_096 } });
    const parts = (await peer.say({ t: 'sub', id: 1, ch: [{ c: 'book' }] })).filter(({ t }) => t === 'f');
    expect(parts.length).toBeGreaterThan(4);
    for (const [i, part] of parts.entries()) {
      expect(part['i']).toBe(i);
      expect('more' in part).toBe(i < parts.length - 1);
      expect(JSON.stringify(part).length).toBeLessThanOrEqual(4_096);
    }
    expect(parts.flatMap(({ k }) => Object.keys(k as object))).toHaveLength(20);
  });

  test('P-NODE-5 a peer that takes nothing is sent nothing, and then one frame for all it missed', async () => {
    const { server, enter } = setStage();
    await server.channel('book').upsert({ id: 'a', size: 0 });
    const peer = await enter();
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'book' }] });
    peer.bufferedBytes = 300_000;
    for (let size = 1; size <= 50; size++) {
      await server.channel('book').patch('a', { size });
      expect(await peer.wait(10)).toEqual([]);
    }
    expect(await peer.drain()).toEqual([{ t: 'd', n: 1, b: 1, o: 51, u: { a: { id: 'a', size: 50 } } }]);
  });

  test('P-NODE-3 one write: control frames as they were made, an entry with its data, then data by channel', async () => {
    const { server, enter } = setStage();
    const peer = await enter();
    await peer.say({ t: 'sub', id: 1, ch: [{ c: 'trades' }] });
    await server.channel('trades').append({ id: 1 });
    peer.take();
    void server.channel('trades').append({ id: 2 });
    const frames = await peer.say({ t: 'ping', k: 5 }, { t: 'sub', id: 2, ch: [{ c: 'book' }] });
    expect(types(frames)).toEqual(['pong', 'subd', 'f', 'e']);
  });

  test('P-NODE-1, P-POS-4 what is written while a channel is warmed up is neither missed nor told twice', async () => {
    const { server, enter } = setStage();
    const peer = await enter();
    const answers = peer.say({ t: 'sub', id: 1, ch: [{ c: 'trades' }] });
    void server.channel('trades').append({ id: 1 });
    void server.channel('trades').append({ id: 2 });
    const frames = await answers;
    const told = frames
      .filter(({ t }) => t === 'e')
      .flatMap(({ v, vs }) => (vs as unknown[] | undefined) ?? [v]);
    expect(told).toEqual([{ id: 1 }, { id: 2 }]);
  });
});
