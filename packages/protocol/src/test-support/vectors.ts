// Vectors: reads a file of packages/protocol/vectors as any implementation would. For the tests of this
// package and of the client; not part of any door.
import { readFileSync } from 'node:fs';

/** What every vector has. */
export interface Vector {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
}

/** A text that may be long, or not well-formed: pieces, some of them repeated, or UTF-16 code units. */
export type Text =
  | string
  | { readonly utf16: readonly string[] }
  | readonly (string | { readonly repeat: string; readonly times: number })[];

/** The text that pieces stand for; `{}` in a repeated piece is the number of the repetition, from 0. */
export function textOf(text: Text): string {
  if (typeof text === 'string') return text;
  if ('utf16' in text) return String.fromCharCode(...text.utf16.map((unit) => Number.parseInt(unit, 16)));
  return text
    .map((piece) =>
      typeof piece === 'string'
        ? piece
        : Array.from({ length: piece.times }, (_, at) => piece.repeat.replaceAll('{}', String(at))).join(''),
    )
    .join('');
}

/** Vectors with their titles, ready for `test.each`. */
export const titled = <V extends Vector>(vectors: readonly V[]) =>
  vectors.map((vector) => [`${vector.rule} ${vector.id}: ${vector.name}`, vector] as const);

/** The vectors of a file. */
export function vectorsOf<Shape>(file: string): readonly (Vector & Shape)[] {
  const url = new URL(`../../vectors/v1/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: (Vector & Shape)[] }).vectors;
}
