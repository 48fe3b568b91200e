// JSON values: copies and compares what is published. What a server is given is copied, so that nobody can change it
// afterwards; one pass costs about as much as validating did, once a publication whatever the fan-out, and freezing
// would cost every reader of the copy.
import { isPlainObject, setOwn } from '@tickwire/protocol';

/** Deepest nesting a published value may have; deeper ones are refused before anything recurses (P-FRAME-4). */
export const MAX_VALUE_DEPTH = 30;

/** Why a value is not JSON. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/**
 * A copy of a JSON value that shares nothing with it. Fields that are `undefined` are dropped, `-0` becomes `0`.
 * @throws NotJson for what JSON cannot say: other numbers than finite ones, instances of classes, functions, bigint,
 * symbols, holes, texts and names with half a surrogate pair (P-MODEL-4), and anything deeper than {@link MAX_VALUE_DEPTH}.
 */
export function copyJson(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new NotJson('a number is not finite');
      return value === 0 ? 0 : value;
    case 'object':
      if (value === null) return null;
      if (depth === MAX_VALUE_DEPTH) throw new NotJson(`it is nested more than ${MAX_VALUE_DEPTH} deep`);
      return Array.isArray(value) ? copyArray(value, depth) : copyObject(value, depth);
    default:
      throw new NotJson(`it holds a value of type ${typeof value}`);
  }
}

function copyArray(values: readonly unknown[], depth: number): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < values.length; index++) copy.push(copyJson(values[index], depth + 1));
  return copy;
}

function copyObject(value: object, depth: number): Record<string, unknown> {
  if (!isPlainObject(value)) throw new NotJson('it holds an instance of a class');
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = value[key];
    if (field !== undefined) setOwn(copy, wellFormed(key), copyJson(field, depth + 1));
  }
  return copy;
}

/** Encoded, half a surrogate pair would become another text, and two names might become one. */
function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new NotJson('a text holds half a surrogate pair');
  return text;
}

/** Whether two JSON values are the same; the order of fields does not count. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!isSameJson(a[index], b[index])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  for (const key of keys) if (!Object.hasOwn(right, key) || !isSameJson(left[key], right[key])) return false;
  return true;
}
