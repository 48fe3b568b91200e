// Schema maker: values that a Zod schema takes. Made by its definition, and then tried with the schema itself; where none
// is found the error says where, and what to do.
import { safeParse, type $ZodType } from 'zod/v4/core';
import type { SeededRandom } from '../random/seeded-random.js';
import { numberMaker } from './number-maker.js';
import { checksOf, defOf, patternOf, type SchemaDef } from '@tickwire/protocol/lint';
import { regexMaker } from './regex-maker.js';
import { SchemaDepth } from './schema-depth.js';
import { stringMaker } from './string-maker.js';

/** Makes one value instead of the schema's own way. */
export type MakeValue = (random: SeededRandom) => unknown;

const MAX_ATTEMPTS = 200;
/** Nesting beyond which whatever may be left out is. */
const MAX_DEPTH = 5;
/** Nesting that only a schema reaches which must hold itself. */
const MAX_NESTING = 200;
const MAX_MORE_ELEMENTS = 3;
const MAX_RECORD_KEYS = 3;

type Draw = (random: SeededRandom, depth: number) => unknown;

/** Stands for a field that is not there. */
const ABSENT = Symbol('absent');

/** No value was found; told with the place. */
class Unmakeable extends TypeError {}

/** Not {@link Unmakeable}: to try other options on all levels would take for ever. */
class Endless extends Error {}

/** Makes values of schemas. */
export class SchemaMaker {
  readonly #overrides: ReadonlyMap<string, MakeValue>;
  readonly #draws = new Map<unknown, Map<string, Draw>>();
  readonly #depth = new SchemaDepth();

  /** @param overrides by place: `trades/{symbol}.id`, `placeOrder.input.legs[].price`. */
  constructor(overrides: Readonly<Record<string, MakeValue>>) {
    this.#overrides = new Map(Object.entries(overrides));
  }

  /**
   * A value that the schema takes.
   * @throws TypeError where none can be found.
   */
  make(schema: unknown, place: string, random: SeededRandom): unknown {
    try {
      const value = this.#drawOf(schema, place)(random, 0);
      return value === ABSENT ? undefined : value;
    } catch (error) {
      if (!isEndless(error)) throw error;
      throw unmakeable(place, 'a schema in it holds itself without an end');
    }
  }

