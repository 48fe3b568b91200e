// Schema rules: what the schema of data, and more strictly of input, may hold. Knows schemas, not channels or commands.
import { ownExpressions } from './own-expressions.js';
import {
  checkInstancesOf,
  checksOf,
  defOf,
  enumValuesOf,
  patternOf,
  schemasIn,
  type SchemaDef,
  shapeOf,
} from '../contract/schema-def.js';
import type { ContractProblem, ContractProblemCode } from './problem.js';
import { judgeRegex } from './regex-cost.js';

/** `input` comes from clients and must be bounded; `data` goes to them. Both must be JSON. */
export type SchemaRole = 'input' | 'data';

/** Types that JSON cannot carry, with what to write instead. */
const NOT_JSON: Readonly<Record<string, string>> = {
  bigint: 'JSON has no bigint; use a string of digits with .regex(/^\\d{1,30}$/)',
  date: 'JSON has no Date; use z.iso.datetime() or a number of milliseconds',
  map: 'JSON has no Map; use an array of records, or a collection channel',
  set: 'JSON has no Set; use an array',
  symbol: 'JSON has no symbol; use a string or z.enum()',
  undefined: 'JSON has no undefined; use .optional() on the field, or z.null()',
  void: 'JSON has no undefined; use z.null() or z.object({})',
  nan: 'JSON has no NaN; use z.number().nullable()',
  function: 'a function cannot be sent; remove it',
  promise: 'a promise cannot be sent; use the schema of what it resolves with',
  file: 'a file cannot be sent; send its address',
  custom:
    'z.custom() and z.instanceof() say nothing about the data; use a schema that describes it, with .refine() for the rest',
  success: 'z.success() is one-way; use the schema itself',
};

const PRIMITIVES: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'literal',
  'enum',
  'template_literal',
  'int',
  'never',
]);

/** Types around another schema that change nothing of what the rules look at. */
const WRAPPERS: ReadonlySet<string> = new Set(['nullable', 'nonoptional', 'default', 'prefault', 'readonly']);

/** How often one part of a value may be looked at because unions around it do not say which of their parts is meant. */
const MAX_TRIES = 64;

interface Place {
  readonly path: string;
  readonly inArray: boolean;
  /** Whether `undefined` can be said here: only by leaving out a field. */
  readonly isField: boolean;
}

