import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_DECODE_LIMITS, jsonCodec } from './json.js';

const decode = (message: string) => jsonCodec.decode(message, DEFAULT_DECODE_LIMITS);

describe('P-FRAME-1 several frames in one message', () => {
  test('one frame a line, in order', () => {
    expect(decode('{"t":"a"}\n{"t":"b"}')).toEqual({ ok: true, frames: [{ t: 'a' }, { t: 'b' }] });
  });

  test('whatever is encoded and joined comes back, newlines in strings included', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1, maxLength: 20 }), (values) => {
        const frames = values.map((v, id) => ({ t: 'res', id, v }) as const);
        const decoded = decode(jsonCodec.join(frames.map((frame) => jsonCodec.encode(frame))));
        expect(decoded).toEqual({ ok: true, frames: JSON.parse(JSON.stringify(frames)) as unknown });
      }),
    );
  });
});

describe('P-FRAME-2 structural faults', () => {
  test('one newline at the end is allowed', () => {
    expect(decode('{"t":"a"}\n')).toEqual({ ok: true, frames: [{ t: 'a' }] });
  });

  test.each([
    ['an empty message', '', 'empty', 0],
    ['a lone newline', '\n', 'empty', 0],
    ['64 KiB of newlines', '\n'.repeat(65_536), 'not_json', 0],
    ['two newlines at the end', '{"t":"a"}\n\n', 'not_json', 1],
    ['half an object', '{', 'not_json', 0],
    ['half a word', 'nul', 'not_json', 0],
    ['a string', '""', 'not_an_object', 0],
    ['an array', '[]', 'not_an_object', 0],
    ['a number', '42', 'not_an_object', 0],
    ['null', 'null', 'not_an_object', 0],
    ['a byte order mark', '\ufeff{}', 'not_json', 0],
    ['garbage after the object', '{"t":"a"} x', 'not_json', 0],
    ['NaN', '{"t":"a","v":NaN}', 'not_json', 0],
    ['an unterminated string', '{"t":"a\\"', 'not_json', 0],
    ['the second of three', '{"t":"a"}\n[1]\n{"t":"b"}', 'not_an_object', 1],
  ])('%s is refused', (_name, message, fault, index) => {
    expect(decode(message)).toEqual({ ok: false, fault, index });
  });
});

describe('P-FRAME-4 bounds before meaning', () => {
  test('64 frames pass, the 65th refuses the message', () => {
    expect(decode(Array(64).fill('{}').join('\n')).ok).toBe(true);
    expect(decode(Array(65).fill('{}').join('\n'))).toEqual({
      ok: false,
      fault: 'too_many_frames',
      index: 64,
    });
    expect(decode(Array(32_000).fill('1').join('\n')).ok).toBe(false);
  });

  test('32 levels pass, the 33rd refuses', () => {
    const nested = (depth: number) => `{"v":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(decode(nested(32)).ok).toBe(true);
    expect(decode(nested(33))).toEqual({ ok: false, fault: 'too_deep', index: 0 });
    expect(decode('['.repeat(5_000))).toEqual({ ok: false, fault: 'too_deep', index: 0 });
  });

  test('brackets and colons inside strings do not count', () => {
    expect(decode(JSON.stringify({ v: '[{:'.repeat(200), w: '\\"[[[' })).ok).toBe(true);
  });

  test('64 keys of a frame pass, 65 refuse; keys of payloads are their schema’s affair', () => {
    const record = (size: number) =>
      Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${String(i)}`, 1]));
    expect(decode(JSON.stringify(record(64))).ok).toBe(true);
    expect(decode(JSON.stringify(record(65)))).toEqual({ ok: false, fault: 'too_many_keys', index: 0 });
    expect(decode(JSON.stringify({ t: 'req', v: record(1_000) })).ok).toBe(true);
  });
});

test('P-FRAME-6 a key called __proto__ is data', () => {
  const decoded = decode('{"t":"a","__proto__":{"admin":true}}');
  expect(decoded.ok && Object.hasOwn(decoded.frames[0] ?? {}, '__proto__')).toBe(true);
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});
