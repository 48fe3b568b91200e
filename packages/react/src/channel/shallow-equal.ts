// Shallow equality: what inline selectors such as `(p) => ({ bid: p.bid })` need, so that equal parts make no render.

/**
 * Whether two values are the same, or are plain objects or arrays with the same values one level down. Maps, Sets and
 * instances of classes are equal only to themselves.
 */
export function shallowEqual(a: unknown, b: unknown): boolean {
  return (
    Object.is(a, b) || (isPlain(a) && isPlain(b) && a.constructor === b.constructor && haveSameFields(a, b))
  );
}

type Fields = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Fields {
  const make = (value as Fields | null | undefined)?.['constructor'];
  return make === Object || make === Array;
}

function haveSameFields(a: Fields, b: Fields): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
  );
}
