// Schema description: a Zod schema in a form of our own, the same for classic and mini, for every minor version of Zod
// and for every order in which it can be written. Says what is accepted; leaves out what people read.
import { ownExpressions } from '../lint/own-expressions.js';
import {
  type Check,
  checkInstancesOf,
  defOf,
  enumValuesOf,
  schemasIn,
  type SchemaDef,
  shapeOf,
} from '../contract/schema-def.js';
import { canonicalJson, type JsonValue } from './canonical-json.js';

/** One node of a description. */
export type SchemaDescription = { readonly [name: string]: JsonValue };

/**
 * Revision of the descriptions, part of every hash. It also stands for what the named formats (`uuid`, `email`, ...)
 * accept: their expressions are Zod's and are not part of a description, unless the contract gives its own.
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

/** Types of descriptions of which nothing is taken away by reading. */
const PLAIN_TYPES: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'enum',
  'template',
  'never',
]);

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
  // What stands outside decides: `.required()` of an object wraps fields that are optional inside.
  let optional: boolean | undefined;
  let hasDefault = false;
  for (;;) {
    const def = defOf(core);
    if (def.type === 'nullable') nullable = true;
    else if (def.type === 'optional') optional ??= true;
    else if (def.type === 'nonoptional') optional ??= false;
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
  return { core, nullable, optional: optional === true, hasDefault };
}

function reference(core: unknown, above: readonly unknown[]): Description {
  return { type: 'ref', up: above.length - above.lastIndexOf(core) };
}

function describeCore(schema: unknown, above: readonly unknown[]): Description {
  const def = defOf(schema);
  const inside = (child: unknown): Description => describe(child, above);
  const checks = describeChecks(schema);
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
    : { type: 'union', of: inOrder(others), ...flags };
}

/**
 * Options in an order that depends on the order they were written in only where that decides what is read: the first of two
 * objects that both fit takes away what it does not name.
 */
function inOrder(options: readonly Description[]): readonly Description[] {
  const heavy = options.filter(({ type }) => !(typeof type === 'string' && PLAIN_TYPES.has(type)));
  if (!heavy.some((one, index) => heavy.slice(index + 1).some((other) => overlap(one, other))))
    return sorted(options);
  return [...sorted(options.filter((option) => !heavy.includes(option))), ...heavy];
}

/** Whether a value may fit both, and be read in two ways. Doubt is answered "yes". */
function overlap(one: Description, other: Description): boolean {
  if (isList(one) !== isList(other)) return false;
  if (one['type'] === 'object' && other['type'] === 'object' && areToldApart(one, other)) return false;
  return /"others":"ignored"|"default":true/.test(canonicalJson([one, other]));
}

function isList({ type }: Description): boolean {
  return type === 'array' || type === 'tuple';
}

/** Whether some field has one of a few values in one object, and one of others in the other: a discriminator. */
function areToldApart(one: Description, other: Description): boolean {
  const others = new Map(Object.entries(other['fields'] as Record<string, Description>));
  return Object.entries(one['fields'] as Record<string, Description>).some(([name, field]) => {
    const values = valuesOf(field);
    const otherValues = valuesOf(others.get(name));
    return (
      values.length > 0 && otherValues.length > 0 && !otherValues.some((value) => values.includes(value))
    );
  });
}

/** The values of a field that must be one of a few; none where it may be something else. */
function valuesOf(field: Description | undefined): readonly JsonValue[] {
  if (field?.['type'] !== 'enum' || Object.keys(field).length !== 2) return [];
  return field['values'] as readonly JsonValue[];
}

/** The options of a union, those of unions inside it among them. */
function flatten(schema: unknown): readonly unknown[] {
  const def = defOf(schema);
  if (def.type !== 'union' || (Array.isArray(def['checks']) && def['checks'].length > 0)) return [schema];
  return schemasIn(def, 'options').flatMap(flatten);
}

/** Checks that JSON readers could make too, and a mark where there are others; the tightest of each. */
function describeChecks(schema: unknown): Description {
  const result: Description = {};
  const formats: JsonValue[] = [];
  const tighten = (name: string, value: unknown, pick: (...values: number[]) => number): void => {
    const known = result[name];
    if (typeof value === 'number') result[name] = typeof known === 'number' ? pick(known, value) : value;
  };
  for (const { check, def } of checkInstancesOf(schema)) {
    switch (def.check) {
      case 'min_length':
        tighten('minLength', def['minimum'], Math.max);
        break;
      case 'max_length':
        tighten('maxLength', def['maximum'], Math.min);
        break;
      case 'length_equals':
        tighten('minLength', def['length'], Math.max);
        tighten('maxLength', def['length'], Math.min);
        break;
      case 'greater_than':
        tighten(def['inclusive'] === true ? 'minimum' : 'above', def['value'], Math.max);
        break;
      case 'less_than':
        tighten(def['inclusive'] === true ? 'maximum' : 'below', def['value'], Math.min);
        break;
      case 'number_format':
        formats.push(def['format'] === 'safeint' ? 'int' : String(def['format']));
        break;
      case 'multiple_of':
        formats.push({ multipleOf: Number(def['value']) });
        break;
      case 'string_format':
        formats.push(describeFormat({ check, def }));
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

function describeFormat({ check, def }: Check): Description {
  const description: Description = { format: String(def['format']) };
  for (const name of FORMAT_OPTIONS) {
    const option = def[name];
    if (typeof option === 'string' || typeof option === 'number' || typeof option === 'boolean') {
      if (option !== false) description[name] = option;
    }
  }
  for (const { role, expression } of ownExpressions(check)) {
    const flags = expression.flags.replaceAll(/[dgy]/g, '');
    if (role === 'pattern') Object.assign(description, { source: expression.source, flags });
    else description[role] = flags === '' ? expression.source : { source: expression.source, flags };
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
