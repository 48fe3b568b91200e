// Vector text: a text of a vector that may be long, written as pieces.

/** A text, or pieces of it: `{}` in a repeated piece is the number of the repetition, from 0. */
export type VectorText = string | readonly (string | { readonly repeat: string; readonly times: number })[];

/** The text that pieces stand for; one newline at the end of repeated lines is allowed to stay (P-FRAME-2). */
export function textOf(text: VectorText): string {
  if (typeof text === 'string') return text;
  return text
    .map((piece) =>
      typeof piece === 'string'
        ? piece
        : Array.from({ length: piece.times }, (_, at) => piece.repeat.replaceAll('{}', String(at))).join(''),
    )
    .join('');
}