/** Everything that is wrong with one schema; each schema is reported once, at the first place it is met. */
export function lintSchema(schema: unknown, role: SchemaRole, path: string): readonly ContractProblem[] {
  const problems: ContractProblem[] = [];
  const above = new Set<unknown>();
  const done = new Set<unknown>();
  const tries = new Map<unknown, number>();

  function report(code: ContractProblemCode, place: Place, sentence: string): void {
    problems.push({ code, path: place.path, message: `${place.path} ${sentence}.` });
  }

  function visit(current: unknown, place: Place): void {
    if (above.has(current)) {
      if (role === 'input') {
        report(
          'unbounded_depth',
          place,
          'is recursive, so a client could nest it without end; write out as many levels as are needed',
        );
      }
      return;
    }
    // Whether something stands in an array or a field changes what is said about it.
    const def = defOf(current);
    if (done.has(current) && !place.inArray && def.type !== 'optional') return;
    above.add(current);
    rules(current, def, place);
    above.delete(current);
    done.add(current);
  }

  function rules(current: unknown, def: SchemaDef, place: Place): void {
    const { path: at, inArray } = place;
    const inside = (suffix: string, more: Partial<Place> = {}): Place => ({
      path: at + suffix,
      inArray,
      isField: false,
      ...more,
    });
    const notJson = NOT_JSON[def.type];
    if (notJson !== undefined) {
      report('not_json', place, `is of type ${def.type}: ${notJson}`);
      return;
    }
    if (def['coerce'] === true) {
      report(
        'coerce',
        place,
        'is coerced, so what is sent has another type than what is read; use the plain schema and convert before sending',
      );
    }
    if (WRAPPERS.has(def.type)) {
      visit(def['innerType'], place);
      return;
    }

    switch (def.type) {
      case 'string':
      case 'template_literal': {
        stringRules(current, def, place);
        return;
      }
      case 'array':
        if (role === 'input' && !hasGreatestLength(def)) {
          report('unbounded_array', place, 'is an array without a greatest length; add .max(n)');
        }
        {
          visit(def['element'], inside('[]', { inArray: true }));
          return;
        }
      case 'tuple':
        for (const [index, item] of schemasIn(def, 'items').entries()) visit(item, inside(`[${index}]`));
        if (def['rest'] === null || def['rest'] === undefined) return;
        if (role === 'input')
          report(
            'unbounded_array',
            place,
            'is a tuple with a rest of any length; use an array with .max(n) in its place',
          );
        {
          visit(def['rest'], inside('[]', { inArray: true }));
          return;
        }
      case 'record':
        if (role === 'input' && !['enum', 'literal'].includes(defOf(def['keyType']).type)) {
          report(
            'unbounded_record',
            place,
            'is a record with any number of keys; use an array of { key, value } with .max(n), or an enum of keys',
          );
        }
        visit(def['keyType'], inside('{key}'));
        {
          visit(def['valueType'], inside('{}', { inArray: true }));
          return;
        }
      case 'object':
        for (const [name, field] of Object.entries(shapeOf(def)))
          visit(field, inside(fieldPath(name), { isField: true }));
        if (!takesOtherFields(def['catchall'])) return;
        if (role === 'input') {
          report('unbounded_object', place, 'takes any other field; use z.object() or z.strictObject()');
        }
        {
          visit(def['catchall'], inside('{}', { inArray: true }));
          return;
        }
      case 'optional':
        if (!place.isField) {
          report(
            'optional_value',
            place,
            'is optional where there is no field to leave out; use .nullable()',
          );
        }
        {
          visit(def['innerType'], place);
          return;
        }
      case 'union': {
        const options = schemasIn(def, 'options');
        const heavy = options.filter((option) => !PRIMITIVES.has(unwrapped(option).type));
        if (role === 'input' && inArray && heavy.length > 1 && typeof def['discriminator'] !== 'string') {
          report(
            'union_in_array',
            place,
            'is a union inside an array, every part of which is tried for every element; use z.discriminatedUnion()',
          );
        }
        if (
          role === 'input' &&
          triesOf(current) > MAX_TRIES &&
          options.every((each) => triesOf(each) <= MAX_TRIES)
        ) {
          report(
            'nested_unions',
            place,
            `holds unions in unions, so that a part of a value may be tried more than ${MAX_TRIES} times; use z.discriminatedUnion()`,
          );
        }
        options.forEach((option, index) => visit(option, inside(`|${index}`, { isField: place.isField })));
        return;
      }
      case 'intersection':
        visit(def['left'], place);
        {
          visit(def['right'], place);
          return;
        }
      case 'lazy': {
        visit((def['getter'] as () => unknown)(), place);
        return;
      }
      case 'catch': {
        report('catch', place, 'has .catch(), which hides what is wrong; use .default() or .optional()');
        return;
      }
      case 'transform': {
        report(
          'one_way',
          place,
          'is a transform, which only one side can undo; describe the data as it is sent',
        );
        return;
      }
      case 'pipe': {
        pipeRules(def, place);
        return;
      }
      case 'any':
      case 'unknown':
        if (role === 'input') {
          report(
            'untyped_input',
            place,
            `is z.${def.type}(), so a client could send anything; describe what is expected`,
          );
        }
        return;
      case 'literal':
        if ((def['values'] as readonly unknown[]).some((value) => !isJsonPrimitive(value))) {
          report(
            'not_json',
            place,
            'is a literal that JSON cannot carry; use a string, a number, a boolean or null',
          );
        }
        return;
      case 'number':
      case 'int':
      case 'boolean':
      case 'null':
      case 'enum':
      case 'never':
        return;
      default: {
        report('not_json', place, `is of type ${def.type}, which Tickwire does not know; use the JSON types`);
        return;
      }
    }
  }

  function stringRules(current: unknown, def: SchemaDef, place: Place): void {
    let bounded = role === 'data';
    const judge = (what: string, expression: RegExp, remedy: string): void => {
      const { danger } = judgeRegex(expression);
      if (danger !== undefined)
        report('unsafe_regex', place, `has ${what} ${String(expression)}, which ${danger}; ${remedy}`);
    };
    if (def.type === 'template_literal') {
      const pattern = patternOf(current);
      if (pattern !== undefined) {
        bounded ||= judgeRegex(pattern).maxLength !== Infinity;
        judge(
          'parts that together are',
          pattern,
          'put between them what none of them can hold, or use a string',
        );
      }
    }
    for (const { check, def: format } of checkInstancesOf(current)) {
      if (format.check === 'max_length' || format.check === 'length_equals') bounded = true;
      if (format.check !== 'string_format') continue;
      const pattern = format['pattern'];
      if (pattern instanceof RegExp && judgeRegex(pattern).maxLength !== Infinity) bounded = true;
      // Formats of Zod bring their own expressions; what the application wrote is judged.
      for (const { expression } of ownExpressions(check))
        judge('the expression', expression, 'anchor it, and give its repetitions bounds or separators');
    }
    if (!bounded) report('unbounded_string', place, 'is a string without a greatest length; add .max(n)');
  }

  function pipeRules(def: SchemaDef, place: Place): void {
    const sides = [def['in'], def['out']];
    if (typeof def['transform'] === 'function' || typeof def['reverseTransform'] === 'function') {
      report(
        'one_way',
        place,
        'is a codec, which a client in another language cannot run; describe the data as it is sent',
      );
      return;
    }
    if (sides.some((side) => defOf(side).type === 'transform')) {
      const which = defOf(def['in']).type === 'transform' ? 'is preprocessed' : 'is transformed';
      report(
        'one_way',
        place,
        `${which}, so what is sent has another form than what is read; describe the data as it is sent`,
      );
      return;
    }
    for (const side of sides) visit(side, place);
  }

  /** How often the deepest part of a value may be looked at, at most. */
  function triesOf(each: unknown): number {
    const known = tries.get(each);
    if (known !== undefined) return known;
    // What is recursive is reported by itself.
    tries.set(each, 1);
    const found = countTries(defOf(each));
    tries.set(each, found);
    return found;
  }

  function countTries(def: SchemaDef): number {
    const sum = (schemas: readonly unknown[]): number =>
      schemas.reduce((total: number, each) => total + triesOf(each), 0);
    const most = (schemas: readonly unknown[]): number => Math.max(1, ...schemas.map(triesOf));
    switch (def.type) {
      case 'object':
        return most(Object.values(shapeOf(def)));
      case 'array':
        return most([def['element']]);
      case 'tuple':
        return most(schemasIn(def, 'items'));
      case 'record':
        return most([def['valueType']]);
      case 'lazy':
        return most([(def['getter'] as () => unknown)()]);
      case 'pipe':
        return most([def['in'], def['out']]);
      case 'intersection':
        return sum([def['left'], def['right']]);
      case 'union': {
        const heavy = schemasIn(def, 'options').filter((each) => !PRIMITIVES.has(unwrapped(each).type));
        return typeof def['discriminator'] === 'string' ? most(heavy) : Math.max(1, sum(heavy));
      }
      default:
        return 'innerType' in def ? most([def['innerType']]) : 1;
    }
  }

  visit(schema, { path, inArray: false, isField: false });
  return problems;
}

