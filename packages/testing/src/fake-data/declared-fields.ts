// Declared fields: which fields an object may have by its schema, also those a value has left out.
import { defOf } from '@tickwire/protocol/lint';

/** Whether a schema, or one that may stand for it, declares a field. */
export function declaresField(schema: unknown, field: string): boolean {
  const def = defOf(schema);
  const declares = (part: unknown): boolean => declaresField(part, field);
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def['shape'] as object, field);
    case 'union':
      return (def['options'] as readonly unknown[]).some(declares);
    case 'intersection':
      return declares(def['left']) || declares(def['right']);
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'readonly':
      return declares(def['innerType']);
    case 'lazy':
      return declares((def['getter'] as () => unknown)());
    default:
      return false;
  }
}
