// Codec suite: what every codec must hold: each frame comes back, bounds are kept before anything has a meaning, and
// nothing from the wire throws or reaches a prototype.
import { type Codec, type DecodeLimits, DEFAULT_DECODE_LIMITS } from '@tickwire/protocol';
import { SeededRandom } from '../random/seeded-random.js';
import { mustBe, mustEqual } from './assertions.js';
import { type ConformanceCase, registerCases, type SuiteRunner } from './conformance-case.js';
import { SAMPLE_FRAMES } from './sample-frames.js';

type Frame = Parameters<Codec['encode']>[0];

/** A frame whose payload is this value. */
const carrying = (v: unknown): Frame => ({ t: 'res', id: 1, v });

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.1,
  1e300,
  9_007_199_254_740_991,
  '',
  'ä\u2028\u2029"\\/\b\f\n\r\t\0😀',
  [],
  {},
  [[[[null]]]],
  { '': { ' ': '' } },
  JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":1},"toString":1}'),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function casesOf(codec: Codec): Readonly<Record<string, () => void>> {
  const limits = DEFAULT_DECODE_LIMITS;
  const decoded = (message: string, within: DecodeLimits = limits): readonly unknown[] => {
    const result = codec.decode(message, within);
    mustBe(result.ok, 'a message of whole frames must be decoded');
    return result.frames;
  };
  const faultOf = (message: string, within: DecodeLimits = limits): readonly [string, number] | null => {
    const result = codec.decode(message, within);
    return result.ok ? null : [result.fault, result.index];
  };

  return {
    'it has a subprotocol that selects it': () => {
      mustBe(
        /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(codec.subprotocol),
        'a subprotocol must be a token of HTTP',
      );
    },

    'every frame comes back as it was': () => {
      for (const frame of SAMPLE_FRAMES) {
        mustEqual(decoded(codec.join([codec.encode(frame)])), [frame], `a frame of type "${frame.t}"`);
      }
    },

    'P-MODEL-4 every JSON value comes back as it was': () => {
      for (const value of VALUES)
        mustEqual(decoded(codec.join([codec.encode(carrying(value))])), [carrying(value)], 'a payload');
    },

    'P-FRAME-1 several frames are one message, in order': () => {
      const frames = SAMPLE_FRAMES.slice(0, limits.maxFrames);
      mustEqual(decoded(codec.join(frames.map((frame) => codec.encode(frame)))), frames, 'the frames');
    },

    'P-FRAME-6 a key of the wire is data, and reaches no prototype': () => {
      const frame = carrying(JSON.parse('{"__proto__":{"polluted":true}}'));
      const [back] = decoded(codec.join([codec.encode(frame)])) as readonly { readonly v?: object }[];
      mustBe(
        back?.v !== undefined && Object.hasOwn(back.v, '__proto__'),
        '__proto__ must be a field like any other',
      );
      mustBe(!('polluted' in {}), 'no prototype may change');
    },

    'P-FRAME-4 as many frames as are allowed are decoded, and one more is refused': () => {
      const message = (count: number): string =>
        codec.join(Array.from({ length: count }, (_, id) => codec.encode({ t: 'pong', k: id })));
      mustEqual(decoded(message(5), { ...limits, maxFrames: 5 }).length, 5, 'the number of frames');
      mustEqual(faultOf(message(6), { ...limits, maxFrames: 5 })?.[0], 'too_many_frames', 'the fault');
    },

    'P-FRAME-4 as deep as is allowed is decoded, and one level more is refused with the number of its frame':
      () => {
        const message = (depth: number): string =>
          codec.join([codec.encode({ t: 'pong', k: 1 }), codec.encode(carrying(nested(depth - 1)))]);
        mustBe(faultOf(message(limits.maxDepth)) === null, `a depth of ${limits.maxDepth} is allowed`);
        mustEqual(faultOf(message(limits.maxDepth + 1)), ['too_deep', 1], 'the fault');
        mustEqual(faultOf(message(500)), ['too_deep', 1], 'the fault of what is far too deep');
      },

    "P-FRAME-4 a frame's own keys are bounded, those of its payload are not": () => {
      const keys = (count: number): Record<string, number> =>
        Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
      const wide = (count: number): string =>
        codec.join([codec.encode({ t: 'pong', k: 1, ...keys(count - 2) })]);
      mustBe(faultOf(wide(limits.maxFrameKeys)) === null, `${limits.maxFrameKeys} keys are allowed`);
      mustEqual(faultOf(wide(limits.maxFrameKeys + 1)), ['too_many_keys', 0], 'the fault');
      mustBe(
        faultOf(codec.join([codec.encode(carrying(keys(1_000)))])) === null,
        'a payload may have any number of keys',
      );
    },

    'P-FRAME-2 an empty message is a fault': () => {
      mustEqual(faultOf(''), ['empty', 0], 'the fault');
    },

    'P-FRAME-3 nothing that arrives makes it throw, and whatever is decoded is a list of objects': () => {
      const random = new SeededRandom('codec');
      const whole = codec.join(SAMPLE_FRAMES.slice(0, 20).map((frame) => codec.encode(frame)));
      for (let attempt = 0; attempt < 2_000; attempt++) {
        const from = random.int(0, whole.length);
        const cut = whole.slice(from, from + random.int(0, 200));
        const odd = random.pick([
          '',
          '\0',
          '\u{FEFF}',
          '\uD800',
          '{',
          '}',
          '[',
          '"',
          '\\',
          '\n',
          '1e999',
          'null',
        ]);
        const at = random.int(0, cut.length);
        const result = codec.decode(cut.slice(0, at) + odd + cut.slice(at), limits);
        if (!result.ok) continue;
        mustBe(
          result.frames.every(
            (frame) => typeof frame === 'object' && frame !== null && !Array.isArray(frame),
          ),
          'every frame must be an object',
        );
      }
    },
  };
}

/** What a codec must hold, as cases for any test runner. */
export function codecCases(codec: Codec): readonly ConformanceCase[] {
  return Object.entries(casesOf(codec)).map(([name, run]) => ({
    name,
    run: () => Promise.resolve().then(run),
  }));
}

/** Registers {@link codecCases} as tests. @example `testCodec(jsonCodec, { describe, test })` */
export function testCodec(codec: Codec, runner: SuiteRunner): void {
  registerCases(`a codec (${codec.subprotocol})`, codecCases(codec), runner);
}
