// Hostile input, part C: JSON and schemas. Messages that are text, from somebody who is welcome.
import { createClient } from '@tickwire/client';
import { expect } from 'vitest';
import type { hostile } from './contract.js';
import { call, subscribe } from './exchange.js';
import { hostileTable, type HostileRow } from './harness.js';
import { badFrameRow, badInputRow, closeRow, ignoredRow } from './rows.js';
import type { Stage } from './stage.js';

/** The message is a structural fault. */
const structuralRow = (number: number, what: string, message: string): HostileRow =>
  closeRow(number, what, 4100, message);

/** The channel ids are refused as if there were no such channel. */
const forbiddenRow = (
  number: number,
  what: string,
  ids: (stage: Stage, userId: string) => readonly string[],
): HostileRow => ({
  case: number,
  what,
  reaction: 'subd forbidden, as for a channel that does not exist',
  play: async (stage) => {
    const { socket, userId } = await stage.session();
    const [missing, ...entries] = await subscribe(socket, ['missing/1', ...ids(stage, userId)]);
    expect(missing?.err?.c).toBe('forbidden');
    for (const entry of entries) expect({ ...entry, c: '' }).toEqual({ ...missing, c: '' });
    await socket.roundTrip();
    expect(socket.heard).toEqual([]);
  },
});

/** What happened to the prototypes of the server's process. */
async function expectCleanPrototypes(stage: Stage): Promise<void> {
  expect(await stage.server.ask('prototypes')).toEqual({ inherited: [], admin: false });
}

/** Puts notes on a board of their own and reads it with a raw socket and with our own client. */
async function readNotes(stage: Stage, notes: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const { socket, userId } = await stage.session();
  const board = `board-${userId}`;
  for (const note of notes) {
    expect(await call(socket, 'putNote', `{"board":"${board}","note":${note}}`)).toHaveProperty('v.offset');
  }
  const client = createClient<typeof hostile>({
    url: `ws://127.0.0.1:${await stage.port()}/tickwire`,
    getToken: () => `user:${userId}`,
  });
  try {
    const shown = await new Promise<ReadonlyMap<string, unknown>>((resolve) => {
      client.channel('notes/{board}', { board }).subscribe(({ status, data }) => {
        if (status === 'live' && data !== undefined) resolve(data);
      });
    });
    await subscribe(socket, [`notes/${board}`]);
    const full = await socket.hearType('f');
    expect(Object.keys(full['k'] as object).sort()).toEqual([...shown.keys()].sort());
    return shown;
  } finally {
    client.close();
  }
}

const keysThatBite: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
];

