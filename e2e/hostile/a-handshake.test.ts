// Hostile input, part A: the handshake. What arrives before anybody has said who they are.
import { Buffer } from 'node:buffer';
import { createClient } from '@tickwire/client';
import { closePolicy } from '@tickwire/protocol';
import { expect } from 'vitest';
import { hostileTable, type HostileRow } from './harness.js';
import type { RawSocket } from './raw-socket.js';
import type { Stage } from './stage.js';
import { textFrame, upgradeRequest, type UpgradeShape } from './websocket-bytes.js';

/** The upgrade is refused with this status, and the connection ends. */
const upgradeRow = (
  number: number,
  what: string,
  status: number,
  shape: (stage: Stage) => UpgradeShape,
): HostileRow => ({
  case: number,
  what,
  reaction: `HTTP ${status}`,
  play: async (stage) => {
    expect((await stage.upgrade(shape(stage))).status).toBe(status);
  },
});

/** Bytes that are no HTTP are refused with 400, and the connection ends. */
const garbageRow = (what: string, bytes: () => Uint8Array | string): HostileRow => ({
  case: 11,
  what,
  reaction: 'HTTP 400, closed',
  play: async (stage) => {
    const socket = await stage.connect();
    socket.send(bytes());
    expect((await socket.answer()).status).toBe(400);
    await socket.ending();
  },
});

/** Origins that look like `https://app.example.com` to somebody in a hurry. */
const foreignOrigins: Readonly<Record<string, string | readonly string[]>> = {
  'a foreign origin': 'https://evil.example',
  'the origin null': 'null',
  'an origin that begins like ours': 'https://app.example.com.evil',
  'an origin with ours as user name': 'https://app.example.com@evil',
  'http for https': 'http://app.example.com',
  'another port': 'https://app.example.com:8443',
  'upper case': 'HTTPS://APP.EXAMPLE.COM',
  'an empty origin': '',
  'two origins': ['https://app.example.com', 'https://evil.example'],
  'two origins in one header': 'https://app.example.com, https://evil.example',
};

const hello = (userId: string): object => ({ t: 'hello', v: 1, auth: { token: `user:${userId}` } });

async function expectReject(socket: RawSocket, code: string, closeCode: number): Promise<void> {
  expect(await socket.hearType('reject')).toMatchObject({ err: { c: code } });
  expect(await socket.ending()).toMatchObject({ code: closeCode, closeFrames: 1 });
}

