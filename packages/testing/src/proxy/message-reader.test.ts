import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { MessageReader, type WireMessage } from './message-reader.js';

const HEAD = Buffer.from('GET /tickwire HTTP/1.1\r\nHost: x\r\n\r\n');

/** A frame; `mask` as clients must. */
function frame(first: number, text: string, mask?: readonly number[]): Buffer {
  const payload = Buffer.from(text);
  const length =
    payload.length < 126
      ? [payload.length]
      : payload.length < 65_536
        ? [126, payload.length >> 8, payload.length & 255]
        : [127, 0, 0, 0, 0, 0, payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255];
  if (mask === undefined) return Buffer.concat([Buffer.from([first, ...length]), payload]);
  const [short = 0, ...more] = length;
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([first, short | 0x80, ...more, ...mask]), masked]);
}

const shown = (messages: readonly WireMessage[]) => messages.map(({ kind, text }) => [kind, text]);

describe('MessageReader', () => {
  it('tells the head, messages and control frames apart, and reads what clients mask', () => {
    const reader = new MessageReader();
    const bytes = [
      HEAD,
      frame(0x81, 'héllo', [1, 2, 3, 4]),
      frame(0x82, 'x'),
      frame(0x89, ''),
      frame(0x88, ''),
    ];
    expect(shown(reader.read(Buffer.concat(bytes)))).toEqual([
      ['upgrade', null],
      ['text', 'héllo'],
      ['binary', null],
      ['ping', null],
      ['close', null],
    ]);
  });

  it('gives the same messages however the bytes are cut, and all the bytes', () => {
    const whole = Buffer.concat([
      HEAD,
      frame(0x81, 'short'),
      frame(0x81, 'm'.repeat(300)),
      frame(0x81, 'l'.repeat(70_000)),
      frame(0x8a, ''),
    ]);
    const expected = new MessageReader().read(whole);
    for (const size of [1, 7, 1_000, 65_536]) {
      const reader = new MessageReader();
      const messages: WireMessage[] = [];
      for (let at = 0; at < whole.length; at += size)
        messages.push(...reader.read(Buffer.from(whole.subarray(at, at + size))));
      expect(shown(messages)).toEqual(shown(expected));
      expect(Buffer.concat(messages.map(({ bytes }) => bytes)).equals(whole)).toBe(true);
    }
  });

  it('joins fragments to one message, and lets a ping between them go first', () => {
    const reader = new MessageReader();
    const pieces = [HEAD, frame(0x01, 'a'), frame(0x00, 'b'), frame(0x89, 'p'), frame(0x80, 'c')];
    expect(shown(reader.read(Buffer.concat(pieces)))).toEqual([
      ['upgrade', null],
      ['ping', null],
      ['text', 'abc'],
    ]);
  });

  it('passes a refusal and its body on as they are', () => {
    const reader = new MessageReader();
    const refusal = Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    expect(shown(reader.read(refusal))).toEqual([
      ['upgrade', null],
      ['other', null],
    ]);
  });

  it('does not read what is compressed', () => {
    const reader = new MessageReader();
    expect(shown(reader.read(Buffer.concat([HEAD, frame(0xc1, 'zzz')])))[1]).toEqual(['text', null]);
  });
});