  /** Prepared once for each place: expressions and bounds are read once. */
  #drawOf(schema: unknown, place: string): Draw {
    const places = this.#draws.get(schema) ?? new Map<string, Draw>();
    this.#draws.set(schema, places);
    const known = places.get(place);
    if (known !== undefined) return known;
    const draw = this.#prepare(schema, place);
    places.set(place, draw);
    return draw;
  }

  #prepare(schema: unknown, place: string): Draw {
    const def = defOf(schema);
    const own = this.#overrides.get(place);
    const draw = own ?? this.#drawByType(schema, def, place);
    const isTried = own !== undefined || checksOf(def).length > 0 || TRIED.has(def.type);
    if (!isTried) return draw;
    return (random, depth) => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const value = draw(random, depth);
        if (value === ABSENT || safeParse(schema as $ZodType, value).success) return value;
      }
      throw own === undefined
        ? unmakeable(place, `none of ${MAX_ATTEMPTS} values that were made fits the schema`)
        : new Unmakeable(`Fake data: what overrides["${place}"] makes does not fit the schema.`);
    };
  }

  #drawByType(schema: unknown, def: SchemaDef, place: string): Draw {
    switch (def.type) {
      case 'string':
        return prepared(place, () => stringMaker(def));
      case 'template_literal':
        return prepared(place, () => regexMaker(patternOf(schema) ?? /(?:)/));
      case 'number':
      case 'int':
        return numberMaker(def);
      case 'boolean':
        return (random) => random.chance(0.5);
      case 'null':
        return () => null;
      case 'any':
      case 'unknown':
        return (random) => random.pick([null, true, 'text', random.int(0, 100)]);
      case 'literal': {
        const values = def['values'] as readonly unknown[];
        return (random) => random.pick(values);
      }
      case 'enum': {
        const values = enumValues(def);
        return (random) => random.pick(values);
      }
      case 'object':
        return this.#object(def, place);
      case 'record':
        return this.#record(def, place);
      case 'array':
        return this.#array(def, place);
      case 'tuple':
        return this.#tuple(def, place);
      case 'union':
        return this.#union(def, place);
      case 'intersection': {
        const [left, right] = [this.#lazily(def['left'], place), this.#lazily(def['right'], place)];
        return (random, depth) => merged(left(random, depth), right(random, depth));
      }
      case 'optional': {
        const inner = this.#lazily(def['innerType'], place);
        return (random, depth) => (depth >= MAX_DEPTH || random.chance(0.2) ? ABSENT : inner(random, depth));
      }
      case 'nullable': {
        const inner = this.#lazily(def['innerType'], place);
        return (random, depth) => (depth >= MAX_DEPTH || random.chance(0.2) ? null : inner(random, depth));
      }
      case 'nonoptional': {
        const inner = this.#lazily(def['innerType'], place);
        return (random, depth) => {
          for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            const value = inner(random, Math.min(depth, MAX_DEPTH - 1));
            if (value !== ABSENT) return value;
          }
          throw unmakeable(place, 'it is never there');
        };
      }
      case 'default':
      case 'prefault':
      case 'readonly':
        return this.#lazily(def['innerType'], place);
      case 'lazy':
        return this.#lazily((def['getter'] as () => unknown)(), place);
      default:
        return () => {
          throw unmakeable(place, `a schema of type ${def.type} cannot be made`);
        };
    }
  }

  /** Prepares at the first draw, so that schemas may hold themselves. */
  #lazily(schema: unknown, place: string): Draw {
    return (random, depth) => {
      if (depth > MAX_NESTING) throw new Endless();
      return this.#drawOf(schema, place)(random, depth);
    };
  }

  #object(def: SchemaDef, place: string): Draw {
    const fields = Object.entries(def['shape'] as Readonly<Record<string, unknown>>).map(
      ([name, schema]) => [name, this.#lazily(schema, place + fieldPath(name))] as const,
    );
    return (random, depth) => {
      const made: Record<string, unknown> = {};
      for (const [name, draw] of fields) {
        const value = draw(random, depth + 1);
        if (value !== ABSENT) setField(made, name, value);
      }
      return made;
    };
  }

  #record(def: SchemaDef, place: string): Draw {
    const key = this.#lazily(def['keyType'], `${place}{key}`);
    const value = this.#lazily(def['valueType'], `${place}{}`);
    const keyDef = defOf(def['keyType']);
    // A record over an enum has all its keys.
    const all =
      keyDef.type === 'enum'
        ? enumValues(keyDef)
        : keyDef.type === 'literal'
          ? (keyDef['values'] as readonly unknown[])
          : undefined;
    return (random, depth) => {
      const made: Record<string, unknown> = {};
      const keys =
        all ??
        Array.from({ length: depth >= MAX_DEPTH ? 0 : random.int(0, MAX_RECORD_KEYS) }, () =>
          key(random, depth + 1),
        );
      for (const name of keys) {
        const each = value(random, depth + 1);
        if (each !== ABSENT) setField(made, String(name), each);
      }
      return made;
    };
  }

  #array(def: SchemaDef, place: string): Draw {
    const element = this.#lazily(def['element'], `${place}[]`);
    let least = 0;
    let most = Infinity;
    for (const check of checksOf(def)) {
      if (check.check === 'min_length') least = Number(check['minimum']);
      else if (check.check === 'max_length') most = Number(check['maximum']);
      else if (check.check === 'length_equals') least = most = Number(check['length']);
    }
    return (random, depth) => {
      const greatest = depth >= MAX_DEPTH ? least : Math.min(most, least + MAX_MORE_ELEMENTS);
      return Array.from({ length: random.int(least, greatest) }, () => element(random, depth + 1)).map(
        (value) => (value === ABSENT ? null : value),
      );
    };
  }

  #tuple(def: SchemaDef, place: string): Draw {
    const items = (def['items'] as readonly unknown[]).map((item, at) =>
      this.#lazily(item, `${place}[${at}]`),
    );
    return (random, depth) => items.map((item) => item(random, depth + 1));
  }

  #union(def: SchemaDef, place: string): Draw {
    const options = (def['options'] as readonly unknown[]).map((schema) => ({
      schema,
      draw: this.#lazily(schema, place),
    }));
    // Options may hold the union: they are looked at when all of it is there.
    let least: readonly number[] | undefined;
    return (random, depth) => {
      least ??= options.map(({ schema }) => this.#depth.least(schema));
      const from = random.int(0, options.length - 1);
      const turned = [...options.keys()].map((more) => (from + more) % options.length);
      const leastOf = (at: number): number => least?.[at] ?? Infinity;
      // What never ends is the last choice; and when it is deep enough, what ends soonest is the first.
      turned.sort((a, b) =>
        depth >= MAX_DEPTH
          ? compare(leastOf(a), leastOf(b))
          : Number(leastOf(a) === Infinity) - Number(leastOf(b) === Infinity),
      );
      let failure: unknown;
      // One that cannot be made is no obstacle while there is another.
      for (const at of turned) {
        try {
          return options[at]?.draw(random, depth);
        } catch (error) {
          if (!(error instanceof Unmakeable)) throw error;
          failure = error;
        }
      }
      throw failure;
    };
  }
}

/** Two infinities are equal, which their difference does not say. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** Also where nothing is nested: a schema that is itself overflows the stack. */
function isEndless(error: unknown): boolean {
  return error instanceof Endless || (error instanceof RangeError && /call stack/i.test(error.message));
}

/** Types whose values are tried even without a check: their making is not exact. */
const TRIED: ReadonlySet<string> = new Set([
  'template_literal',
  'intersection',
  'record',
  'union',
  'literal',
]);

function prepared(place: string, prepare: () => (random: SeededRandom) => unknown): Draw {
  try {
    return prepare();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return () => {
      throw unmakeable(place, error.message);
    };
  }
}

function unmakeable(place: string, why: string): Unmakeable {
  return new Unmakeable(
    `Fake data: no value for ${place}: ${why}. Say how it is made: overrides: { '${place}': (random) => … }.`,
  );
}

/** Values of an enum; a TypeScript enum of numbers also lists its names the other way round. */
function enumValues(def: SchemaDef): readonly unknown[] {
  const entries = def['entries'] as Readonly<Record<string, string | number>>;
  const numbers = Object.values(entries).filter((value) => typeof value === 'number');
  return Object.entries(entries)
    .filter(([name]) => !numbers.includes(Number(name)))
    .map(([, value]) => value);
}

function merged(left: unknown, right: unknown): unknown {
  const areObjects = [left, right].every((value) => typeof value === 'object' && value !== null);
  return areObjects ? { ...(left as object), ...(right as object) } : left;
}

/** Also a field called `__proto__` is a field. */
function setField(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function fieldPath(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
