// Contract: the channels and commands of one application. Checks its own form at the call; what the schemas may hold
// is the linter's matter.
import {
  compilePattern,
  type CompiledPattern,
  describePatternProblem,
  patternsOverlap,
} from '../channel/pattern.js';
import { isNameOfObjects } from '../channel/name-of-objects.js';
import type { ChannelDefinition, CommandDefinition } from './definition.js';

/** Channel definitions by pattern. */
export type ChannelDefinitions = Readonly<Record<string, ChannelDefinition>>;

/** Command definitions by name. */
export type CommandDefinitions = Readonly<Record<string, CommandDefinition>>;

/** The channels and commands of one application, frozen. */
export interface Contract<
  Channels extends ChannelDefinitions = ChannelDefinitions,
  Commands extends CommandDefinitions = CommandDefinitions,
> {
  readonly name: string;
  readonly version: string;
  readonly channels: Channels;
  readonly commands: Commands;
}

/** Any contract. */
export type AnyContract = Contract;

/** What {@link defineContract} takes. */
export interface ContractOptions<Channels extends ChannelDefinitions, Commands extends CommandDefinitions> {
  /** Letters, digits, `-`, `_` and `.`, beginning with a letter; at most 64. */
  readonly name: string;
  /** Semantic version: `1.0.0`, `2.1.0-beta.1`. */
  readonly version: string;
  /** Channels by pattern: `price/{symbol}` is a family with one parameter, `alerts` a single channel. */
  readonly channels: Channels;
  /** @defaultValue none */
  readonly commands?: Commands | undefined;
}

const CONTRACT_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const VERSION = /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-[0-9A-Za-z.-]{1,64})?$/;
const COMMAND_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** First segments of channels and first parts of names that Tickwire keeps for itself. */
const RESERVED = /^(?:tw|tickwire)(?:[.~_-]|$)/i;
const MAX_TIMEOUT_MS = 2_147_483_647;

/**
 * Declares what an application says over Tickwire. Pure; the result is frozen and holds no handler, so both ends can
 * share it.
 * @throws TypeError with a sentence for each mistake: names, version, pattern syntax, two patterns that one id could
 * match, options out of range.
 */
export function defineContract<
  const Channels extends ChannelDefinitions,
  const Commands extends CommandDefinitions = {},
>(options: ContractOptions<Channels, Commands>): Contract<Channels, Commands> {
  const channels = options.channels as ChannelDefinitions;
  const commands = (options.commands ?? {}) as CommandDefinitions;
  const problems = [
    ...nameProblems(options.name, options.version),
    ...channelProblems(channels),
    ...overlapProblems(Object.keys(channels)),
    ...commandProblems(commands),
  ];
  if (problems.length > 0) throw new TypeError(problems.join('\n'));
  return Object.freeze({
    name: options.name,
    version: options.version,
    channels: Object.freeze({ ...options.channels }),
    commands: Object.freeze({ ...commands }) as Commands,
  });
}

function* nameProblems(name: unknown, version: unknown): Generator<string> {
  if (typeof name !== 'string' || !CONTRACT_NAME.test(name) || isNameOfObjects(name)) {
    yield `Contract name ${quote(name)} must begin with a letter and hold only letters, digits, "-", "_" and ".", at most 64 characters.`;
  } else if (RESERVED.test(name)) {
    yield `Contract name ${quote(name)} is reserved: begin it with something other than "tw" or "tickwire".`;
  }
  if (typeof version !== 'string' || !VERSION.test(version)) {
    yield `Contract version ${quote(version)} must be a semantic version like "1.0.0".`;
  }
}

function* channelProblems(channels: ChannelDefinitions): Generator<string> {
  for (const [pattern, definition] of Object.entries(channels)) {
    const said = `Channel ${quote(pattern)}`;
    const problem = describePatternProblem(pattern);
    if (problem !== undefined) yield problem;
    if (isNameOfObjects(pattern)) yield `${said} has a name every object has: choose another.`;
    else if (RESERVED.test(pattern.split('/', 1)[0] ?? '')) {
      yield `${said} is reserved: begin it with something other than "tw" or "tickwire".`;
    }
    if (!isDefinition(definition) || !['state', 'collection', 'stream'].includes(definition.kind)) {
      yield `${said} must be made with state(), collection() or stream().`;
      continue;
    }
    if (!isSchema(definition.schema))
      yield `${said} needs a Zod 4 schema as the first argument of ${definition.kind}().`;
    yield* optionProblems(said, definition);
  }
}

