// Schema definition: what a Zod schema says of itself, read from `_zod.def` and therefore alike for classic and mini.

/** The definition of a schema, fields by name. */
export interface SchemaDef {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The definition of a check, such as a greatest length. */
export interface CheckDef {
  readonly check: string;
  readonly [field: string]: unknown;
}

interface Internals {
  readonly _zod?: { readonly def?: Readonly<Record<string, unknown>>; readonly pattern?: unknown };
}

/**
 * The definition of a schema.
 * @throws TypeError where it is none.
 */
export function defOf(schema: unknown): SchemaDef {
  const def = (schema as Internals | null)?._zod?.def;
  if (def === undefined) throw new TypeError('This is no Zod 4 schema: it has no _zod.def.');
  return def as SchemaDef;
}

/** The checks of a schema; those of `z.email()` and `z.int()` are its own definition. */
export function checksOf(def: SchemaDef): readonly CheckDef[] {
  const attached = Array.isArray(def['checks']) ? (def['checks'] as readonly Internals[]) : [];
  return [def, ...attached.map((check) => check._zod?.def)].filter(
    (check) => typeof check?.['check'] === 'string',
  ) as unknown as CheckDef[];
}

/** The expression that a template literal matches. */
export function patternOf(schema: unknown): RegExp | undefined {
  const pattern = (schema as Internals)._zod?.pattern;
  return pattern instanceof RegExp ? pattern : undefined;
}
