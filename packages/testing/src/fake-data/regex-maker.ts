// Regex maker: a text that an expression matches, as well as can be done without searching. Assertions that look around
// are passed over, so whoever uses it tries what comes out. Knows no schemas.
import type { SeededRandom } from '../random/seeded-random.js';
import { alternatives, oneOf, type Part, repeated, sequence } from './regex-parts.js';

/** Repetitions are at most so many more than they must be, where no length is asked for. */
const MAX_MORE = 6;
const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const WORD = `${LETTERS}${CAPITALS}${DIGITS}_`;
const PRINTABLE = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 32 + at));
const CLASSES: Readonly<Record<string, string>> = { d: DIGITS, w: WORD, s: ' ' };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', '0': '\0' };
const PROPERTIES: Readonly<Record<string, string>> = {
  L: LETTERS + CAPITALS,
  Letter: LETTERS + CAPITALS,
  Alphabetic: LETTERS + CAPITALS,
  Lu: CAPITALS,
  Ll: LETTERS,
  N: DIGITS,
  Nd: DIGITS,
  P: '.,;:!?-',
  S: '+<=>$',
  Z: ' ',
  Zs: ' ',
  ASCII: PRINTABLE,
  Emoji: '😀🚀✨🔥',
  Extended_Pictographic: '😀🚀✨🔥',
  Emoji_Presentation: '😀🚀✨🔥',
};

/** An assertion: no text. */
const NOTHING: Part = { least: 0, most: 0, make: () => '' };

/** How long a text is to be. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/**
 * Prepares an expression.
 * @param bounds how long the texts should be: as well as the expression allows.
 * @returns makes texts; the same texts from the same randomness.
 * @throws SyntaxError where the expression uses what cannot be made.
 */
export function regexMaker(
  expression: RegExp,
  { least, most }: Bounds = { least: 0, most: Infinity },
): (random: SeededRandom) => string {
  const whole = new Parser(expression.source).parse();
  const shortest = Math.max(least, whole.least);
  const longest = Math.max(shortest, Math.min(most, whole.most, shortest + MAX_MORE));
  return (random) => {
    const text = whole.make({ random, groups: [] });
    if (text.length >= least && text.length <= most) return text;
    const fitted = whole.make({ random, groups: [] }, random.int(shortest, longest));
    if (fitted.length >= least) return fitted;
    // An expression without an anchor is happy with more on that side; with one, whoever tries it finds out.
    const more = 'x'.repeat(least - fitted.length);
    return random.chance(0.5) ? fitted + more : more + fitted;
  };
}

class Parser {
  readonly #source: readonly string[];
  #at = 0;
  #groups = 0;

  constructor(source: string) {
    this.#source = Array.from(source);
  }

  parse(): Part {
    const whole = this.#alternatives();
    if (this.#at < this.#source.length) throw this.#unsupported();
    return whole;
  }

  #peek(text: string): boolean {
    return Array.from(text).every((character, ahead) => this.#source[this.#at + ahead] === character);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #next(): string {
    const character = this.#source[this.#at++];
    if (character === undefined) throw this.#unsupported();
    return character;
  }

  #unsupported(): SyntaxError {
    return new SyntaxError(
      `what stands at character ${this.#at} of /${this.#source.join('')}/ cannot be made`,
    );
  }

