import { describe, expect, test } from 'vitest';
import type { EncodedFrame, FrameEncoder } from '../ports/frame-encoder.js';
import { ChannelFrames } from './range-frames.js';

const encode: FrameEncoder = (text, kind) => ({ byteLength: Buffer.byteLength(text), kind, payload: text });
const frames = new ChannelFrames(encode, 1);

interface Part {
  readonly i?: number;
  readonly more?: 1;
  readonly k?: Readonly<Record<string, unknown>>;
  readonly u?: Readonly<Record<string, unknown>>;
  readonly x?: readonly string[];
}
const read = ({ payload }: EncodedFrame): Part => JSON.parse(payload as string) as Part;

const records = (count: number): (readonly [string, string])[] =>
  Array.from({ length: count }, (_, index) => [`k${index}`, 'x'.repeat(100)]);

describe('a value in parts (P-DATA-7)', () => {
  test('is cut into parts that a reader accepts, each key in one of them', () => {
    const parts = frames.wholeCollection(9, null, records(50), 1_000);
    expect(parts.length).toBeGreaterThan(5);
    expect(Math.max(...parts.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(1_000);
    expect(parts.map(read).map(({ i, more }) => [i, more])).toEqual(
      parts.map((_, index) => [index, index === parts.length - 1 ? undefined : 1]),
    );
    expect(parts.map(read).flatMap(({ k = {} }) => Object.entries(k))).toEqual(records(50));
  });

  test('has one key in a part at least, however small the parts shall be', () => {
    expect(frames.wholeCollection(9, null, records(3), 1).map(read)).toMatchObject([
      { i: 0, more: 1 },
      { i: 1, more: 1 },
      { i: 2 },
    ]);
  });

  test.each([257, 3_000])(
    'never has more than 256: %i keys in small parts are cut into larger ones',
    (count) => {
      const whole = frames.wholeCollection(9, 'A', records(count), 1);
      expect(whole.length).toBeGreaterThan(64);
      expect(whole.length).toBeLessThanOrEqual(256);
      expect(whole.map(read).flatMap(({ k = {} }) => Object.entries(k))).toEqual(records(count));

      const gone = Array.from({ length: count }, (_, index) => `gone ${index}`);
      const range = frames.collectionRange(3, 9, records(count), gone, 1);
      expect(range.length).toBeLessThanOrEqual(256);
      expect(range.map(read).flatMap(({ u = {} }) => Object.entries(u))).toEqual(records(count));
      expect(range.map(read).flatMap(({ x = [] }) => x)).toEqual(gone);
    },
  );
});

describe('events in pages (P-DATA-4)', () => {
  const entries = Array.from({ length: 5_000 }, (_, n) => ({ offset: n + 1, value: n, atMs: 0 }));

  test('lead from one to the next, each event in one of them', () => {
    const pages = [...frames.pages(0, entries, 1_000)];
    let base = 0;
    for (const { frame, offset } of pages) {
      expect(frame.byteLength).toBeLessThanOrEqual(1_000);
      const { o, vs } = JSON.parse(frame.payload as string) as { o: number; vs: readonly number[] };
      expect(o).toBe(offset);
      expect(vs).toEqual(entries.slice(base, offset).map(({ value }) => value));
      base = offset;
    }
    expect(base).toBe(5_000);
  });

  test('are made one at a time: the first costs no more for all that follow', () => {
    let read = 0;
    function* counted() {
      for (const entry of entries) {
        read++;
        yield entry;
      }
    }
    const [first] = frames.pages(0, counted(), 1_000);
    expect(first?.offset).toBe(read - 1);
    expect(read).toBeLessThan(100);
    read = 0;
    expect([...frames.pages(0, counted(), 200)].at(-1)?.offset).toBe(5_000);
    expect(read).toBe(5_000);
  });
});
