// Hostile input, part D: too much, too deep, too dear, out of order. Everything is well-formed and most of it is allowed.
import { createChannelTable, defineContract, command, TickwireError } from '@tickwire/protocol';
import { lintContract } from '@tickwire/protocol/lint';
import { createClient } from '@tickwire/client';
import { expect } from 'vitest';
import * as z from 'zod';
import type { hostile } from './contract.js';
import { call, subscribe, type Entry } from './exchange.js';
import { hostileTable } from './harness.js';
import { badFrameRow, badInputRow, closeRow } from './rows.js';

/** What the linter says of an input. */
const lintInput = (input: z.ZodType): readonly string[] =>
  lintContract(
    defineContract({
      name: 'linted',
      version: '1.0.0',
      channels: {},
      commands: { run: command({ input, output: z.object({}) }) },
    }),
  ).map(({ code }) => code);

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const unknownKeys = (count: number, value: string): string =>
  Array.from({ length: count }, (_, at) => `"${value}${at}":1`).join(',');

/** A string for which the expression of case 52 needs about 2^30 steps. */
const thirty = 'a'.repeat(30);

hostileTable('D. Limits and order', { from: 46, to: 60 }, [
  {
    case: 46,
    what: '201 channels in one sub',
    reaction: 'err limit, none is subscribed',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.say({ t: 'sub', id: 1, ch: Array.from({ length: 201 }, (_, at) => ({ c: `price/S${at}` })) });
      expect(await socket.hearType('err', 1)).toMatchObject({ err: { c: 'limit', x: 'no' } });
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },
  {
    case: 46,
    what: 'one channel 200 times in one sub',
    reaction: 'answered once',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.say({ t: 'sub', id: 1, ch: Array(200).fill({ c: 'price/A' }) });
      expect((await socket.hearType('subd', 1))['r']).toHaveLength(1);
      await socket.roundTrip();
      expect(socket.heard.map(({ t }) => t)).toEqual(['f']);
    },
  },
  {
    case: 46,
    what: 'the 1,001st subscription',
    reaction: 'subd limit; giving one back makes room',
    play: async (stage) => {
      const { socket } = await stage.session();
      for (let batch = 0; batch < 5; batch++) {
        const wishes = Array.from({ length: 200 }, (_, at) => ({ c: `price/S${batch * 200 + at}` }));
        for (const { err } of await subscribe(socket, wishes)) expect(err).toBeUndefined();
      }
      expect(await subscribe(socket, [{ c: 'price/more' }])).toMatchObject([
        { err: { c: 'limit', x: 'no' } },
      ]);
      socket.say({ t: 'unsub', id: 7, ch: ['price/S0'] });
      await socket.hearType('unsubd', 7);
      expect(await subscribe(socket, [{ c: 'price/more' }])).toMatchObject([{ kind: 'state' }]);
    },
  },

  closeRow(47, '6,000 unknown keys in a frame', 4100, `{"t":"ping","k":1,${unknownKeys(6_000, 'x')}}`),
  closeRow(47, '63 unknown keys in a frame', 4100, `{"t":"ping","k":1,${unknownKeys(63, 'x')}}`),
  badInputRow(
    47,
    '1,500 unknown keys in a strict input',
    'strict',
    ({ canary }) => `{"text":"a",${unknownKeys(1_500, canary)}}`,
  ),
  {
    case: 47,
    what: '1,500 unknown keys in an input',
    reaction: 'dropped',
    play: async (stage) => {
      const { socket } = await stage.session();
      const response = await call(socket, 'echo', `{"text":"a",${unknownKeys(1_500, stage.canary)}}`);
      expect(response['v']).toEqual({ text: 'a' });
    },
  },
  badFrameRow(
    47,
    'a sub of 20,000 empty objects',
    `{"t":"sub","id":1,"ch":[${Array(20_000).fill('{}').join(',')}]}`,
    1,
  ),
  badFrameRow(
    47,
    'an unsub of 30,000 numbers',
    `{"t":"unsub","id":1,"ch":[${Array(30_000).fill('1').join(',')}]}`,
    1,
  ),
  {
    case: 47,
    what: 'a sub of 6,000 channels',
    reaction: 'err limit',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.sayText(`{"t":"sub","id":1,"ch":[${Array(6_000).fill('{"c":"x"}').join(',')}]}`);
      expect(await socket.hearType('err', 1)).toMatchObject({ err: { c: 'limit' } });
    },
  },
  {
    case: 47,
    what: 'an unsub of 9,000 channels while 1,000 rules are being asked',
    reaction: 'unsubd lists them; the 1,000 are answered',
    play: async (stage) => {
      const { socket } = await stage.session();
      for (let batch = 0; batch < 5; batch++) {
        const ch = Array.from({ length: 200 }, (_, at) => ({ c: `slow/${batch * 200 + at}` }));
        socket.say({ t: 'sub', id: batch, ch });
      }
      const ids = Array.from({ length: 9_000 }, (_, at) => at.toString(36));
      socket.say({ t: 'unsub', id: 9, ch: ids });
      expect((await socket.hearType('unsubd', 9))['ch']).toHaveLength(9_000);
      let answered = 0;
      while (answered < 1_000) answered += ((await socket.hearType('subd'))['r'] as Entry[]).length;
      expect(answered).toBe(1_000);
    },
  },
  {
    case: 47,
    what: '30,000 capabilities in hello',
    reaction: 'close 4100',
    play: async (stage) => {
      const socket = await stage.open();
      socket.sayText(`{"t":"hello","v":1,"caps":[${Array(30_000).fill('1').join(',')}]}`);
      expect(await socket.ending()).toMatchObject({ code: 4100 });
    },
  },

  {
    case: 48,
    what: 'a contract with a list of 30 objects of any sort',
    reaction: 'the linter refuses it',
    play: () => {
      const options = Array.from({ length: 30 }, (_, at) => z.object({ [`field${at}`]: z.int() }));
      const found = lintInput(z.array(z.union(options as unknown as readonly [z.ZodObject, z.ZodObject])));
      expect(found).toContain('union_in_array');
      expect(found).toContain('unbounded_array');
    },
  },
  badInputRow(48, '60 KB of empty objects for a list of eight texts', 'measure', () => {
    return `{"tags":[${Array(20_000).fill('{}').join(',')}]}`;
  }),

  closeRow(49, '4 KB of brackets', 4100, '['.repeat(4_096)),
  closeRow(49, '64 KB of brackets', 4100, '['.repeat(65_000)),
  closeRow(49, 'a payload 2,000 deep', 4100, `{"t":"req","id":1,"m":"echo","v":${nested(2_000)}}`),
  closeRow(49, 'a payload one level too deep', 4100, `{"t":"req","id":1,"m":"echo","v":${nested(32)}}`),
  badInputRow(49, 'a payload as deep as is allowed', 'echo', () => nested(31)),

  {
    case: 50,
    what: 'a value 5,000 deep that the application publishes',
    reaction: 'refused with bad_input, nothing is sent',
    play: async (stage) => {
      const { socket } = await stage.session();
      await subscribe(socket, [{ c: 'price/DEEP' }]);
      await socket.hearType('f');
      expect(await stage.server.ask('publishDeep', { depth: 5_000 })).toBe('bad_input');
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },

  {
    case: 51,
    what: 'ids that would be terrible expressions',
    reaction: 'subd forbidden, in linear time',
    play: async (stage) => {
      const stars = `${'*a'.repeat(31)}b`;
      const ids = [
        stars,
        `price/${stars}`,
        `price/${'a*'.repeat(20_000)}`,
        `${'price/'.repeat(10_000)}A`,
        '/'.repeat(60_000),
      ];
      const { socket } = await stage.session();
      for (const c of ids) {
        expect(await subscribe(socket, [{ c }])).toMatchObject([{ err: { c: 'forbidden' } }]);
      }
      const table = createChannelTable(['price/{a}', 'price/{a}/{b}/{c}/{d}']);
      for (const id of ids) expect(table.match(id)).toBeNull();
    },
  },

  {
    case: 52,
    what: 'an expression that explodes, in a contract',
    reaction: 'the linter refuses it, also behind a greatest length',
    play: () => {
      expect(
        lintInput(
          z
            .string()
            .max(10)
            .regex(/^(a+)+$/),
        ),
      ).toContain('unsafe_regex');
      expect(
        lintInput(
          z
            .string()
            .max(thirty.length)
            .regex(/^(?:a|a)*$/),
        ),
      ).toContain('unsafe_regex');
      expect(
        lintInput(
          z
            .string()
            .max(64)
            .regex(/^[a-z]{1,32}$/),
        ),
      ).toEqual([]);
    },
  },
  badInputRow(52, '60 KB for a short amount', 'measure', () => `{"amount":"${'9'.repeat(60_000)}"}`),

  badInputRow(53, 'the 45th day of a 13th month', 'measure', () => '{"day":"2026-13-45"}'),
  badInputRow(53, 'a time without a zone', 'measure', () => '{"at":"9999999999999"}'),
  badInputRow(53, 'a moment in the far future', 'measure', () => '{"atMs":1e17}'),
  badInputRow(53, 'a moment before 1970', 'measure', () => '{"atMs":-1}'),
  badFrameRow(53, 'a ttl of -1', '{"t":"req","id":1,"m":"echo","v":{"text":"a"},"ttl":-1}', 1),
  badFrameRow(53, 'a ttl that is a text', '{"t":"req","id":1,"m":"echo","v":{"text":"a"},"ttl":"1"}', 1),
  badFrameRow(53, 'a ttl of 1e400', '{"t":"req","id":1,"m":"echo","v":{"text":"a"},"ttl":1e400}', 1),
  {
    case: 53,
    what: 'a ttl of 0',
    reaction: 'res deadline, the handler is not started',
    play: async (stage) => {
      const { runs } = await stage.server.ask('counted');
      const { socket } = await stage.session();
      expect(await call(socket, 'echo', '{"text":"a"}', ',"ttl":0')).toMatchObject({
        err: { c: 'deadline', x: 'no' },
      });
      expect((await stage.server.ask('counted')).runs).toBe(runs);
    },
  },
  {
    case: 53,
    what: 'a ttl of 32 years',
    reaction: 'clamped: the command runs, and ends when it is cancelled',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.say({ t: 'req', id: 1, m: 'wait', v: {}, ttl: 1e12 });
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
      socket.say({ t: 'cancel', id: 1 });
      await socket.hearType('res', 1);
    },
  },
  {
    case: 53,
    what: 'a command of which nobody waits for the end',
    reaction: 'its handler is told',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.say({ t: 'req', id: 1, m: 'wait', v: {}, ttl: 200_000 });
      await socket.roundTrip();
      socket.destroy();
    },
  },

  {
    case: 54,
    what: 'HTML and JavaScript in a text',
    reaction: 'delivered as it is: it is data',
    play: async (stage) => {
      const text = '<img src=x onerror=alert(1)>"\'</script><!-- javascript:alert(1)\u2028';
      const { socket } = await stage.session();
      expect((await call(socket, 'echo', JSON.stringify({ text })))['v']).toEqual({ text });
    },
  },

  { case: 55, excluded: 'version 1 knows the JSON codec only: a binary message of any content is case 30' },
  { case: 56, excluded: 'version 1 knows the JSON codec only: no MessagePack is ever decoded' },

  {
    case: 57,
    what: '200 cursors at the beginning of large histories, again and again, by somebody who does not read',
    reaction: 'one read of the broker a channel, and no more than a watermark waits',
    play: async (stage) => {
      const channels = Array.from({ length: 40 }, (_, name) => `archive/${name}`);
      await stage.server.ask('fillArchives', { count: channels.length, bytes: 400 });
      // Filling them is the application's work, not the attacker's.
      await stage.server.ask('beginMeasuring');
      const { socket } = await stage.session();
      const { reads, runs } = await stage.server.ask('counted');
      const heads = await subscribe(
        socket,
        channels.map((c) => ({ c, last: 0 })),
      );
      const cursors = heads.map(({ c, e }) => ({ c, e, o: 0 }));
      const before = socket.bytesRead;
      socket.stopReading();
      for (let id = 2; id < 102; id++) socket.say({ t: 'sub', id, ch: cursors });
      // The answer of the last one cannot be read, but its handler counts.
      socket.say({ t: 'req', id: 102, m: 'echo', v: { text: 'all handled' } });
      while ((await stage.server.ask('counted')).runs === runs);
      expect((await stage.server.ask('counted')).reads - reads).toBeLessThanOrEqual(channels.length);
      socket.readOn();
      await socket.hearType('subd', 101);
      await socket.roundTrip();
      // 100 times 40 histories of 80 KB are 320 MB; what the kernel takes on the loopback is a few.
      expect(socket.bytesRead - before).toBeLessThan(32_000_000);
    },
  },

  {
    case: 58,
    what: 'bad frames, one after another',
    reaction: 'nine times err bad_frame, then close 4100',
    play: async (stage) => {
      const { socket } = await stage.session();
      for (let sent = 0; sent < 50; sent++) socket.say({ t: 'sub', id: sent, ch: stage.canary });
      expect(await socket.ending()).toMatchObject({ code: 4100 });
      expect(socket.heard.map(({ t, id }) => [t, id])).toEqual(
        Array.from({ length: 9 }, (_, id) => ['err', id]),
      );
    },
  },

  {
    case: 59,
    what: 'good frames far over the rate',
    reaction: 'err rate_limited with ra, then close 4303; others are served at once',
    play: async (stage) => {
      const { socket, userId } = await stage.session();
      const other = await stage.session();
      for (let k = 0; k < 1_000; k++) socket.say({ t: 'ping', k });
      const err = await socket.hearType('err');
      expect(err).toMatchObject({ err: { c: 'rate_limited', x: 'no', ra: expect.any(Number) as number } });
      await other.socket.roundTrip();
      expect(await socket.ending()).toMatchObject({ code: 4303 });
      const pongs = socket.heard.filter(({ t }) => t === 'pong').length;
      expect(pongs).toBeGreaterThanOrEqual(199);
      expect(pongs).toBeLessThan(260);
      // The rate follows the principal: a new connection buys nothing.
      const again = await stage.session({ userId });
      for (let id = 1; id <= 60; id++) again.socket.say({ t: 'req', id, m: 'echo', v: { text: 'a' } });
      expect(await again.socket.ending()).toMatchObject({ code: 4303 });
      expect(again.socket.heard.length).toBeLessThan(10);
    },
  },
  {
    case: 59,
    what: 'our own client far over the rate',
    reaction: 'commands reject with rate_limited and the time to wait',
    play: async (stage) => {
      const client = createClient<typeof hostile>({
        url: `ws://127.0.0.1:${await stage.port()}/tickwire`,
        getToken: () => `user:${stage.newUser()}`,
        logger: () => undefined,
      });
      try {
        const connected = new Promise((resolve) => client.on('connected', resolve));
        client.connect();
        await connected;
        const refused: unknown[] = [];
        // The client itself keeps below the commands in flight that the server announced, so the rate takes rounds.
        for (let round = 0; round < 5; round++) {
          const calls = Array.from({ length: 60 }, () => client.command('echo', { text: 'a' }));
          for (const result of await Promise.allSettled(calls)) {
            if (result.status === 'rejected') refused.push(result.reason);
          }
        }
        expect(refused.length).toBeGreaterThan(0);
        for (const error of refused) expect(error).toBeInstanceOf(TickwireError);
        const limited = refused.filter(
          (error) => (error as TickwireError).code === 'rate_limited',
        ) as TickwireError[];
        expect(limited.length).toBeGreaterThan(0);
        for (const { executed, retryAfterMs } of limited) {
          expect(executed).toBe('no');
          expect(retryAfterMs).toBeGreaterThan(0);
        }
      } finally {
        client.close();
      }
    },
  },
  {
    case: 59,
    what: '65 commands at once',
    reaction: 'res limit for the 65th',
    play: async (stage) => {
      const { socket } = await stage.session();
      for (let id = 1; id <= 65; id++) socket.say({ t: 'req', id, m: 'wait', v: {} });
      expect(await socket.hearType('res', 65)).toMatchObject({ err: { c: 'limit', x: 'no' } });
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },

  closeRow(60, 'a second hello', 4100, '{"t":"hello","v":1}'),
  {
    case: 60,
    what: 'two hellos at once, the first of which takes its time',
    reaction: 'close 4100',
    play: async (stage) => {
      const socket = await stage.open();
      const hello = { t: 'hello', v: 1, auth: { token: `slow:${stage.newUser()}` } };
      socket.say(hello, hello);
      expect(await socket.ending()).toMatchObject({ code: 4100 });
      expect(socket.heard).toEqual([]);
    },
  },
  {
    case: 60,
    what: 'auth for another principal',
    reaction: 'res forbidden; the connection stays who it was',
    play: async (stage) => {
      const { socket, userId } = await stage.session();
      socket.say({ t: 'auth', id: 1, token: `user:${stage.newUser()}` });
      expect(await socket.hearType('res', 1)).toMatchObject({ err: { c: 'forbidden', x: 'no' } });
      socket.say({ t: 'auth', id: 2, token: `nobody:${stage.canary}` });
      expect(await socket.hearType('res', 2)).toMatchObject({ err: { c: 'unauthenticated', x: 'no' } });
      expect(await subscribe(socket, [{ c: `user/${userId}` }])).toMatchObject([{ kind: 'state' }]);
    },
  },
  {
    case: 60,
    what: 'frames before hello',
    reaction: 'held, and handled in order after it',
    play: async (stage) => {
      const socket = await stage.open();
      socket.say({ t: 'req', id: 1, m: 'echo', v: { text: 'a' } });
      socket.say({ t: 'hello', v: 1, auth: { token: `user:${stage.newUser()}` } });
      await socket.hearType('res', 1);
      expect(socket.heard.map(({ t }) => t)).toEqual(['welcome']);
    },
  },
  {
    case: 60,
    what: '100,000 unknown frames before hello',
    reaction: 'close 4100',
    play: async (stage) => {
      const socket = await stage.open();
      const message = Array(64).fill('{"t":"nope"}').join('\n');
      for (let sent = 0; sent < 1_600 && !socket.ended; sent++) socket.sayText(message);
      expect(await socket.ending()).toMatchObject({ code: 4100 });
    },
  },
  ...[
    { t: 'welcome', sid: 'x', node: 'x', now: 1, caps: [], ping: { every: 1, grace: 1 }, lim: {} },
    { t: 'reject', err: { c: 'banned' } },
    { t: 'subd', id: 1, r: [] },
    { t: 'unsubd', ch: ['ticks'] },
    { t: 'f', n: 1, o: 1, v: {} },
    { t: 'd', n: 1, o: 1 },
    { t: 'e', n: 1, o: 1, v: {} },
    { t: 'rst', n: 1, e: 'x', o: 1, why: 'epoch' },
    { t: 'stat', n: 1, s: 'stale', since: 1 },
    { t: 'res', id: 1, v: {} },
    { t: 'reauth', in: 1 },
    { t: 'goaway', in: 1 },
  ].map((frame) =>
    closeRow(60, `the frame ${frame.t}, which only a server sends`, 4100, JSON.stringify(frame)),
  ),
  {
    case: 60,
    what: 'answers and questions about nothing',
    reaction: 'ignored, or answered as the protocol says',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.say({ t: 'cancel', id: 77 }, { t: 'pong', k: 99 }, { t: 'err', err: { c: 'internal' } });
      socket.say(
        { t: 'pub', c: 'price/A', v: stage.canary },
        { t: 'pub', id: 5, c: 'price/A', v: stage.canary },
      );
      expect(await socket.hearType('res', 5)).toMatchObject({ err: { c: 'forbidden', x: 'no' } });
      socket.say({ t: 'unsub', id: 6, ch: ['price/never', 'missing'] });
      expect(await socket.hearType('unsubd', 6)).toMatchObject({ ch: ['price/never', 'missing'] });
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },
  {
    case: 60,
    what: 'an id that is in use',
    reaction: 'err bad_frame; the command under way is answered once',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.say({ t: 'req', id: 1, m: 'wait', v: {} }, { t: 'req', id: 1, m: 'wait', v: {} });
      expect(await socket.hearType('err', 1)).toMatchObject({ err: { c: 'bad_frame', x: 'no' } });
      socket.say({ t: 'cancel', id: 1 });
      await socket.hearType('res', 1);
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },
  {
    case: 60,
    what: 'a client that accepts frames of no byte',
    reaction: 'subd or unsubd too_large, and nothing more',
    play: async (stage) => {
      await stage.server.ask('setPrice', { symbol: 'A', price: '1' });
      const { socket } = await stage.session({ hello: { lim: { in: 0 } } });
      socket.say({ t: 'sub', id: 1, ch: [{ c: 'price/A' }, { c: 'notes/none' }, { c: 'archive/none' }] });
      let answered = 0;
      while (answered < 3) answered += ((await socket.hearType('subd', 1))['r'] as Entry[]).length;
      await socket.roundTrip();
      expect(socket.heard.filter(({ t }) => t !== 'unsubd')).toEqual([]);
    },
  },
]);
