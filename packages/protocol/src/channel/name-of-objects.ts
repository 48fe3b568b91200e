// Names of objects: names that every JavaScript object gives a meaning, so that no contract may use them.

/** Names that mean something to every object, refused wherever a contract gives names. */
const NAMES_OF_OBJECTS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether a name is one that objects have by themselves (`constructor`), so that no contract may use it. */
export function isNameOfObjects(name: string): boolean {
  return NAMES_OF_OBJECTS.has(name);
}
