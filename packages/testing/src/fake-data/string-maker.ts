// String maker: texts for the formats Zod knows, and within bounds. What comes out is tried by whoever uses it.
import type { SeededRandom } from '../random/seeded-random.js';
import { type Bounds, regexMaker } from './regex-maker.js';
import { checksOf, type SchemaDef } from '@tickwire/protocol/lint';

const HEX = '0123456789abcdef';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE62 = BASE64URL.slice(0, 62);
const WORDS = ['amber', 'birch', 'cobalt', 'delta', 'ember', 'flint', 'grove', 'harbor', 'iris', 'juniper'];
const EMOJI = ['😀', '🚀', '🔥', '🍀'];
/** The moment fake times are near: June 2025, when the virtual clock starts. */
const NEAR_MS = 1_750_000_000_000;
const DAY_MS = 86_400_000;
/** Of a plain text that may be as long as it likes. */
const USUAL_LENGTH = 8;

const textOf = (random: SeededRandom, alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(random.int(0, alphabet.length - 1))).join('');

/** A moment within a day of June 15th 2025, in milliseconds since 1970. */
export function fakeInstantMs(random: SeededRandom): number {
  return NEAR_MS + random.int(-DAY_MS, 0);
}

const iso = (random: SeededRandom): string => new Date(fakeInstantMs(random)).toISOString();
const octet = (random: SeededRandom): string => String(random.int(0, 255));
const word = (random: SeededRandom): string => random.pick(WORDS);
const base64 = (text: string): string => btoa(text);
const unpadded = (text: string): string =>
  base64(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

function uuid(random: SeededRandom, version: string): string {
  const [a, b, c, d, e] = [8, 4, 3, 3, 12].map((length) => textOf(random, HEX, length));
  return `${a}-${b}-${version}${c}-${random.pick(['8', '9', 'a', 'b'])}${d}-${e}`;
}

/** A text that is usual, or where that is too short or too long a plain one between a beginning and an end. */
function withRoom(
  random: SeededRandom,
  usual: string,
  { least, most }: Bounds,
  frame: (most: number) => readonly [before: string, after: string],
): string {
  if (usual.length >= least && usual.length <= most) return usual;
  const [before, after] = frame(most);
  const room = most - before.length - after.length;
  const shortest = Math.max(1, least - before.length - after.length);
  return before + textOf(random, LETTERS, Math.max(shortest, Math.min(room, USUAL_LENGTH))) + after;
}

/** A domain that leaves room for something else. */
const domain = (most: number): string => (most >= 2 * 'example.com'.length ? 'example.com' : 'a.co');

type Format = (random: SeededRandom, check: Readonly<Record<string, unknown>>, bounds: Bounds) => string;

const FORMATS: Readonly<Record<string, Format>> = {
  uuid: (random, { version }) =>
    uuid(random, typeof version === 'string' ? version.slice(1) : random.pick(['4', '7'])),
  guid: (random) => uuid(random, '4'),
  email: (random, _, bounds) =>
    withRoom(random, `${word(random)}.${word(random)}@example.com`, bounds, (most) => [
      '',
      `@${domain(most)}`,
    ]),
  url: (random, _, bounds) =>
    withRoom(random, `https://example.com/${word(random)}`, bounds, (most) => [
      `https://${domain(most - 8)}/`,
      '',
    ]),
  hostname: (random, _, bounds) =>
    withRoom(random, `${word(random)}.example.com`, bounds, (most) => ['', `.${domain(most)}`]),
  // Which fractions and zones are allowed is an option; one of these is.
  datetime: (random) => {
    const full = iso(random);
    return random.pick([
      full,
      full.replace(/\.\d+/, ''),
      full.replace(/:\d\d\.\d+/, ''),
      full.replace('Z', ''),
      full.replace('Z', '000Z'),
      full.replace('Z', '+02:00'),
    ]);
  },
  date: (random) => iso(random).slice(0, 10),
  time: (random) =>
    random.pick([iso(random).slice(11, 19), iso(random).slice(11, 23), iso(random).slice(11, 16)]),
  duration: (random) => `PT${random.int(1, 59)}M`,
  ipv4: (random) => [1, 2, 3, 4].map(() => octet(random)).join('.'),
  ipv6: (random) => Array.from({ length: 8 }, () => textOf(random, HEX.slice(1), 4)).join(':'),
  cidrv4: (random) => `${[1, 2, 3, 4].map(() => octet(random)).join('.')}/${random.int(8, 32)}`,
  cidrv6: (random) => `2001:db8:${textOf(random, HEX.slice(1), 4)}::/${random.int(32, 128)}`,
  mac: (random, { delimiter }) =>
    Array.from({ length: 6 }, () => textOf(random, HEX, 2)).join(
      typeof delimiter === 'string' ? delimiter : ':',
    ),
  cuid: (random) => `c${textOf(random, ALPHANUMERIC, 24)}`,
  cuid2: (random) => `a${textOf(random, ALPHANUMERIC, 23)}`,
  ulid: (random) => `01${textOf(random, CROCKFORD, 24)}`,
  xid: (random) => textOf(random, '0123456789abcdefghijklmnopqrstuv', 20),
  ksuid: (random) => textOf(random, BASE62, 27),
  nanoid: (random) => textOf(random, BASE64URL, 21),
  base64: (random) => base64(word(random)),
  base64url: (random) => unpadded(word(random)),
  e164: (random) => `+49${textOf(random, '123456789', 10)}`,
  emoji: (random) => random.pick(EMOJI),
  jwt: (random, { alg }) =>
    [
      JSON.stringify({ typ: 'JWT', alg: typeof alg === 'string' ? alg : 'HS256' }),
      JSON.stringify({ sub: word(random) }),
      textOf(random, ALPHANUMERIC, 32),
    ]
      .map(unpadded)
      .join('.'),
};

/** Prepares texts for a string schema. @throws SyntaxError where an expression cannot be made. */
export function stringMaker(def: SchemaDef): (random: SeededRandom) => string {
  let least = 0;
  let most = Infinity;
  let [before, amid, after] = ['', '', ''];
  let isLower = false;
  let isUpper = false;
  let prepare: ((bounds: Bounds) => (random: SeededRandom) => string) | undefined;
  for (const check of checksOf(def)) {
    switch (check.check) {
      case 'min_length':
        least = Math.max(least, Number(check['minimum']));
        break;
      case 'max_length':
        most = Math.min(most, Number(check['maximum']));
        break;
      case 'length_equals':
        least = most = Number(check['length']);
        break;
      case 'string_format': {
        const { format } = check;
        if (format === 'starts_with') before = String(check['prefix']);
        else if (format === 'ends_with') after = String(check['suffix']);
        else if (format === 'includes') amid = String(check['includes']);
        else if (format === 'lowercase') isLower = true;
        else if (format === 'uppercase') isUpper = true;
        else {
          const known = typeof format === 'string' ? FORMATS[format] : undefined;
          // An expression of the application's own says more than the format it is put upon.
          const { pattern } = check;
          if (known !== undefined) prepare ??= (bounds) => (random) => known(random, check, bounds);
          else if (pattern instanceof RegExp) prepare = (bounds) => regexMaker(pattern, bounds);
        }
        break;
      }
    }
  }
  const make = prepare?.({ least, most });
  const around = before.length + amid.length + after.length;
  return (random) => {
    let text = make?.(random) ?? filled(random, Math.max(0, least - around), Math.max(0, most - around));
    if (isLower) text = text.toLowerCase();
    if (isUpper) text = text.toUpperCase();
    // An expression may have said it already.
    if (make === undefined || !text.includes(amid)) text += amid;
    if (make === undefined || !text.startsWith(before)) text = before + text;
    if (make === undefined || !text.endsWith(after)) text += after;
    return text;
  };
}

/** A word that is long enough, and not too long. */
function filled(random: SeededRandom, least: number, most: number): string {
  const text = `${word(random)}-${textOf(random, ALPHANUMERIC, 4)}`;
  return text.length >= least
    ? text.slice(0, most)
    : text + textOf(random, ALPHANUMERIC, least - text.length);
}