hostileTable('A. Handshake', { from: 1, to: 13 }, [
  upgradeRow(1, 'POST', 405, () => ({ method: 'POST' })),
  upgradeRow(1, 'version 12', 426, () => ({ headers: { 'Sec-WebSocket-Version': '12' } })),
  upgradeRow(1, 'no key', 400, () => ({ headers: { 'Sec-WebSocket-Key': undefined } })),
  upgradeRow(1, 'a key of three letters', 400, () => ({ headers: { 'Sec-WebSocket-Key': 'abc' } })),
  upgradeRow(1, 'an upgrade to foo', 400, () => ({ headers: { Upgrade: 'foo' } })),
  upgradeRow(1, 'one subprotocol twice', 400, () => ({ headers: { 'Sec-WebSocket-Protocol': 'a, a' } })),
  upgradeRow(1, 'two ways to say the length', 400, () => ({
    headers: { 'Content-Length': '3', 'Transfer-Encoding': 'chunked' },
  })),
  upgradeRow(1, 'another path', 404, ({ canary }) => ({ target: `/${canary}` })),
  upgradeRow(1, 'a path that climbs', 404, ({ canary }) => ({ target: `/tickwire/../${canary}` })),
  {
    case: 1,
    what: 'no upgrade at all',
    reaction: 'HTTP 426 on the path, 404 elsewhere',
    play: async (stage) => {
      const headers = { Upgrade: undefined, Connection: 'close' };
      expect((await stage.upgrade({ headers })).status).toBe(426);
      expect((await stage.upgrade({ headers, target: `/${stage.canary}` })).status).toBe(404);
    },
  },

  upgradeRow(2, 'version 8', 426, () => ({ headers: { 'Sec-WebSocket-Version': '8' } })),
  upgradeRow(2, 'HTTP/1.0', 400, () => ({ httpVersion: '1.0' })),

  upgradeRow(3, '2,100 headers', 431, ({ canary }) => ({
    headers: Object.fromEntries(Array.from({ length: 2_100 }, (_, at) => [`x-${at}`, canary])),
  })),
  upgradeRow(3, '150 short headers', 400, () => ({
    headers: Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`x-${at}`, '1'])),
  })),
  upgradeRow(3, 'a header of 20 KB', 431, ({ canary }) => ({ headers: { 'X-Long': canary.repeat(1_200) } })),

  {
    case: 4,
    excluded: 'permessage-deflate is never negotiated, so nothing reads the parameters of an offer',
  },
  {
    case: 4,
    what: 'offers of permessage-deflate, right and wrong',
    reaction: 'connected without it',
    play: async (stage) => {
      for (const offer of ['permessage-deflate', 'permessage-deflate; server_max_window_bits=7']) {
        const { status, headers } = await stage.upgrade({ headers: { 'Sec-WebSocket-Extensions': offer } });
        expect(status).toBe(101);
        expect(headers.has('sec-websocket-extensions')).toBe(false);
      }
    },
  },

  {
    case: 5,
    what: '200 connections that say nothing, or a letter of a header at a time',
    reaction: 'HTTP 408 or closed, within 8 s',
    play: async (stage) => {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => stage.connect()));
      const slow = sockets.slice(0, 20);
      for (const socket of slow) socket.send('GET /tickwire HTTP/1.1\r\nHost: ');
      const drip = setInterval(() => {
        for (const socket of slow) socket.send('x');
      }, 500);
      try {
        await Promise.all(sockets.map((socket) => socket.ending()));
      } finally {
        clearInterval(drip);
      }
    },
  },

  {
    case: 6,
    what: 'no hello',
    reaction: 'close 4300',
    profile: 'impatient',
    play: async (stage) => {
      const socket = await stage.open();
      expect(await socket.ending()).toMatchObject({ code: 4300, closeFrames: 1 });
      expect(socket.heard).toEqual([]);
    },
  },
  {
    case: 6,
    what: '64 KiB of frames and no hello',
    reaction: 'close 4100, nothing done',
    profile: 'impatient',
    play: async (stage) => {
      const { runs } = await stage.server.ask('counted');
      const socket = await stage.open();
      const request = { t: 'req', id: 1, m: 'echo', v: { text: stage.canary.padEnd(8_000, 'x') } };
      for (let sent = 0; sent < 9; sent++) socket.say(request);
      expect(await socket.ending()).toMatchObject({ code: 4100 });
      expect(socket.heard).toEqual([]);
      expect((await stage.server.ask('counted')).runs).toBe(runs);
    },
  },

  ...Object.entries(foreignOrigins).map(([what, Origin]): HostileRow => ({
    ...upgradeRow(7, what, 403, () => ({ headers: { Origin } })),
    ...{ profile: 'guarded' as const },
  })),
  upgradeRow(7, 'a foreign origin where nothing was configured', 403, () => ({
    headers: { Origin: 'https://evil.example' },
  })),
  upgradeRow(7, 'the own host on another port', 403, () => ({ headers: { Origin: 'http://localhost:1' } })),
  {
    case: 7,
    what: 'the right origin, and none',
    reaction: 'connected',
    profile: 'guarded',
    play: async (stage) => {
      expect((await stage.upgrade({ headers: { Origin: 'https://app.example.com' } })).status).toBe(101);
      expect((await stage.upgrade({})).status).toBe(101);
    },
  },
  {
    case: 7,
    what: 'no origin, with a cookie',
    reaction: 'HTTP 403: a browser’s cookie must not speak without its origin',
    profile: 'guarded',
    play: async (stage) => {
      const { status } = await stage.upgrade({ headers: { Cookie: `session=${stage.canary}` } });
      expect(status).toBe(403);
    },
  },

  {
    case: 8,
    what: 'a right cookie from a foreign page',
    reaction: 'HTTP 403, nobody was asked who it is',
    profile: 'guarded',
    play: async (stage) => {
      const { logins } = await stage.server.ask('counted');
      const headers = { Origin: 'https://evil.example', Cookie: `session=${stage.canary}` };
      const socket = await stage.connect();
      const answer = await socket.upgrade({ headers }, textFrame(JSON.stringify(hello('victim'))));
      expect(answer.status).toBe(403);
      expect((await stage.server.ask('counted')).logins).toBe(logins);
    },
  },

  ...(
    [
      ['in the query', ({ canary }) => ({ target: `/tickwire?token=user:${canary}` })],
      ['in the query as access_token', ({ canary }) => ({ target: `/tickwire?access_token=${canary}` })],
      [
        'as a subprotocol',
        ({ canary }) => ({
          headers: { 'Sec-WebSocket-Protocol': `tickwire.v1+json, tickwire, token.${canary}` },
        }),
      ],
    ] satisfies (readonly [string, (stage: Stage) => UpgradeShape])[]
  ).map(([where, shape]): HostileRow => ({
    case: 9,
    what: `a token ${where}`,
    reaction: 'reject unauthenticated with a hint, close 4200',
    play: async (stage) => {
      const socket = await stage.open(shape(stage));
      socket.say(hello(stage.newUser()));
      const reject = await socket.hearType('reject');
      expect(reject).toMatchObject({
        err: { c: 'unauthenticated', m: expect.stringMatching(/hello/) as string },
      });
      expect(await socket.ending()).toMatchObject({ code: 4200 });
    },
  })),
  {
    case: 9,
    what: 'a token in the query, by our own client',
    reaction: 'it stops after three refusals and says why',
    play: async (stage) => {
      const client = createClient({
        url: `ws://127.0.0.1:${await stage.port()}/tickwire?token=${stage.canary}`,
        reconnect: { initialDelayMs: 1, maxDelayMs: 2 },
        logger: () => undefined,
      });
      try {
        const reason = await new Promise((resolve) => {
          client.on('status', ({ status, reason }) => {
            if (status === 'disconnected') resolve(reason);
          });
          client.connect();
        });
        expect(reason).toMatchObject({ code: 'unauthenticated', closeCode: 4200 });
      } finally {
        client.close();
      }
    },
  },

  {
    case: 10,
    what: 'frames in one packet with the upgrade, and a login that takes its time',
    reaction: 'handled in order after the welcome',
    play: async (stage) => {
      const socket = await stage.connect();
      const frames = [
        { t: 'hello', v: 1, auth: { token: `slow:${stage.newUser()}` } },
        { t: 'sub', id: 1, ch: [{ c: 'price/A' }] },
        { t: 'req', id: 2, m: 'echo', v: { text: 'hi' } },
        { t: 'req', id: 3, m: 'echo', v: { text: 'ho' } },
      ];
      await socket.upgrade({}, ...frames.map((each) => textFrame(JSON.stringify(each))));
      await socket.hearType('subd', 1);
      await socket.roundTrip();
      expect(socket.heard[0]).toMatchObject({ t: 'welcome' });
      const answered = socket.heard.filter(({ t }) => t === 'res').map(({ id }) => id);
      expect(answered).toEqual([2, 3]);
    },
  },
  {
    case: 10,
    what: 'frames in one packet with the upgrade, and a login that is refused',
    reaction: 'reject unauthenticated, close 4200, nothing done',
    play: async (stage) => {
      const { runs } = await stage.server.ask('counted');
      const socket = await stage.connect();
      const frames = [
        { t: 'hello', v: 1, auth: { token: `nobody:${stage.canary}` } },
        { t: 'req', id: 2, m: 'echo', v: { text: stage.canary } },
      ];
      await socket.upgrade({}, ...frames.map((each) => textFrame(JSON.stringify(each))));
      await expectReject(socket, 'unauthenticated', 4200);
      expect(socket.heard).toEqual([]);
      expect((await stage.server.ask('counted')).runs).toBe(runs);
    },
  },
  {
    case: 10,
    what: 'a token on which the login throws, with the token in its message',
    reaction: 'reject unauthenticated, close 4200, the token is in no log',
    play: async (stage) => {
      const socket = await stage.open();
      socket.say({ t: 'hello', v: 1, auth: { token: `broken:${stage.canary}` } });
      await expectReject(socket, 'unauthenticated', 4200);
    },
  },

  garbageRow('a TLS hello', () => Buffer.from('16030100c8010000c40303', 'hex')),
  garbageRow('the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  garbageRow('1 MB of garbage', () => Buffer.alloc(1_000_000, 0xa5)),
  garbageRow('NULs', () => Buffer.alloc(4_096)),
  garbageRow('an upgrade with a NUL in a header', () => upgradeRequest({ headers: { 'X-A': 'a\0b' } })),

  {
    case: 12,
    what: 'X-Forwarded-For to dodge the cap of an address',
    reaction: 'it does not count: HTTP 503',
    profile: 'crowded',
    play: async (stage) => {
      const from = (address: string): UpgradeShape => ({
        headers: { 'X-Forwarded-For': address, 'X-Real-IP': address, Forwarded: `for=${address}` },
      });
      for (let at = 1; at <= 4; at++) expect((await stage.upgrade(from(`10.0.0.${at}`))).status).toBe(101);
      expect((await stage.upgrade(from('10.0.0.5'))).status).toBe(503);
    },
  },
  {
    case: 12,
    what: 'X-Forwarded-For with a forged beginning, behind a proxy that is trusted',
    reaction: 'what the proxy added counts: HTTP 503',
    profile: 'proxied',
    play: async (stage) => {
      const from = (chain: string): UpgradeShape => ({ headers: { 'X-Forwarded-For': chain } });
      for (let at = 1; at <= 4; at++) {
        expect((await stage.upgrade(from(`10.0.0.${at}, 203.0.113.7`))).status).toBe(101);
      }
      expect((await stage.upgrade(from('10.0.0.5, 203.0.113.7'))).status).toBe(503);
      expect((await stage.upgrade(from('10.0.0.5, 203.0.113.8'))).status).toBe(101);
    },
  },
  {
    case: 12,
    what: 'the host of somebody else',
    reaction: 'it means nothing',
    play: async (stage) => {
      const socket = await stage.open({ headers: { Host: 'other.example' } });
      socket.say(hello(stage.newUser()), { t: 'sub', id: 1, ch: [{ c: 'user/other' }] });
      expect(await socket.hearType('subd', 1)).toMatchObject({ r: [{ err: { c: 'forbidden' } }] });
    },
  },

  {
    case: 13,
    what: 'more sockets of one address without hello than are allowed',
    reaction: 'HTTP 503 with Retry-After; a hello makes room',
    profile: 'crowded',
    play: async (stage) => {
      const sockets = [await stage.open(), await stage.open(), await stage.open(), await stage.open()];
      const refused = await stage.upgrade({});
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      sockets[0]?.say(hello(stage.newUser()));
      await sockets[0]?.hearType('welcome');
      expect((await stage.upgrade({})).status).toBe(101);
    },
  },
  {
    case: 13,
    what: '300 upgrades at once from one address',
    reaction: 'a handful is let in, the others get HTTP 503',
    profile: 'crowded',
    play: async (stage) => {
      const answers = await Promise.all(Array.from({ length: 300 }, () => stage.upgrade({})));
      const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length;
      expect(count(101)).toBe(4);
      expect(count(503)).toBe(296);
    },
  },
  {
    case: 13,
    what: 'a fourth connection of one user who may have three',
    reaction: 'reject limit, close 4305; the three stay',
    profile: 'crowded',
    play: async (stage) => {
      const userId = stage.newUser();
      const first = [];
      for (let at = 0; at < 3; at++) first.push(await stage.session({ userId }));
      const fourth = await stage.open();
      fourth.say(hello(userId));
      await expectReject(fourth, 'limit', 4305);
      expect(closePolicy(4305)).toBe('backoff');
      for (const { socket } of first) await socket.roundTrip();
    },
  },
]);