/** The definition behind nullable, default and the like. */
export function unwrapped(schema: unknown): SchemaDef {
  const def = defOf(schema);
  return WRAPPERS.has(def.type) || def.type === 'optional' ? unwrapped(def['innerType']) : def;
}

/** `.name`, or `["a b"]` where a name is not a plain one. */
export function fieldPath(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** What a field holds, as far as keys and times care. */
export function holdsOnly(schema: unknown, types: readonly ('string' | 'number')[]): boolean {
  const def = defOf(schema);
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return types.includes('string');
    case 'number':
    case 'int':
      return types.includes('number');
    case 'enum':
      return enumValuesOf(def).every((value) => types.some((type) => typeof value === type));
    case 'literal':
      return (def['values'] as readonly unknown[]).every((value) =>
        types.some((type) => typeof value === type),
      );
    case 'union':
      return schemasIn(def, 'options').every((option) => holdsOnly(option, types));
    case 'readonly':
    case 'nonoptional':
      return holdsOnly(def['innerType'], types);
    case 'lazy':
      return holdsOnly((def['getter'] as () => unknown)(), types);
    default:
      return false;
  }
}

/** The schemas a field has in every form a record can take; `undefined` where some form has no such field. */
export function fieldSchemas(schema: unknown, name: string): readonly unknown[] | undefined {
  const def = defOf(schema);
  switch (def.type) {
    case 'object': {
      const shape = shapeOf(def);
      return Object.hasOwn(shape, name) ? [shape[name]] : undefined;
    }
    case 'union': {
      const found = schemasIn(def, 'options').map((option) => fieldSchemas(option, name));
      return found.every((fields) => fields !== undefined) ? found.flat() : undefined;
    }
    case 'intersection':
      return fieldSchemas(def['left'], name) ?? fieldSchemas(def['right'], name);
    case 'readonly':
      return fieldSchemas(def['innerType'], name);
    case 'lazy':
      return fieldSchemas((def['getter'] as () => unknown)(), name);
    default:
      return undefined;
  }
}

function hasGreatestLength(def: SchemaDef): boolean {
  return checksOf(def).some(({ check }) => check === 'max_length' || check === 'length_equals');
}

/** Whether an object takes other fields with a schema; `z.never()`, which strictObject uses, takes none. */
function takesOtherFields(catchall: unknown): boolean {
  return catchall !== undefined && catchall !== null && defOf(catchall).type !== 'never';
}

function isJsonPrimitive(value: unknown): boolean {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
}