hostileTable('C. JSON and channels', { from: 33, to: 45 }, [
  structuralRow(33, 'half an object', '{'),
  structuralRow(33, 'half a word', 'nul'),
  structuralRow(33, 'a string', '""'),
  structuralRow(33, 'an array', '[]'),
  structuralRow(33, 'a number', '42'),
  structuralRow(33, 'null', 'null'),
  structuralRow(33, 'a byte order mark', '\ufeff{"t":"ping","k":1}'),
  structuralRow(33, 'garbage behind an object', '{"t":"ping","k":1} x'),
  structuralRow(33, 'two objects in a line', '{"t":"ping","k":1}{"t":"ping","k":2}'),
  structuralRow(33, 'a good frame before a bad one', '{"t":"ping","k":1}\n{'),
  structuralRow(33, 'an empty line between good frames', '{"t":"ping","k":1}\n\n{"t":"ping","k":2}'),
  structuralRow(33, '64 KB of newlines', '\n'.repeat(65_000)),
  structuralRow(33, '32,000 frames of a byte', Array(32_000).fill('1').join('\n')),
  structuralRow(33, '65 frames', Array(65).fill('{"t":"ping","k":1}').join('\n')),
  {
    case: 33,
    what: '64 frames in each of five messages',
    reaction: 'each frame is charged: err rate_limited with ra',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.sayText(...Array<string>(5).fill(Array(64).fill('{"t":"ping","k":1}').join('\n')));
      const err = await socket.hearType('err');
      expect(err).toMatchObject({ err: { c: 'rate_limited', x: 'no', ra: expect.any(Number) as number } });
    },
  },

  ignoredRow(34, 'an unknown type', '{"t":"nope","id":1}'),
  ...keysThatBite.map((key) => ignoredRow(34, `the type ${key}`, JSON.stringify({ t: key, id: 1 }))),
  structuralRow(34, 'an unknown type that is critical', '{"t":"nope","crit":1}'),
  ignoredRow(34, 'an unknown type that says it is nearly critical', '{"t":"nope","crit":true}'),
  badFrameRow(34, 'no type', '{"id":5}', 5),
  badFrameRow(34, 'a type that is a number', '{"t":1,"id":5}', 5),
  badFrameRow(34, 'a type that is an object', '{"t":{"toString":"ping"}}'),
  badFrameRow(34, 'a type that could be inherited', '{"__proto__":{"t":"ping","k":1}}'),

  {
    case: 35,
    what: '__proto__ in payload, record and frame',
    reaction: 'not kept where the contract has no such field; nobody inherits it',
    play: async (stage) => {
      const { socket } = await stage.session();
      const evil = `{"admin":true,"canary":"${stage.canary}"}`;
      const echoed = await call(socket, 'echo', `{"text":"hi","__proto__":${evil}}`);
      expect(echoed['v']).toEqual({ text: 'hi' });
      socket.sayText(`{"t":"ping","k":5,"__proto__":${evil}}`);
      await socket.hear('pong 5', ({ k }) => k === 5);
      socket.sayText(`{"t":"sub","id":9,"ch":[{"c":"price/A","__proto__":{"e":"x","o":1}}]}`);
      expect(await socket.hearType('subd', 9)).toMatchObject({ r: [{ m: 'full' }] });
      const notes = await readNotes(stage, [
        `{"id":"n","text":"t","fields":{"__proto__":${evil}},"__proto__":${evil}}`,
      ]);
      expect(notes.get('n')).toEqual({ id: 'n', text: 't', fields: {} });
      expect(
        (notes.get('n') as { readonly fields: { readonly admin?: boolean } }).fields.admin,
      ).toBeUndefined();
      await expectCleanPrototypes(stage);
    },
  },
  {
    case: 35,
    what: '__proto__ in hello',
    reaction: 'ignored',
    play: async (stage) => {
      const socket = await stage.open();
      const token = `user:${stage.newUser()}`;
      socket.sayText(
        `{"t":"hello","v":1,"auth":{"token":"${token}","__proto__":{"token":"x"}},"__proto__":{"admin":true}}`,
      );
      await socket.hearType('welcome');
      await expectCleanPrototypes(stage);
    },
  },
  {
    case: 36,
    what: 'fields that every object or every promise has',
    reaction: 'data like any other, or dropped by the schema',
    play: async (stage) => {
      const { socket } = await stage.session();
      const fields = keysThatBite.map((key) => `"${key}":{"prototype":{"admin":true}}`).join(',');
      expect((await call(socket, 'echo', `{"text":"hi",${fields},"__defineGetter__":1}`))['v']).toEqual({
        text: 'hi',
      });
      const strict = await call(socket, 'strict', `{"text":"hi","constructor":{"prototype":{"admin":true}}}`);
      expect(strict).toMatchObject({ err: { c: 'bad_input' } });
      await expectCleanPrototypes(stage);
    },
  },
  {
    case: 36,
    what: 'commands with names that every object has',
    reaction: 'res unknown_command',
    play: async (stage) => {
      const { socket } = await stage.session();
      for (const name of [...keysThatBite, '']) {
        expect(await call(socket, name, '{}')).toMatchObject({ err: { c: 'unknown_command', x: 'no' } });
      }
    },
  },

  {
    case: 37,
    what: 'collection keys that bite',
    reaction: 'stored and shown like any other',
    play: async (stage) => {
      const keys = ['', 'a/b', '%2F', '..', 'a\nb', 'a\0b', ...keysThatBite];
      const notes = await readNotes(
        stage,
        keys.map((id) => JSON.stringify({ id, text: `note ${id}` })),
      );
      expect([...notes.keys()].sort()).toEqual([...keys].sort());
      for (const id of keys) expect(notes.get(id)).toMatchObject({ id, text: `note ${id}` });
      await expectCleanPrototypes(stage);
    },
  },
  badInputRow(37, 'a collection key of 10 KB', 'putNote', ({ canary }) =>
    JSON.stringify({ board: 'b', note: { id: canary.repeat(600), text: '' } }),
  ),

  {
    case: 38,
    what: 'a channel named twice in one entry',
    reaction: 'the last name counts, for the rule and for the answer',
    play: async (stage) => {
      const { socket } = await stage.session();
      await stage.server.ask('setSecret', { userId: 'victim', secret: stage.canary });
      socket.sayText('{"t":"sub","id":1,"ch":[{"c":"price/A","c":"user/victim"}]}');
      expect(await socket.hearType('subd', 1)).toMatchObject({
        r: [{ c: 'user/victim', err: { c: 'forbidden' } }],
      });
      socket.sayText('{"t":"sub","id":2,"ch":[{"c":"user/victim","c":"price/A"}]}');
      expect(await socket.hearType('subd', 2)).toMatchObject({ r: [{ c: 'price/A', kind: 'state' }] });
      await socket.hearType('f');
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },
  {
    case: 38,
    what: 'a type named twice in one frame',
    reaction: 'the last type counts',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.sayText('{"t":"sub","t":"ping","k":3,"id":1,"ch":[{"c":"price/A"}]}');
      await socket.hear('pong 3', ({ k }) => k === 3);
      expect(socket.heard).toEqual([]);
    },
  },

  badInputRow(39, 'a price of 1e400', 'measure', () => '{"price":1e400}'),
  badInputRow(39, 'a count that JSON numbers cannot say', 'measure', () => '{"count":9007199254740993}'),
  badInputRow(39, 'a count of 1.5', 'measure', () => '{"count":1.5}'),
  badInputRow(39, 'an amount in scientific notation', 'measure', () => '{"amount":"1e5"}'),
  badInputRow(39, 'an amount that is a number', 'measure', () => '{"amount":5}'),
  structuralRow(39, 'NaN', '{"t":"req","id":1,"m":"measure","v":{"price":NaN}}'),
  structuralRow(39, 'Infinity', '{"t":"req","id":1,"m":"measure","v":{"price":-Infinity}}'),
  {
    case: 39,
    what: 'minus zero',
    reaction: 'zero',
    play: async (stage) => {
      const { socket } = await stage.session();
      expect((await call(socket, 'measure', '{"price":-0}'))['v']).toEqual({ price: 0 });
    },
  },

  ...['-1', '1.5', '4294967296', '9007199254740992', '"5"', 'null', '[]', '{}', 'true'].flatMap((number) => [
    badFrameRow(40, `the id ${number}`, `{"t":"sub","id":${number},"ch":[]}`),
    badFrameRow(40, `the number ${number} of a ping`, `{"t":"ping","k":${number}}`),
  ]),
  ...['-1', '1.5', '9007199254740992', '"5"', 'null', '1e400'].flatMap((offset) => [
    badFrameRow(
      40,
      `the offset ${offset}`,
      `{"t":"sub","id":1,"ch":[{"c":"price/A","e":"x","o":${offset}}]}`,
      1,
    ),
    badFrameRow(
      40,
      `the last ${offset} events`,
      `{"t":"sub","id":1,"ch":[{"c":"ticks","last":${offset}}]}`,
      1,
    ),
  ]),
  badFrameRow(40, 'an alias for a channel in unsub', '{"t":"unsub","id":1,"ch":[7]}', 1),
  badFrameRow(40, 'a request without id', '{"t":"req","m":"echo","v":{"text":"hi"}}'),
  badFrameRow(
    40,
    'an epoch of 33 characters',
    `{"t":"sub","id":1,"ch":[{"c":"price/A","e":"${'x'.repeat(33)}","o":1}]}`,
    1,
  ),
  badFrameRow(40, 'a rate of 0', '{"t":"sub","id":1,"ch":[{"c":"price/A","hz":0}]}', 1),

  {
    case: 41,
    what: 'half a surrogate pair in an idempotency key',
    reaction: 'res bad_input',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.sayText('{"t":"req","id":1,"m":"echo","v":{"text":"hi"},"k":"\\ud800"}');
      expect(await socket.hearType('res', 1)).toMatchObject({ err: { c: 'bad_input', x: 'no' } });
    },
  },
  {
    case: 41,
    what: 'half a surrogate pair as the key of a record',
    reaction: 'res bad_input: two such keys would be one in UTF-8',
    play: async (stage) => {
      const { socket } = await stage.session();
      const response = await call(socket, 'putNote', '{"board":"b","note":{"id":"\\ud800","text":""}}');
      expect(response).toMatchObject({ err: { c: 'bad_input' } });
    },
  },
  forbiddenRow(41, 'half a surrogate pair in a channel id', () => ['price/\ud800', 'price/%ED%A0%80']),
  {
    case: 41,
    what: 'half a surrogate pair in a text',
    reaction: 'res bad_input: it would be another text in UTF-8 (P-MODEL-4)',
    play: async (stage) => {
      const { socket } = await stage.session();
      const response = await call(socket, 'echo', '{"text":"a\\ud800b"}');
      expect(response).toMatchObject({ err: { c: 'bad_input', x: 'no' } });
    },
  },

  forbiddenRow(42, 'characters nobody sees in channel ids', () => [
    'price/a%00b',
    'price/a\0b',
    'price/a%0Ab',
    'price/a\nb',
    'price/%E2%80%AEabc',
    'price/a%E2%80%8Bb',
    'price/%EF%BB%BFabc',
    'price/cafe%CC%81',
    'price/cafe\u0301',
    'price/caf\u00e9',
    'price/caf%c3%a9',
    'price/%41',
  ]),
  {
    case: 42,
    what: 'café in its one form',
    reaction: 'a channel like any other',
    play: async (stage) => {
      const { socket } = await stage.session();
      expect(await subscribe(socket, ['price/caf%C3%A9'])).toMatchObject([{ kind: 'state' }]);
    },
  },

  forbiddenRow(43, 'ids that are too long, empty in places, or hold what must be encoded', ({ canary }) => [
    `price/${'x'.repeat(250)}`,
    `price/${canary.repeat(3_000)}`,
    '',
    '/',
    'price',
    'price/',
    '/price/A',
    'price//A',
    'price/A/',
    'price/A/B',
    'price/A?x=1',
    'price/A#x',
    'price/*',
    'price/>',
    'price/?',
    'price/[A-Z]',
    'price/\\A',
    'price/A B',
    'price/A:B',
    'price/{A}',
    'price/{symbol}',
    'price/%2',
    'price/%',
    'price/%GG',
    'price/%2f',
    '*',
    '>',
  ]),
  {
    case: 43,
    what: 'wildcards and braces, encoded as they must be',
    reaction: 'literal: each its own channel, none sees another’s data',
    play: async (stage) => {
      await stage.server.ask('setPrice', { symbol: 'A', price: '1' });
      const { socket } = await stage.session();
      const longest = `price/${'x'.repeat(249)}`;
      const entries = await subscribe(socket, [
        'price/%2A',
        'price/%3E',
        'price/%3F',
        'price/%5BA-Z%5D',
        'price/..',
        'price/.',
        'price/%7BA%7D',
        'price/%5CA',
        longest,
      ]);
      for (const entry of entries) expect(entry).toMatchObject({ o: 0, kind: 'state' });
      await stage.server.ask('setPrice', { symbol: 'A', price: '2' });
      await socket.roundTrip();
      expect(socket.heard.filter(({ o }) => o !== 0)).toEqual([]);
    },
  },

  {
    case: 44,
    excluded: 'a server serves one tenant and puts no prefix before an id: there is nothing to join wrongly',
  },

  {
    case: 45,
    what: 'channels of somebody else, spelled in every way',
    reaction: 'subd forbidden, as for a channel that does not exist',
    play: async (stage) => {
      await stage.server.ask('setSecret', { userId: '43', secret: stage.canary });
      const { socket } = await stage.session({ userId: '42' });
      const [missing, own, ...foreign] = await subscribe(socket, [
        'missing/1',
        'user/42',
        'user/43',
        'user/me',
        'user/42%2F..%2F43',
        'user/42/../43',
        'USER/43',
        'user/%343',
        'user/43%00',
      ]);
      expect(own).toMatchObject({ kind: 'state' });
      for (const entry of foreign) expect({ ...entry, c: '' }).toEqual({ ...missing, c: '' });
    },
  },
  {
    case: 45,
    what: 'the channel of somebody else, with a right cursor',
    reaction: 'subd forbidden: a cursor is no capability',
    play: async (stage) => {
      await stage.server.ask('setSecret', { userId: 'owner', secret: stage.canary });
      const owner = await stage.session({ userId: 'owner' });
      const [entry] = await subscribe(owner.socket, ['user/owner']);
      await owner.socket.hearType('f');
      // The owner's own copy is no leak.
      owner.socket.transcript = '';
      const { socket } = await stage.session();
      socket.say({
        t: 'sub',
        id: 1,
        ch: [{ ...entry, c: 'user/owner', e: (entry as { e?: string }).e, o: 0 }],
      });
      expect(await socket.hearType('subd', 1)).toMatchObject({ r: [{ err: { c: 'forbidden' } }] });
      await socket.roundTrip();
      expect(socket.heard).toEqual([]);
    },
  },
]);
