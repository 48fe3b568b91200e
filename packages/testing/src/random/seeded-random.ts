// Seeded random: the same numbers for the same seed on every machine (sfc32). Not for secrets.
import type { Random } from '@tickwire/protocol';

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ID_LENGTH = 22;

/** A reproducible source of randomness, with the draws that test scenarios need. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any number or text; equal seeds give equal draws. */
  constructor(seed: number | string) {
    const text = String(seed);
    this.#a = hash(text, 0x9e3779b9);
    this.#b = hash(text, 0x243f6a88);
    this.#c = hash(text, 0xb7e15162);
    for (let i = 0; i < 15; i++) this.#next();
  }

  float(): number {
    return this.#next() / 0x1_0000_0000;
  }

  id(): string {
    let id = '';
    for (let i = 0; i < ID_LENGTH; i++) id += ID_ALPHABET.charAt(this.#next() >>> 26);
    return id;
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.float() * (max - min + 1));
  }

  /** `true` with this probability. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /**
   * One of the items.
   * @throws RangeError where there are none.
   */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined && items.length === 0) throw new RangeError('pick: nothing to pick from.');
    return item as Item;
  }

  /** Independent source; its draws and this one's do not disturb each other. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#a}/${this.#b}/${this.#c}/${name}`);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}

/** FNV-1a with a finaliser; `basis` makes independent words of one text. */
function hash(text: string, basis: number): number {
  let word = basis;
  for (let i = 0; i < text.length; i++) word = Math.imul(word ^ text.charCodeAt(i), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
