// Fail: the errors a contract declares, as handlers throw them.
import {
  type AnyContract,
  APPLICATION_ERROR_PREFIX,
  type CommandDefinition,
  type Executed,
  isTickwireError,
  TickwireError,
} from '@tickwire/protocol';
import { checkValue } from '../value/check.js';

/**
 * Makes a declared error to be thrown by a command handler. `ctx.fail` of the handler does the same and knows the
 * command's own errors by type; this one is for code that has no context at hand.
 * @param name of one of the errors the command declares; @param data what its schema asks for.
 */
export function fail(name: string, data?: unknown, message = name): TickwireError {
  return new TickwireError(`${APPLICATION_ERROR_PREFIX}${name}`, message, { executed: 'no', data });
}

const asTheyAre = new WeakSet<TickwireError>();

/**
 * Marks an error that a handler throws to reach the caller as it is, its text and what it says of the work included: for
 * doubles that are told what to answer. The handler vouches for it.
 */
export function answerWith(error: TickwireError): TickwireError {
  asTheyAre.add(error);
  return error;
}

/** What only the server itself can say of a command: from a handler it would make a client ask again (P-CMD-5). */
const OF_THE_SERVER: ReadonlySet<string> = new Set(['in_flight', 'key_reused', 'indeterminate']);

const EXECUTED: ReadonlySet<string> = new Set<Executed>(['no', 'yes', 'maybe']);

/**
 * What a caller is told of what a handler threw. A declared error passes if its data fits, and it alone can say that
 * nothing was done. Of an error of the table the code passes: it may come of a publish, or of another server that the
 * handler asked, and that this was not done says nothing of what the handler did before (P-CMD-9). Anything else is
 * `internal`; texts stay here.
 */
export function errorOfHandler(definition: CommandDefinition, thrown: unknown): TickwireError {
  if (!isTickwireError(thrown)) return internal(thrown);
  if (asTheyAre.has(thrown)) return thrown;
  // From JavaScript, and from another copy of the class, its fields may be anything.
  if (typeof thrown.code !== 'string') return internal(thrown, 'The code of an error is no text.');
  if (!thrown.code.startsWith(APPLICATION_ERROR_PREFIX)) {
    const { code } = thrown;
    if (OF_THE_SERVER.has(code)) return internal(thrown);
    return new TickwireError(code, '', {
      executed: 'maybe',
      cause: thrown,
      retryAfterMs: waitOf(thrown),
    });
  }
  const name = thrown.code.slice(APPLICATION_ERROR_PREFIX.length);
  const schema = Object.hasOwn(definition.errors, name) ? definition.errors[name] : undefined;
  if (schema === undefined) return internal(thrown, `The command declares no error "${name}".`);
  const checked = checkValue(schema, thrown.data);
  if (!checked.ok) return internal(thrown, `Data of error "${name}" does not fit: ${checked.where}.`);
  return new TickwireError(thrown.code, thrown.message.toWellFormed(), {
    executed: EXECUTED.has(thrown.executed) ? thrown.executed : 'maybe',
    data: checked.value,
    retryAfterMs: waitOf(thrown),
  });
}

function waitOf({ retryAfterMs }: TickwireError): number | undefined {
  return Number.isFinite(retryAfterMs) ? retryAfterMs : undefined;
}

function internal(thrown: unknown, why?: string): TickwireError {
  return new TickwireError('internal', '', {
    cause: why === undefined ? thrown : new Error(why, { cause: thrown }),
  });
}

/** A contract's commands by name: names come from outside, so they are never looked up in an object. */
export function commandTable(contract: AnyContract): ReadonlyMap<string, CommandDefinition> {
  return new Map(Object.entries(contract.commands));
}
