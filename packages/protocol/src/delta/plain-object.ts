// Plain objects: what may be patched field by field, and how to write a field that nobody can turn into a prototype.

/** A JSON object: neither null, nor an array, nor an instance of a class. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object. Everything else is sent whole (P-DATA-3). */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Writes an own field, also one that is called `__proto__` (P-FRAME-6). */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}
