// Own expressions: the regular expressions of a format that the application wrote, and not Zod. For the linter and the
// identity.
import * as z from 'zod/mini';
import { defOf } from '../contract/schema-def.js';

/** An expression the application wrote, and what the format uses it for. */
export interface OwnExpression {
  readonly role: 'pattern' | 'hostname' | 'protocol';
  readonly expression: RegExp;
}

/** What Zod gives to formats by name: `z.hostname()`, `z.hex()`, `z.httpUrl()`. */
const OF_ZOD: ReadonlySet<string> = new Set(
  Object.values<unknown>(z.regexes)
    .filter((each) => each instanceof RegExp)
    .map(String),
);

/**
 * The application's expressions in a check of a string's format.
 * @param check a check, or a schema that is one: `z.email()`.
 */
export function ownExpressions(check: unknown): readonly OwnExpression[] {
  const def = defOf(check);
  const own: OwnExpression[] = [];
  for (const role of ['pattern', 'hostname', 'protocol'] as const) {
    const expression = def[role];
    if (!(expression instanceof RegExp)) continue;
    if (def['format'] !== 'regex') {
      if (OF_ZOD.has(String(expression))) continue;
      if (role === 'pattern' && String(expression) === String(patternWithout(check))) continue;
    }
    own.push({ role, expression });
  }
  return own;
}

/** What the format's expression is where none is given: the reader's Zod knows, which need not be the one of this package. */
function patternWithout(check: unknown): unknown {
  const { constr, def } = (check as { readonly _zod: Internals })._zod;
  // A format the application made has no other.
  if (typeof constr !== 'function' || typeof def['fn'] === 'function') return undefined;
  try {
    return new constr({ ...def, pattern: undefined, checks: [] })._zod.def['pattern'];
  } catch {
    return undefined;
  }
}

interface Internals {
  readonly def: Readonly<Record<string, unknown>>;
  readonly constr?: new (def: object) => { readonly _zod: Internals };
}
