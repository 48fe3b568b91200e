// Schema definition: what a Zod schema says about itself, read from `_zod.def` and therefore alike for classic and mini.
// For the linter, the identity and whoever makes data of a contract; no bundle of a browser needs it.

/** The definition of a schema or of a check, fields by name. */
export interface SchemaDef {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The definition of a check such as a greatest length. */
export interface CheckDef {
  readonly check: string;
  readonly [field: string]: unknown;
}

/** A check, and what it says about itself. */
export interface Check {
  readonly check: unknown;
  readonly def: CheckDef;
}

/**
 * The definition of a schema.
 * @throws TypeError where it is none.
 */
export function defOf(schema: unknown): SchemaDef {
  const def = defIn(schema);
  if (def === undefined) throw new TypeError('This is no Zod 4 schema: it has no _zod.def.');
  return def as SchemaDef;
}

/** The checks of a schema; `z.email()` and `z.int()` are a check of their own, which comes first. */
export function checksOf(def: SchemaDef): readonly CheckDef[] {
  const checks: CheckDef[] = isCheck(def) ? [def] : [];
  for (const check of attachedTo(def)) {
    const checkDef = defIn(check);
    if (isCheck(checkDef)) checks.push(checkDef);
  }
  return checks;
}

/** The same, with what each definition belongs to. */
export function checkInstancesOf(schema: unknown): readonly Check[] {
  const found: Check[] = [];
  for (const check of [schema, ...attachedTo(defOf(schema))]) {
    const def = defIn(check);
    if (isCheck(def)) found.push({ check, def });
  }
  return found;
}

/** The expression a template literal matches. */
export function patternOf(schema: unknown): RegExp | undefined {
  const { pattern } = (schema as { readonly _zod: { readonly pattern?: unknown } })._zod;
  return pattern instanceof RegExp ? pattern : undefined;
}

/** The fields of an object schema. */
export function shapeOf(def: SchemaDef): Readonly<Record<string, unknown>> {
  return (def['shape'] ?? {}) as Readonly<Record<string, unknown>>;
}

/** A member of a definition that holds several schemas. */
export function schemasIn(def: SchemaDef, field: string): readonly unknown[] {
  return Array.isArray(def[field]) ? (def[field] as readonly unknown[]) : [];
}

/** Values of an enum; a TypeScript enum of numbers also lists its names the other way round, which is no value. */
export function enumValuesOf(def: SchemaDef): readonly (string | number)[] {
  const entries = (def['entries'] ?? {}) as Readonly<Record<string, string | number>>;
  const numbers = Object.values(entries).filter((value) => typeof value === 'number');
  return Object.entries(entries)
    .filter(([name]) => !numbers.includes(Number(name)))
    .map(([, value]) => value);
}

function attachedTo({ checks }: SchemaDef): readonly unknown[] {
  return Array.isArray(checks) ? (checks as readonly unknown[]) : [];
}

function isCheck(def: Readonly<Record<string, unknown>> | undefined): def is SchemaDef & CheckDef {
  return typeof def?.['check'] === 'string';
}

function defIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const internals = (value as { readonly _zod?: { readonly def?: Readonly<Record<string, unknown>> } } | null)
    ?._zod;
  return typeof internals?.def === 'object' ? internals.def : undefined;
}
