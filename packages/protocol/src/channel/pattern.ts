// Pattern: `quotes/{symbol}` to id and back. Segment by segment in linear time; nothing from outside becomes a RegExp.
import { TickwireError } from '../error.js';
import { MAX_CHANNEL_ID_BYTES } from './id.js';
import { isNameOfObjects } from './name-of-objects.js';
import { decodeSegment, describeParamProblem, encodeSegment } from './segment.js';

/** Parameters of a channel by name; the values are plain text, not encoded. */
export type ChannelParams = Readonly<Record<string, string>>;

/** A pattern, ready to format and match. */
export interface CompiledPattern {
  /** The text it was made of. */
  readonly pattern: string;
  /** Names of the parameters, in their order. */
  readonly names: readonly string[];
  /** The literal segments; `null` where a parameter stands. */
  readonly literals: readonly (string | null)[];
  /**
   * The parameters of a channel id, as an object without a prototype; `null` if the id belongs to another pattern or
   * is not canonical (P-CHAN-4).
   */
  match(id: string): Record<string, string> | null;
  /**
   * The channel id of these parameters.
   * @throws TickwireError `bad_params` when one is missing, unknown, empty or holds what an id may not hold, or when
   * the id would be longer than {@link MAX_CHANNEL_ID_BYTES}.
   */
  format(params?: Readonly<Record<string, unknown>>): string;
}

const LITERAL = /^[A-Za-z0-9\-._~]+$/;
const CHANNEL_NAME = /^[A-Za-z][A-Za-z0-9\-._~]*$/;
const PARAM_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** What is wrong with the syntax of a pattern, as a sentence; `undefined` if nothing is. */
export function describePatternProblem(pattern: string): string | undefined {
  const said = `Channel pattern "${pattern}"`;
  if (pattern.length > MAX_CHANNEL_ID_BYTES) {
    return `${said} is longer than ${MAX_CHANNEL_ID_BYTES} characters: shorten it.`;
  }
  const segments = pattern.split('/');
  const seen = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const where = `${said}, segment ${index + 1}`;
    if (segment === '') return `${where}: is empty; remove the extra "/".`;
    if (index === 0) {
      if (!CHANNEL_NAME.test(segment)) {
        return `${where}: "${segment}" must be a name that begins with a letter and holds only A-Z a-z 0-9 - . _ ~.`;
      }
      continue;
    }
    const name = paramNameOf(segment);
    if (name === null) {
      if (!LITERAL.test(segment)) {
        return `${where}: "${segment}" must be a name of A-Z a-z 0-9 - . _ ~, or one parameter in braces like {symbol}.`;
      }
    } else if (!PARAM_NAME.test(name) || isNameOfObjects(name)) {
      return `${where}: "{${name}}" is no parameter name; use letters, digits and "_", beginning with a letter.`;
    } else if (seen.has(name)) {
      return `${where}: parameter "${name}" is there twice; give the second one another name.`;
    } else {
      seen.add(name);
    }
  }
  return undefined;
}

/**
 * Compiles a pattern.
 * @throws TypeError with a sentence when the syntax is wrong.
 */
export function compilePattern(pattern: string): CompiledPattern {
  const problem = describePatternProblem(pattern);
  if (problem !== undefined) throw new TypeError(problem);
  const segments = pattern.split('/');
  const paramNames = segments.map(paramNameOf);
  const literals = segments.map((segment, index) => (paramNames[index] === null ? segment : null));
  const names = paramNames.filter((name) => name !== null);

  function match(id: string): Record<string, string> | null {
    if (id.length > MAX_CHANNEL_ID_BYTES) return null;
    const parts = id.split('/');
    if (parts.length !== segments.length) return null;
    const params = Object.create(null) as Record<string, string>;
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] ?? '';
      const name = paramNames[index];
      if (name === null || name === undefined) {
        if (part !== literals[index]) return null;
        continue;
      }
      const param = decodeSegment(part);
      if (param === null) return null;
      params[name] = param;
    }
    return params;
  }

  function format(params: Readonly<Record<string, unknown>> = {}): string {
    const values = new Map<string, unknown>();
    for (const name of names) values.set(name, Object.hasOwn(params, name) ? params[name] : undefined);
    for (const [name, value] of values) {
      const wrong = describeParamProblem(value);
      if (wrong !== undefined) throw badParams(`parameter "${name}" ${wrong}`);
    }
    for (const name of Object.keys(params)) {
      if (!values.has(name)) throw badParams(`parameter "${name}" is not in the pattern`);
    }
    const id = segments
      .map((segment, index) => {
        const name = paramNames[index];
        return name === null || name === undefined ? segment : encodeSegment(String(values.get(name)));
      })
      .join('/');
    if (id.length > MAX_CHANNEL_ID_BYTES) {
      throw badParams(`the id has ${id.length} bytes and may have ${MAX_CHANNEL_ID_BYTES}`);
    }
    return id;

    function badParams(why: string): TickwireError {
      const shown = segments.map((segment, index) => {
        const value = values.get(paramNames[index] ?? '');
        if (paramNames[index] === null) return segment;
        return typeof value === 'string' ? printable(value) : '';
      });
      return new TickwireError(
        'bad_params',
        `Channel "${shown.join('/')}" does not match "${pattern}": ${why}.`,
      );
    }
  }

  return Object.freeze({
    pattern,
    names: Object.freeze(names),
    literals: Object.freeze(literals),
    match,
    format,
  });
}

/** Whether some id would match both patterns. */
export function patternsOverlap(a: CompiledPattern, b: CompiledPattern): boolean {
  if (a.literals.length !== b.literals.length) return false;
  return a.literals.every((literal, index) => {
    const other = b.literals[index] ?? null;
    return literal === null || other === null || literal === other;
  });
}

function paramNameOf(segment: string): string | null {
  return segment.startsWith('{') && segment.endsWith('}') ? segment.slice(1, -1) : null;
}

/** A value inside an error message: short, one line, nothing invisible. */
function printable(value: string): string {
  const short = value.length > 64 ? `${value.slice(0, 64).toWellFormed()}…` : value;
  return describeParamProblem(short) === undefined ? short : encodeURIComponent(short.toWellFormed());
}
