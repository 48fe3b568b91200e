// Schema description: a Zod schema in a form of our own, the same for classic and mini, for every minor version of Zod
// and for every order in which it can be written. Says what is accepted; leaves out what people read.
import { checksOf, defOf, enumValuesOf, schemasIn, type SchemaDef, shapeOf } from '../contract/schema-def.js';
import { canonicalJson, type JsonValue } from './canonical-json.js';

/** One node of a description. */
export type SchemaDescription = { readonly [name: string]: JsonValue };

/**
 * Revision of the descriptions, part of every hash. It also stands for what the named formats (`uuid`, `email`, ...)
 * accept: their expressions are Zod's and are not part of a description.
 */
export const DESCRIPTION_REVISION = 1;

/** Options of named formats that change what they accept. */
const FORMAT_OPTIONS = [
  'version',
  'precision',
  'offset',
  'local',
  'alg',
  'delimiter',
  'prefix',
  'includes',
  'suffix',
  'position',
];

/** Describes a schema. Recursion is written as `{ "type": "ref", "up": n }`, n schemas upwards. */
export function describeSchema(schema: unknown): SchemaDescription {
  return describe(schema, []);
}

type Description = Record<string, JsonValue>;

function describe(schema: unknown, above: readonly unknown[]): Description {
  const { core, nullable, optional, hasDefault } = peel(schema, above);
  const description = above.includes(core) ? reference(core, above) : describeCore(core, [...above, core]);
  return {
    ...description,
    ...(nullable && description['type'] !== 'null' ? { nullable: true } : {}),
    ...(optional ? { optional: true } : {}),
    ...(hasDefault ? { default: true } : {}),
  };
}

/** Wrappers in whatever order they were written. A default's value may be computed, so only its being there counts. */
function peel(schema: unknown, above: readonly unknown[]) {
  let core = schema;
  let nullable = false;
  let optional = false;
  let hasDefault = false;
  for (;;) {
    const def = defOf(core);
    if (def.type === 'nullable') nullable = true;
    else if (def.type === 'optional') optional = true;
    else if (def.type === 'nonoptional') optional = false;
    else if (def.type === 'default' || def.type === 'prefault') hasDefault = true;
    else if (def.type === 'lazy' && !above.includes(core)) {
      core = lazyInner(core, def);
      continue;
    } else if (def.type === 'union') {
      const options = flatten(core);
      const others = options.filter((option) => defOf(option).type !== 'null');
      if (others.length === options.length || others.length !== 1) break;
      nullable = true;
      core = others[0];
      continue;
    } else if (def.type !== 'readonly') break;
    core = def['innerType'];
  }
  return { core, nullable, optional, hasDefault };
}

function reference(core: unknown, above: readonly unknown[]): Description {
  return { type: 'ref', up: above.length - above.lastIndexOf(core) };
}

function describeCore(schema: unknown, above: readonly unknown[]): Description {
  const def = defOf(schema);
  const inside = (child: unknown): Description => describe(child, above);
  const checks = describeChecks(def);
  switch (def.type) {
    case 'object':
      return {
        type: 'object',
        fields: Object.fromEntries(
          Object.entries(shapeOf(def)).map(([name, field]) => [name, inside(field)]),
        ),
        others:
          def['catchall'] === undefined || def['catchall'] === null ? 'ignored' : inside(def['catchall']),
        ...checks,
      };
    case 'array':
      return { type: 'array', items: inside(def['element']), ...checks };
    case 'tuple':
      return {
        type: 'tuple',
        items: schemasIn(def, 'items').map(inside),
        ...(def['rest'] === undefined || def['rest'] === null ? {} : { rest: inside(def['rest']) }),
        ...checks,
      };
    case 'record':
      return {
        type: 'record',
        key: inside(def['keyType']),
        value: inside(def['valueType']),
        ...(isPartialRecord(def) ? { partial: true } : {}),
        ...(def['mode'] === 'loose' ? { loose: true } : {}),
        ...checks,
      };
    case 'enum':
      return { type: 'enum', values: sorted(enumValuesOf(def)), ...checks };
    case 'literal':
      return {
        type: 'enum',
        values: sorted((def['values'] as readonly unknown[]).map(literalValue)),
        ...checks,
      };
    case 'union':
      return { ...describeUnion(schema, inside), ...checks };
    case 'intersection':
      return { type: 'intersection', of: sorted([inside(def['left']), inside(def['right'])]), ...checks };
    case 'pipe':
      return { type: 'pipe', in: inside(def['in']), out: inside(def['out']), ...checks };
    case 'template_literal':
      return {
        type: 'template',
        parts: (def['parts'] as readonly unknown[]).map((part) => templatePart(part, inside)),
      };
    case 'lazy':
      return inside(lazyInner(schema, def));
    default:
      return {
        type: def.type,
        ...(def['coerce'] === true ? { coerce: true } : {}),
        ...('innerType' in def ? { of: inside(def['innerType']) } : {}),
        ...checks,
      };
  }
}

