// Check: a value against a schema of the contract. Knows Zod by its standard interface only.
import { type AnySchema, TickwireError } from '@tickwire/protocol';
import { copyJson, NotJson } from './json-value.js';

/** Issues told in an error: enough to find the mistake, too few to be a message of their own. */
const MAX_ISSUES = 8;

/** The value with defaults filled in, or where it is wrong. */
export type Checked =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly where: string };

/** Validates and copies: the result shares nothing with what came in. Never throws. */
export function checkValue(schema: AnySchema, value: unknown): Checked {
  try {
    const result = (schema as unknown as StandardSchema)['~standard'].validate(value);
    if ('then' in result) {
      result.then(undefined, () => undefined);
      return { ok: false, where: 'the schema is asynchronous, or the value is too deep' };
    }
    if (result.issues !== undefined) return { ok: false, where: pathsOf(result.issues) };
    const { value: parsed } = result;
    return { ok: true, value: parsed === undefined ? undefined : copyJson(parsed) };
  } catch (error) {
    return { ok: false, where: error instanceof NotJson ? error.message : 'the value could not be checked' };
  }
}

/**
 * Validates a published value.
 * @throws TickwireError `bad_input`.
 */
export function parseValue(schema: AnySchema, value: unknown, what: string): unknown {
  const checked = checkValue(schema, value);
  if (checked.ok && checked.value !== undefined) return checked.value;
  if (checked.ok) throw new TickwireError('bad_input', `${what} is undefined, which JSON cannot say.`);
  throw new TickwireError('bad_input', `${what} does not fit the contract: ${checked.where}.`);
}

/** What every Zod 4 schema is besides: https://standardschema.dev. */
interface StandardSchema {
  readonly '~standard': { validate(value: unknown): Outcome | Promise<Outcome> };
}

type Outcome =
  { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

interface Issue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Paths only: messages of a validator may echo what was sent (P-ERR-6). */
function pathsOf(issues: readonly Issue[]): string {
  const paths = issues.slice(0, MAX_ISSUES).map(({ path }) => {
    const steps = (path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
    return steps.length === 0 ? 'the value itself' : steps.map(String).join('.').slice(0, 100);
  });
  const more = issues.length > MAX_ISSUES ? ` and ${issues.length - MAX_ISSUES} more` : '';
  return `see ${[...new Set(paths)].join(', ')}${more}`;
}
