// Same principal: whether two answers of `authenticate` name the same somebody, where the application has no name for them.
import { isPlainObject } from '@tickwire/protocol';

/** Data nested deeper than this is nobody's principal, or a circle. */
const MAX_DEPTH = 32;

/**
 * Whether two principals are equal as data. What is no plain data, an instance of a class say, is the same only as
 * itself: what makes it different may be where nobody sees it.
 */
export function isSamePrincipal(a: unknown, b: unknown, depth = 0): boolean {
  if (Object.is(a, b)) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => isSamePrincipal(item, b[index], depth + 1))
    );
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSamePrincipal(a[key], b[key], depth + 1))
  );
}
