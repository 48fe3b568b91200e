import { describe, expect, test } from 'vitest';
import { clientAddress } from './address.js';
import { BatchCache } from './batch-cache.js';
import { exposesToken } from './exposed-token.js';
import { originRule } from './origin.js';
import { webSocketFrameEncoder } from './websocket-frame.js';

describe('origin', () => {
  const request = {
    origins: ['https://app.example.com'],
    host: 'app.example.com',
    hasCookie: false,
    encrypted: false,
  };

  test('by default pages of the same host', () => {
    const rule = originRule(undefined, true);
    expect(rule(request)).toBe(true);
    expect(rule({ ...request, origins: ['http://app.example.com'] })).toBe(true);
    expect(rule({ ...request, origins: ['http://app.example.com'], encrypted: true })).toBe(false);
    expect(rule({ ...request, host: undefined })).toBe(false);
  });

  test.each([
    'https://evil.example',
    'null',
    'https://app.example.com.evil',
    'https://app.example.com@evil',
    'https://app.example.com:444',
    'https://APP.example.com',
    'https://app.example.com/',
    ' https://app.example.com',
    '',
  ])('refuses %j, by default and with a list', (origin) => {
    expect(originRule(undefined, true)({ ...request, origins: [origin] })).toBe(false);
    expect(originRule(['https://app.example.com'], true)({ ...request, origins: [origin] })).toBe(false);
  });

  test('none at all is no browser: allowed without a cookie only', () => {
    for (const rule of [originRule(undefined, true), originRule(['https://app.example.com'], true)]) {
      expect(rule({ ...request, origins: [] })).toBe(true);
      expect(rule({ ...request, origins: [], hasCookie: true })).toBe(false);
    }
  });

  test('two are refused', () => {
    const origins = ['https://app.example.com', 'https://app.example.com'];
    expect(originRule(undefined, true)({ ...request, origins })).toBe(false);
    expect(originRule('*', false)({ ...request, origins })).toBe(false);
  });

  test("'*' is a mistake in production, and what is no origin is one everywhere", () => {
    expect(() => originRule('*', true)).toThrow(TypeError);
    expect(originRule('*', false)(request)).toBe(true);
    for (const wrong of ['app.example.com', 'https://app.example.com/', 'https://App.example.com', '*']) {
      expect(() => originRule([wrong], false)).toThrow(TypeError);
    }
  });
});

describe('address', () => {
  test.each([
    ['10.0.0.1', undefined, 0, '10.0.0.1'],
    ['::ffff:10.0.0.1', undefined, 0, '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2::/64'],
    ['2001:db8::1', undefined, 0, '2001:db8:0:0::/64'],
    ['::1', undefined, 0, '0:0:0:0::/64'],
    ['fe80::1%eth0', undefined, 0, 'fe80:0:0:0::/64'],
    ['10.0.0.1', '1.2.3.4', 0, '10.0.0.1'],
    ['10.0.0.1', '1.2.3.4', 1, '1.2.3.4'],
    ['10.0.0.1', '6.6.6.6, 1.2.3.4', 1, '1.2.3.4'],
    ['10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2', 2, '1.2.3.4'],
    ['10.0.0.1', '', 1, '10.0.0.1'],
    [undefined, undefined, 0, undefined],
  ])('%s with %s behind %i proxies is %s', (remote, forwarded, hops, expected) => {
    expect(clientAddress(remote, forwarded, hops)).toBe(expected);
  });
});

test.each([
  ['/tickwire?token=x', [], true],
  ['/tickwire?a=1&access_token=x', [], true],
  ['/tickwire?TOKEN=x', [], true],
  ['/tickwire?tab=token', [], false],
  ['/tickwire', ['tickwire.v1+json', 'tickwire'], false],
  ['/tickwire', ['tickwire.v1+json', 'token.abc'], true],
  ['/tickwire', ['tickwire.v1+json', 'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl'], true],
])('P-CONN-5 a token in %s %j: %s', (url, subprotocols, exposed) => {
  expect(exposesToken(url, subprotocols)).toBe(exposed);
});

describe('WebSocket frames', () => {
  /** Reads a frame of a server as RFC 6455 says. */
  const parse = (bytes: Buffer) => {
    const short = (bytes[1] ?? 0) & 0x7f;
    const [start, length] =
      short < 126
        ? [2, short]
        : short === 126
          ? [4, bytes.readUInt16BE(2)]
          : [10, Number(bytes.readBigUInt64BE(2))];
    return {
      first: bytes[0],
      masked: ((bytes[1] ?? 0) & 0x80) !== 0,
      text: bytes.subarray(start).toString(),
      length,
    };
  };

  test.each([0, 1, 125, 126, 65_535, 65_536, 70_000])('%i bytes', (size) => {
    for (const text of ['x'.repeat(size), 'é'.repeat(size >> 1)]) {
      const frame = webSocketFrameEncoder(text, 'data');
      expect(parse(frame.payload)).toEqual({
        first: 0x81,
        masked: false,
        text,
        length: Buffer.byteLength(text),
      });
      expect(frame.byteLength).toBe(Buffer.byteLength(text));
      expect(Buffer.from(frame.latin1, 'latin1')).toEqual(frame.payload);
    }
  });

  test('batches: equal ones come to share their bytes, all are right', () => {
    const cache = new BatchCache();
    const frames = ['a', 'é', 'c'.repeat(200)].map((text) => webSocketFrameEncoder(text, 'data'));
    const right = Buffer.concat(frames.map(({ payload }) => payload));
    const bytesOf = (batch: Buffer | string) =>
      typeof batch === 'string' ? Buffer.from(batch, 'latin1') : batch;
    const [first, second, third] = [cache.join(frames), cache.join([...frames]), cache.join([...frames])];
    for (const batch of [first, second, third]) expect(bytesOf(batch)).toEqual(right);
    expect(third).toBe(second);
    const other = [...frames].reverse();
    expect(bytesOf(cache.join(other))).toEqual(Buffer.concat(other.map(({ payload }) => payload)));
  });

  test('a batch as large as a snapshot is not held on to', () => {
    const cache = new BatchCache();
    const frames = [1, 2].map(() => webSocketFrameEncoder('x'.repeat(60_000), 'data'));
    expect(cache.join(frames)).not.toBe(cache.join(frames));
  });
});