function* optionProblems(said: string, definition: ChannelDefinition): Generator<string> {
  const { staleAfterMs, timeField } = definition;
  if (staleAfterMs !== undefined && !isCount(staleAfterMs, 1, MAX_TIMEOUT_MS)) {
    yield `${said}: staleAfterMs is ${String(staleAfterMs)} and must be a whole number of milliseconds from 1 to ${MAX_TIMEOUT_MS}.`;
  }
  if (timeField !== undefined && (typeof timeField !== 'string' || timeField === '')) {
    yield `${said}: timeField must be the name of a field.`;
  }
  if (definition.kind === 'collection' && (typeof definition.key !== 'string' || definition.key === '')) {
    yield `${said}: a collection needs { key: 'the field that holds the key' }.`;
  }
  if (definition.kind === 'stream') {
    const { size, ttlMs } = definition.history;
    if (!isCount(size, 0, 1_000_000)) {
      yield `${said}: history.size is ${String(size)} and must be a whole number from 0 to 1000000.`;
    }
    if (!isCount(ttlMs, 1, Number.MAX_SAFE_INTEGER)) {
      yield `${said}: history.ttlMs is ${String(ttlMs)} and must be a whole number of milliseconds, at least 1.`;
    }
  }
}

function* overlapProblems(patterns: readonly string[]): Generator<string> {
  const checked = new Map<string, CompiledPattern[]>();
  for (const text of patterns) {
    if (describePatternProblem(text) !== undefined) continue;
    const pattern = compilePattern(text);
    const bucketKey = `${pattern.literals[0] ?? ''}/${pattern.literals.length}`;
    const bucket = checked.get(bucketKey) ?? [];
    for (const other of bucket) {
      if (patternsOverlap(other, pattern)) {
        yield `Channels "${other.pattern}" and "${text}" overlap: one id could be both. Make a literal segment differ.`;
      }
    }
    bucket.push(pattern);
    checked.set(bucketKey, bucket);
  }
}

function* commandProblems(commands: CommandDefinitions): Generator<string> {
  for (const [name, definition] of Object.entries(commands)) {
    const said = `Command ${quote(name)}`;
    if (!COMMAND_NAME.test(name) || isNameOfObjects(name)) {
      yield `${said} must begin with a letter and hold only letters, digits, "-", "_" and ".", at most 64 characters.`;
    } else if (RESERVED.test(name)) {
      yield `${said} is reserved: begin it with something other than "tw" or "tickwire".`;
    }
    if (!isDefinition(definition) || definition.kind !== 'command') {
      yield `${said} must be made with command().`;
      continue;
    }
    if (!isSchema(definition.input)) yield `${said} needs a Zod 4 schema as input.`;
    if (!isSchema(definition.output)) yield `${said} needs a Zod 4 schema as output.`;
    for (const [errorName, schema] of Object.entries(definition.errors)) {
      if (!ERROR_NAME.test(errorName) || isNameOfObjects(errorName)) {
        yield `${said}, error ${quote(errorName)}: must begin with a letter and hold only letters, digits and "_", at most 64 characters.`;
      }
      if (!isSchema(schema)) yield `${said}, error ${quote(errorName)}: needs a Zod 4 schema for its data.`;
    }
    if (definition.timeoutMs !== undefined && !isCount(definition.timeoutMs, 1, MAX_TIMEOUT_MS)) {
      yield `${said}: timeoutMs is ${String(definition.timeoutMs)} and must be a whole number of milliseconds from 1 to ${MAX_TIMEOUT_MS}.`;
    }
  }
}

function isDefinition(value: unknown): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

function isCount(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