  #alternatives(): Part {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return alternatives(options);
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !this.#peek('|') && !this.#peek(')')) {
      const part = this.#atom();
      parts.push(this.#repeated(part));
    }
    return sequence(parts);
  }

  #repeated(part: Part): Part {
    let range: readonly [least: number, most: number] | undefined;
    if (this.#take('*')) range = [0, Infinity];
    else if (this.#take('+')) range = [1, Infinity];
    else if (this.#take('?')) range = [0, 1];
    else if (this.#peek('{')) range = this.#counts();
    if (range === undefined) return part;
    this.#take('?');
    const [least, most] = range;
    return repeated(part, { least, usual: Math.min(most, least + MAX_MORE), most });
  }

  #counts(): readonly [number, number] | undefined {
    const written = /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at, this.#at + 24).join(''));
    if (written === null) return undefined;
    this.#at += written[0].length;
    const least = Number(written[1]);
    if (written[2] === undefined) return [least, least];
    return [least, written[3] === '' ? Infinity : Number(written[3])];
  }

  #atom(): Part {
    if (this.#take('^') || this.#take('$')) return NOTHING;
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return this.#oneOf(this.#class());
    if (this.#take('.')) return this.#oneOf(WORD);
    if (this.#take('\\')) return this.#escape();
    const character = this.#next();
    return { least: character.length, most: character.length, make: () => character };
  }

  #group(): Part {
    const isLooking = ['?=', '?!', '?<=', '?<!'].some((sign) => this.#take(sign));
    let number: number | undefined;
    if (!isLooking && !this.#take('?:')) {
      number = ++this.#groups;
      if (this.#take('?<')) while (this.#next() !== '>');
      else if (this.#peek('?')) throw this.#unsupported();
    }
    const inside = this.#alternatives();
    if (!this.#take(')')) throw this.#unsupported();
    if (isLooking) return NOTHING;
    if (number === undefined) return inside;
    const own = number;
    return { ...inside, make: (draw, length) => (draw.groups[own] = inside.make(draw, length)) };
  }

  #escape(): Part {
    const character = this.#next();
    if (/[bB]/.test(character)) return NOTHING;
    // How long it will be shows only when it is made: whoever asks for a length tries again.
    if (/[1-9]/.test(character)) return { ...NOTHING, make: ({ groups }) => groups[Number(character)] ?? '' };
    return this.#oneOf(this.#escaped(character));
  }

  /** The characters an escape stands for, in a class and outside. */
  #escaped(character: string): string {
    const plain = CLASSES[character] ?? ESCAPES[character];
    if (plain !== undefined) return plain;
    const inverse = CLASSES[character.toLowerCase()];
    if (inverse !== undefined) return without(PRINTABLE, inverse);
    if (character === 'x') return this.#code(2);
    if (character === 'u') return this.#take('{') ? this.#codePoint() : this.#code(4);
    if (character === 'p' && this.#take('{')) {
      let name = '';
      for (let each = this.#next(); each !== '}'; each = this.#next()) name += each;
      const characters = PROPERTIES[name.replace(/^.*=/, '')];
      if (characters === undefined) throw this.#unsupported();
      return characters;
    }
    if (/[a-zA-Z]/.test(character)) throw this.#unsupported();
    return character;
  }

  #code(length: number): string {
    const digits = Array.from({ length }, () => this.#next()).join('');
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #codePoint(): string {
    let digits = '';
    for (let each = this.#next(); each !== '}'; each = this.#next()) digits += each;
    return String.fromCodePoint(Number.parseInt(digits, 16));
  }

  #class(): string {
    const isInverse = this.#take('^');
    let characters = '';
    while (!this.#take(']')) {
      const from = this.#classMember();
      if (Array.from(from).length === 1 && this.#peek('-') && this.#source[this.#at + 1] !== ']') {
        this.#at++;
        characters += between(from, this.#classMember());
      } else characters += from;
    }
    return isInverse ? without(PRINTABLE, characters) : characters;
  }

  #classMember(): string {
    const character = this.#next();
    if (character !== '\\') return character;
    const escaped = this.#next();
    return escaped === 'b' ? '\b' : this.#escaped(escaped);
  }

  #oneOf(characters: string): Part {
    const options = Array.from(characters);
    if (options.length === 0) throw this.#unsupported();
    return oneOf(options);
  }
}

/** So many characters of a range as a test needs. */
const MAX_OF_RANGE = 256;

function between(from: string, to: string): string {
  const first = from.codePointAt(0) ?? 0;
  const last = Math.min(to.codePointAt(0) ?? first, first + MAX_OF_RANGE);
  let characters = '';
  for (let code = first; code <= last; code++) characters += String.fromCodePoint(code);
  return characters;
}

function without(characters: string, excluded: string): string {
  return Array.from(characters)
    .filter((character) => !excluded.includes(character))
    .join('');
}
