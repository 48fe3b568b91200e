// Hostile input, part B: RFC 6455. Frames that are wrong before anybody looks into them, sent by somebody who is welcome.
import { Buffer } from 'node:buffer';
import { clipCloseReason, closePolicy, MAX_CLOSE_REASON_BYTES } from '@tickwire/protocol';
import { expect } from 'vitest';
import { hostileTable } from './harness.js';
import { closeRow, ignoredRow } from './rows.js';
import { closeFrame, fragments, frame, Opcode, textFrame } from './websocket-bytes.js';

const MEBIBYTE = 1_048_576;

/** A `ping` of the protocol whose message has exactly this many bytes. */
const pingOf = (bytes: number): string => {
  const k = 7;
  const bare = JSON.stringify({ t: 'ping', k, pad: '' });
  return JSON.stringify({ t: 'ping', k, pad: 'x'.repeat(bytes - bare.length) });
};

/** The same, a letter at a time. */
const letters = (bytes: number): string[] => Array.from(pingOf(bytes));

const notUtf8: Readonly<Record<string, string>> = {
  'FF FE': 'fffe',
  'an overlong slash': 'c080',
  'a surrogate': 'eda080',
  'a code point above the last': 'f4908080',
  'a code point cut short': 'e282',
};

/** A `ping` with `€` in it, cut within the sign's three bytes. */
function splitInsideEuro(): readonly [Uint8Array, Uint8Array] {
  const bytes = Buffer.from(JSON.stringify({ t: 'ping', k: 7, pad: '€' }));
  const at = bytes.indexOf(0xe2) + 1;
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

hostileTable('B. WebSocket frames', { from: 14, to: 32 }, [
  closeRow(14, 'an unmasked frame', 1002, ({ canary }) => frame(Opcode.text, canary, { masked: false })),

  closeRow(15, 'RSV1 without an extension', 1002, () => frame(Opcode.text, '{}', { rsv: 4 })),
  closeRow(15, 'RSV2', 1002, () => frame(Opcode.text, '{}', { rsv: 2 })),
  closeRow(15, 'RSV3', 1002, () => frame(Opcode.text, '{}', { rsv: 1 })),

  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    closeRow(16, `opcode ${opcode}`, 1002, () => frame(opcode, '')),
  ),

  closeRow(17, 'a continuation of nothing', 1002, () => frame(Opcode.continuation, '{}')),
  closeRow(17, 'a new message inside a fragmented one', 1002, () =>
    Buffer.concat([frame(Opcode.text, '{', { fin: false }), textFrame('{}')]),
  ),

  closeRow(18, 'a fragmented ping', 1002, () => frame(Opcode.ping, '', { fin: false })),
  closeRow(18, 'a ping of 126 bytes', 1002, () => frame(Opcode.ping, 'x'.repeat(126))),
  closeRow(18, 'a close of 126 bytes', 1002, () => closeFrame(1000, 'x'.repeat(124))),

  closeRow(19, 'a length of 2^63', 1009, () => frame(Opcode.text, '', { claims: 2n ** 63n, lengthBits: 64 })),
  closeRow(19, 'a length of 2^53 - 1', 1009, () => frame(Opcode.text, '', { claims: 2n ** 53n - 1n })),
  closeRow(19, '100 MiB announced, nothing sent', 1009, () =>
    frame(Opcode.text, '', { claims: 100n * BigInt(MEBIBYTE) }),
  ),

  {
    case: 20,
    what: 'a message of exactly 64 KiB',
    reaction: 'taken',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.sayText(pingOf(65_536));
      await socket.hear('pong', ({ t, k }) => t === 'pong' && k === 7);
    },
  },
  closeRow(20, 'one byte more', 1009, () => textFrame(pingOf(65_537))),
  closeRow(20, 'two fragments of 40,000 bytes', 1009, () =>
    fragments([pingOf(80_000).slice(0, 40_000), pingOf(80_000).slice(40_000)]),
  ),

  {
    ...closeRow(21, '65 fragments of a byte', 1008, () => fragments(letters(65))),
    reaction: 'close 1008, which is no question of credentials to a client',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.send(fragments(letters(65)));
      expect(await socket.ending()).toMatchObject({ code: 1008, closeFrames: 1 });
      expect(closePolicy(1008)).toBe('suspect');
    },
  },
  {
    case: 21,
    what: '64 fragments of a byte',
    reaction: 'taken',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.send(fragments(letters(64)));
      await socket.hear('pong', ({ t, k }) => t === 'pong' && k === 7);
    },
  },
  closeRow(22, '65 empty fragments', 1008, () =>
    Buffer.concat([frame(Opcode.text, '', { fin: false }), ...emptyFragments(64)]),
  ),
  closeRow(22, 'a million empty fragments', 1008, () =>
    Buffer.concat([frame(Opcode.text, '', { fin: false }), ...emptyFragments(1_000_000)]),
  ),

  ignoredRow(23, 'a length that takes more room than it needs', () =>
    Buffer.concat([
      frame(Opcode.text, '{"t":"pong","k":1}', { lengthBits: 16 }),
      frame(Opcode.text, '{"t":"pong","k":1}', { lengthBits: 64 }),
    ]),
  ),

  ...Object.entries(notUtf8).map(([what, hex]) =>
    closeRow(24, `${what} in a text`, 1007, () => textFrame(Buffer.from(hex, 'hex'))),
  ),
  {
    case: 24,
    what: 'a text cut inside a code point',
    reaction: 'taken: both fragments together are right',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.send(fragments(splitInsideEuro()));
      await socket.hear('pong', ({ t, k }) => t === 'pong' && k === 7);
    },
  },

  closeRow(25, 'a close of one byte', 1002, () => frame(Opcode.close, 'x')),
  ...[0, 999, 1004, 1005, 1006, 1015, 2_999, 5_000, 65_535].map((code) =>
    closeRow(25, `a close with code ${code}`, 1002, () => closeFrame(code)),
  ),
  closeRow(25, 'a close whose reason is no UTF-8', 1007, () => closeFrame(1000, Buffer.from('ff', 'hex'))),
  closeRow(25, 'a close with a code only servers send', 4100, () => closeFrame(4100)),

  {
    case: 26,
    what: 'a thousand closes at once',
    reaction: 'the first is answered, the rest is not read',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.answersClose = false;
      socket.send(...Array.from({ length: 1_000 }, () => closeFrame(1000)));
      expect(await socket.ending()).toMatchObject({ code: 1000, closeFrames: 1 });
    },
  },
  {
    case: 26,
    what: 'requests behind a close',
    reaction: 'the close is answered, nothing is done',
    play: async (stage) => {
      const { runs } = await stage.server.ask('counted');
      const { socket } = await stage.session();
      const request = textFrame(JSON.stringify({ t: 'req', id: 1, m: 'echo', v: { text: stage.canary } }));
      socket.send(closeFrame(1000), request, request);
      expect(await socket.ending()).toMatchObject({ code: 1000 });
      expect(socket.heard).toEqual([]);
      expect((await stage.server.ask('counted')).runs).toBe(runs);
    },
  },
  {
    case: 26,
    what: 'a close frame of the server that is never answered',
    reaction: 'the socket is gone within 3 s',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.answersClose = false;
      const startMs = performance.now();
      socket.sayText('');
      expect(await socket.closeCode()).toBe(4100);
      await socket.ending();
      expect(performance.now() - startMs).toBeLessThan(3_000);
    },
  },

  {
    case: 27,
    what: 'our own close with a reason of 400 bytes, half a surrogate pair, or bytes',
    reaction: 'clipped to 123 bytes at a code point; never memory that was not asked for',
    play: async (stage) => {
      const reasons: readonly unknown[] = [
        'é'.repeat(200),
        '\ud800'.repeat(80),
        new Uint8Array(64),
        42,
        null,
        {},
      ];
      for (const reason of reasons) {
        const { socket, userId } = await stage.session();
        expect(await stage.server.ask('revoke', { profile: stage.profile, userId, reason })).toBe(1);
        const ending = await socket.ending();
        expect(ending.code).toBe(4202);
        expect(Buffer.byteLength(ending.reason)).toBeLessThanOrEqual(MAX_CLOSE_REASON_BYTES);
        expect(ending.reason.isWellFormed()).toBe(true);
        expect(ending.reason).not.toContain('\0');
      }
      expect(Buffer.byteLength(clipCloseReason('é'.repeat(200)))).toBe(122);
    },
  },

  {
    case: 28,
    what: '10,000 pings of 125 bytes at once',
    reaction: 'they count as frames: close 4303, or cut off',
    play: async (stage) => {
      const { socket } = await stage.session();
      const ping = frame(Opcode.ping, 'x'.repeat(125));
      socket.send(...Array.from({ length: 10_000 }, () => ping));
      const { code } = await socket.ending();
      expect([4303, 1008, null]).toContain(code);
      expect(socket.pongs).toBeLessThan(1_000);
    },
  },
  {
    case: 28,
    what: 'a ping now and then',
    reaction: 'answered',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.send(frame(Opcode.ping, 'are you there?'));
      await socket.pongsHeard(1);
      await socket.roundTrip();
    },
  },

  {
    case: 29,
    what: 'a million pongs nobody asked for',
    reaction: 'they count as frames: close 4303',
    play: async (stage) => {
      const { socket } = await stage.session();
      const pongs = Buffer.concat(Array.from({ length: 10_000 }, () => frame(Opcode.pong)));
      for (let sent = 0; sent < 100 && !socket.ended; sent++) socket.send(pongs);
      const { code } = await socket.ending();
      expect([4303, null]).toContain(code);
    },
  },
  {
    case: 29,
    what: 'a peer that only sends pongs of WebSocket',
    reaction: 'close 4302: it proves no life of the application',
    profile: 'impatient',
    play: async (stage) => {
      const { socket } = await stage.session();
      socket.answersPings = false;
      const alive = setInterval(() => socket.send(frame(Opcode.pong)), 50);
      try {
        expect(await socket.ending()).toMatchObject({ code: 4302 });
      } finally {
        clearInterval(alive);
      }
    },
  },

  closeRow(30, 'a binary message', 4100, ({ canary }) => frame(Opcode.binary, JSON.stringify({ t: canary }))),
  closeRow(30, 'an empty message', 4100, () => textFrame('')),
  closeRow(30, 'an empty binary message', 4100, () => frame(Opcode.binary)),
  {
    case: 30,
    what: 'a message in packets of one byte',
    reaction: 'taken',
    play: async (stage) => {
      const { socket } = await stage.session();
      for (const byte of textFrame(pingOf(64))) socket.send(Uint8Array.of(byte));
      await socket.hear('pong', ({ t, k }) => t === 'pong' && k === 7);
    },
  },

  {
    case: 31,
    excluded: 'nothing is ever inflated: permessage-deflate is not negotiated, and RSV1 is case 15',
  },

  {
    case: 32,
    what: 'half a frame and then silence, 100 times',
    reaction: 'close 4302 when the ping is not answered',
    profile: 'impatient',
    play: async (stage) => {
      const whole = textFrame(pingOf(60_000));
      const sessions = await Promise.all(Array.from({ length: 100 }, () => stage.session()));
      for (const { socket } of sessions) {
        // A pong would complete nothing: it would be read as the rest of the frame.
        socket.answersPings = false;
        socket.send(whole.subarray(0, 5));
      }
      for (const { socket } of sessions) expect(await socket.ending()).toMatchObject({ code: 4302 });
    },
  },
  {
    case: 32,
    what: 'half a hello and then silence',
    reaction: 'close 4300',
    profile: 'impatient',
    play: async (stage) => {
      const socket = await stage.open();
      socket.send(textFrame(JSON.stringify({ t: 'hello', v: 1 })).subarray(0, 9));
      expect(await socket.ending()).toMatchObject({ code: 4300 });
    },
  },
]);

function emptyFragments(count: number): Buffer[] {
  const empty = frame(Opcode.continuation, '', { fin: false });
  return Array.from({ length: count }, () => empty);
}
