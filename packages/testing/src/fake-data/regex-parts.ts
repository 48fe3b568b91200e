// Regex parts: what an expression consists of, each of which knows how short and how long its texts may be, so that a text
// of a wanted length can be made. Knows no syntax.
import type { SeededRandom } from '../random/seeded-random.js';

/** One text in the making. */
export interface Draw {
  readonly random: SeededRandom;
  /** What groups have matched, by number. */
  readonly groups: string[];
}

/** A part of an expression. */
export interface Part {
  /** Its shortest text. */
  readonly least: number;
  readonly most: number;
  /** @param length of the text, as nearly as it can be; without it any usual one. */
  make(draw: Draw, length?: number): string;
}

/** One of several characters. */
export function oneOf(characters: readonly string[]): Part {
  const lengths = characters.map((character) => character.length);
  return {
    least: Math.min(...lengths),
    most: Math.max(...lengths),
    make: ({ random }) => random.pick(characters),
  };
}

/** One of several parts: of those that can be as long as wanted, or of all. */
export function alternatives(options: readonly Part[]): Part {
  return {
    least: Math.min(...options.map(({ least }) => least)),
    most: Math.max(...options.map(({ most }) => most)),
    make(draw, length) {
      const fitting =
        length === undefined ? [] : options.filter(({ least, most }) => least <= length && length <= most);
      return draw.random.pick(fitting.length === 0 ? options : fitting).make(draw, length);
    },
  };
}

/** One part after the other. */
export function sequence(parts: readonly Part[]): Part {
  return {
    least: parts.reduce((sum, { least }) => sum + least, 0),
    most: parts.reduce((sum, { most }) => sum + most, 0),
    make(draw, length) {
      const lengths = length === undefined ? [] : shared(draw.random, parts, length);
      return parts.map((part, at) => part.make(draw, lengths[at])).join('');
    },
  };
}

/** How often a part may come. */
export interface Counts {
  readonly least: number;
  /** Where no length is wanted. */
  readonly usual: number;
  readonly most: number;
}

/** A part several times. */
export function repeated(part: Part, { least, usual, most }: Counts): Part {
  return {
    least: least * part.least,
    // Of nothing there may be any number.
    most: part.most === 0 || most === 0 ? 0 : part.most * most,
    make(draw, length) {
      if (length === undefined) {
        const count = draw.random.int(least, usual);
        return Array.from({ length: count }, () => part.make(draw)).join('');
      }
      const fewest = clamped(part.most === 0 ? least : Math.ceil(length / part.most), least, most);
      const greatest = clamped(part.least === 0 ? usual : Math.floor(length / part.least), fewest, most);
      const count = draw.random.int(fewest, greatest);
      return sequence(Array.from({ length: count }, () => part)).make(draw, length);
    },
  };
}

/** Shares a length among parts: each gets what it needs, and the rest falls to those that have room, by chance. */
function shared(random: SeededRandom, parts: readonly Part[], length: number): readonly number[] {
  const lengths = parts.map(({ least }) => least);
  let rest = length - lengths.reduce((sum, each) => sum + each, 0);
  const open = parts.map((_, at) => at).filter((at) => hasRoom(parts, lengths, at));
  while (rest > 0 && open.length > 0) {
    const next = random.int(0, open.length - 1);
    const at = open[next] ?? 0;
    lengths[at] = (lengths[at] ?? 0) + 1;
    rest--;
    if (!hasRoom(parts, lengths, at)) open.splice(next, 1);
  }
  return lengths;
}

function hasRoom(parts: readonly Part[], lengths: readonly number[], at: number): boolean {
  return (lengths[at] ?? 0) < (parts[at]?.most ?? 0);
}

function clamped(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
