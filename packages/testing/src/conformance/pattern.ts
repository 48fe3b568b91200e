// Pattern: what a vector says a frame must look like, and templates whose holes are filled by what was bound before.
// Knows no protocol; an integrator can write the same in an hour (packages/protocol/vectors/README.md).

/** Values that `$bind` caught, by name. */
export type Bindings = Map<string, unknown>;

type Matcher = (argument: unknown, value: unknown, bindings: Bindings) => string | null;

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return Number.isSafeInteger(value) ? 'integer' : typeof value;
};

const matchers: ReadonlyMap<string, Matcher> = new Map<string, Matcher>([
  ['$any', (_, value) => (value === undefined ? 'expected something, got nothing' : null)],
  ['$absent', (_, value) => (value === undefined ? null : `expected nothing, got ${show(value)}`)],
  [
    '$bind',
    (name, value, bindings) => {
      if (value === undefined) return 'expected something, got nothing';
      bindings.set(String(name), value);
      return null;
    },
  ],
  ['$ref', (name, value, bindings) => match(bindings.get(String(name)), value, bindings)],
  [
    '$not',
    (inner, value, bindings) =>
      match(inner, value, bindings) === null ? `must not be ${show(resolve(inner, bindings))}` : null,
  ],
  [
    '$oneOf',
    (options, value, bindings) =>
      (options as readonly unknown[]).some((option) => match(option, value, bindings) === null)
        ? null
        : `expected one of ${show(options)}, got ${show(value)}`,
  ],
  [
    '$type',
    (type, value) => {
      const is = typeOf(value);
      return is === type || (type === 'number' && is === 'integer')
        ? null
        : `expected a value of type ${String(type)}, got ${show(value)}`;
    },
  ],
  [
    '$atLeast',
    (least, value) =>
      typeof value === 'number' && value >= Number(least)
        ? null
        : `expected at least ${show(least)}, got ${show(value)}`,
  ],
  [
    '$atMost',
    (most, value) =>
      typeof value === 'number' && value <= Number(most)
        ? null
        : `expected at most ${show(most)}, got ${show(value)}`,
  ],
  [
    '$contains',
    (inner, value, bindings) =>
      Array.isArray(value) && value.some((item) => match(inner, item, bindings) === null)
        ? null
        : `expected a list with ${show(inner)}, got ${show(value)}`,
  ],
  [
    '$lacks',
    (text, value) =>
      show(value).includes(String(text)) ? `must not hold ${show(text)}, got ${show(value)}` : null,
  ],
  [
    '$exactly',
    (template, value, bindings) => {
      const exact = resolve(template, bindings);
      return equal(exact, value) ? null : `expected ${show(exact)}, got ${show(value)}`;
    },
  ],
]);

/** The matcher of `{"$name": argument}`; `null` for any other value. */
function matcherOf(pattern: unknown): readonly [Matcher, unknown] | null {
  if (!isObject(pattern)) return null;
  const [entry, ...more] = Object.entries(pattern);
  const matcher = entry && more.length === 0 ? matchers.get(entry[0]) : undefined;
  return matcher && entry ? [matcher, entry[1]] : null;
}

/**
 * Whether `value` is as `pattern` says. Objects may have more members than the pattern names (P-EXT-1); lists have its
 * length.
 * @returns what is wrong, with its place; `null` if nothing is.
 */
export function match(pattern: unknown, value: unknown, bindings: Bindings): string | null {
  const special = matcherOf(pattern);
  if (special !== null) return special[0](special[1], value, bindings);
  if (Array.isArray(pattern)) {
    if (!Array.isArray(value)) return `expected a list, got ${show(value)}`;
    if (value.length !== pattern.length)
      return `expected a list of ${pattern.length}, got ${value.length}: ${show(value)}`;
    for (const [at, inner] of pattern.entries()) {
      const wrong = match(inner, value[at], bindings);
      if (wrong !== null) return `[${at}] ${wrong}`;
    }
    return null;
  }
  if (isObject(pattern)) {
    if (!isObject(value)) return `expected an object, got ${show(value)}`;
    for (const [name, inner] of Object.entries(pattern)) {
      const wrong = match(inner, Object.hasOwn(value, name) ? value[name] : undefined, bindings);
      if (wrong !== null) return `${name}: ${wrong}`;
    }
    return null;
  }
  return Object.is(pattern, value) || (pattern === 0 && value === 0)
    ? null
    : `expected ${show(pattern)}, got ${show(value)}`;
}

/** A template with every `{"$ref": name}` replaced by what was bound. */
export function resolve(template: unknown, bindings: Bindings): unknown {
  if (Array.isArray(template)) return template.map((inner) => resolve(inner, bindings));
  if (!isObject(template)) return template;
  const keys = Object.keys(template);
  if (keys.length === 1 && keys[0] === '$ref') return bindings.get(String(template['$ref']));
  // `fromEntries` defines own members, also one that is called `__proto__` (P-FRAME-6).
  return Object.fromEntries(
    Object.entries(template).map(([name, inner]) => [name, resolve(inner, bindings)]),
  );
}

/** Whether two JSON values are the same, whatever the order of names. */
export function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => equal(item, b[at]));
  if (!isObject(a)) return Object.is(a, b) || (a === 0 && b === 0);
  if (!isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]))
  );
}
