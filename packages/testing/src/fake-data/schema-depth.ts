// Schema depth: how deep a value of a schema must at least be, so that what holds itself can be brought to an end.
import { defOf, type SchemaDef } from '@tickwire/protocol/lint';

/** Schemas within schemas; beyond it something holds itself without an end. */
const MAX_STEPS = 40;

/** Knows of schemas how soon they may end. */
export class SchemaDepth {
  /** How many steps are enough for a schema, and how many too few, as far as was asked. */
  readonly #enough = new Map<unknown, number>();
  readonly #tooFew = new Map<unknown, number>();
  readonly #inner = new Map<unknown, unknown>();

  /** How many schemas lie within each other in the flattest value; `Infinity` where no value ends. */
  least(schema: unknown): number {
    for (let steps = 0; steps <= MAX_STEPS; steps++) if (this.#ends(schema, steps)) return steps;
    return Infinity;
  }

  #ends(schema: unknown, steps: number): boolean {
    if (steps >= (this.#enough.get(schema) ?? Infinity)) return true;
    if (steps < 0 || steps <= (this.#tooFew.get(schema) ?? -1)) return false;
    const ends = this.#partsEnd(schema, defOf(schema), steps - 1);
    (ends ? this.#enough : this.#tooFew).set(schema, steps);
    return ends;
  }

  #partsEnd(schema: unknown, def: SchemaDef, steps: number): boolean {
    const end = (part: unknown): boolean => this.#ends(part, steps);
    switch (def.type) {
      case 'object':
        return Object.values(def['shape'] as Readonly<Record<string, unknown>>).every(end);
      case 'tuple':
        return (def['items'] as readonly unknown[]).every(end);
      case 'union':
        return (def['options'] as readonly unknown[]).some(end);
      case 'intersection':
        return end(def['left']) && end(def['right']);
      case 'array':
        return mayBeEmpty(schema) || end(def['element']);
      case 'default':
      case 'prefault':
      case 'readonly':
        return end(def['innerType']);
      case 'nonoptional': {
        const inner = defOf(def['innerType']);
        return end(inner.type === 'optional' ? inner['innerType'] : def['innerType']);
      }
      case 'lazy':
        return end(this.#within(schema, def));
      default:
        // Texts and numbers; and what may be left out, null or empty.
        return true;
    }
  }

  /** Asked once: a getter may make another schema each time. */
  #within(schema: unknown, def: SchemaDef): unknown {
    const inner = this.#inner.get(schema) ?? (def['getter'] as () => unknown)();
    this.#inner.set(schema, inner);
    return inner;
  }
}

function mayBeEmpty(schema: unknown): boolean {
  const { minimum, length } = (
    schema as { readonly _zod: { readonly bag: Readonly<Record<string, unknown>> } }
  )._zod.bag;
  return Number(length ?? minimum ?? 0) === 0;
}
