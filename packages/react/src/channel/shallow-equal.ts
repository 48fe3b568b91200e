// Shallow equality: what inline selectors such as `(p) => ({ bid: p.bid })` need, so that equal parts make no render.

/**
 * Whether two values are the same, or are plain objects or arrays with the same values one level down. Maps, Sets and
 * instances of classes are equal only to themselves.
 */
export function shallowEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  const kind: unknown = Object.getPrototypeOf(a);
  if (
    kind !== Object.getPrototypeOf(b) ||
    (!Array.isArray(a) && kind !== Object.prototype && kind !== null)
  ) {
    return false;
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