function describeUnion(schema: unknown, inside: (child: unknown) => Description): Description {
  const values: JsonValue[] = [];
  const others: Description[] = [];
  let nullable = false;
  for (const option of flatten(schema)) {
    const description = inside(option);
    const { type } = description;
    if (type === 'null') nullable = true;
    else if (type === 'enum' && Object.keys(description).length === 2)
      values.push(...(description['values'] as JsonValue[]));
    else others.push(description);
  }
  if (values.length > 0) others.push({ type: 'enum', values: sorted([...new Set(values)]) });
  const flags: Description = nullable ? { nullable: true } : {};
  const [only] = others;
  return others.length === 1 && only !== undefined
    ? { ...only, ...flags }
    : { type: 'union', of: sorted(others), ...flags };
}

/** The options of a union, those of unions inside it among them. */
function flatten(schema: unknown): readonly unknown[] {
  const def = defOf(schema);
  if (def.type !== 'union' || (Array.isArray(def['checks']) && def['checks'].length > 0)) return [schema];
  return schemasIn(def, 'options').flatMap(flatten);
}

/** Checks that JSON readers could make too, and a mark where there are others; the tightest of each. */
function describeChecks(def: SchemaDef): Description {
  const result: Description = {};
  const formats: JsonValue[] = [];
  const tighten = (name: string, value: unknown, pick: (...values: number[]) => number): void => {
    const known = result[name];
    if (typeof value === 'number') result[name] = typeof known === 'number' ? pick(known, value) : value;
  };
  for (const check of checksOf(def)) {
    switch (check.check) {
      case 'min_length':
        tighten('minLength', check['minimum'], Math.max);
        break;
      case 'max_length':
        tighten('maxLength', check['maximum'], Math.min);
        break;
      case 'length_equals':
        tighten('minLength', check['length'], Math.max);
        tighten('maxLength', check['length'], Math.min);
        break;
      case 'greater_than':
        tighten(check['inclusive'] === true ? 'minimum' : 'above', check['value'], Math.max);
        break;
      case 'less_than':
        tighten(check['inclusive'] === true ? 'maximum' : 'below', check['value'], Math.min);
        break;
      case 'number_format':
        formats.push(check['format'] === 'safeint' ? 'int' : String(check['format']));
        break;
      case 'multiple_of':
        formats.push({ multipleOf: Number(check['value']) });
        break;
      case 'string_format':
        formats.push(describeFormat(check));
        break;
      // What people read, not what is accepted.
      case 'describe':
      case 'meta':
        break;
      // Code cannot be compared; that there is some can.
      default:
        result['refined'] = true;
    }
  }
  return formats.length === 0 ? result : { ...result, formats: sorted(formats) };
}

function describeFormat(check: Readonly<Record<string, unknown>>): Description {
  const { format, pattern } = check;
  const description: Description = { format: String(format) };
  if (format === 'regex' && pattern instanceof RegExp) {
    return {
      format: 'regex',
      source: pattern.source,
      flags: pattern.flags.replaceAll(/[dgy]/g, ''),
    };
  }
  for (const name of FORMAT_OPTIONS) {
    const option = check[name];
    if (typeof option === 'string' || typeof option === 'number' || typeof option === 'boolean') {
      if (option !== false) description[name] = option;
    }
  }
  for (const name of ['hostname', 'protocol']) {
    const option = check[name];
    if (option instanceof RegExp) description[name] = option.source;
  }
  return description;
}

function templatePart(part: unknown, inside: (child: unknown) => Description): JsonValue {
  return typeof part === 'object' && part !== null ? inside(part) : String(part);
}

function literalValue(value: unknown): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : { [typeof value]: typeof value === 'bigint' ? value.toString() : 'unspeakable' };
}

/** Zod says so in the definition; its older minors took the list of values off the key instead. */
function isPartialRecord(def: SchemaDef): boolean {
  if (def['partial'] === true) return true;
  const keyType = def['keyType'] as { readonly _zod: { readonly values?: unknown } };
  return ['enum', 'literal'].includes(defOf(keyType).type) && keyType._zod.values === undefined;
}

/** Zod keeps what the getter gave once; asking the getter again could build another schema every time. */
function lazyInner(schema: unknown, def: SchemaDef): unknown {
  const { innerType } = (schema as { readonly _zod: { readonly innerType?: unknown } })._zod;
  return innerType ?? (def['getter'] as () => unknown)();
}

function sorted<Value extends JsonValue>(values: readonly Value[]): Value[] {
  return values
    .map((value) => [canonicalJson(value), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, value]) => value);
}
