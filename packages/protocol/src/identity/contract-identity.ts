// Contract identity: what two ends compare to know whether they mean the same. The hash function is handed in.
import { compilePattern } from '../channel/pattern.js';
import type { AnyContract } from '../contract/contract.js';
import type { ChannelDefinition, CommandDefinition } from '../contract/definition.js';
import { canonicalJson, type JsonValue } from './canonical-json.js';
import { describeSchema, DESCRIPTION_REVISION, type SchemaDescription } from './describe-schema.js';

/** A channel as its users must agree on it. How long it is kept and when it is stale is the server's matter. */
export interface ChannelDescription {
  readonly kind: ChannelDefinition['kind'];
  readonly params: readonly string[];
  readonly schema: SchemaDescription;
  /** Of a collection: the field that holds the key. */
  readonly key?: string;
  readonly timeField?: string;
}

/** A command as its users must agree on it. */
export interface CommandDescription {
  readonly input: SchemaDescription;
  readonly output: SchemaDescription;
  readonly errors: Readonly<Record<string, SchemaDescription>>;
  readonly idempotent: boolean;
}

/** A contract in a form of our own: JSON, the same for every order and style in which it can be written. */
export interface ContractDescription {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
  readonly channels: Readonly<Record<string, ChannelDescription>>;
  readonly commands: Readonly<Record<string, CommandDescription>>;
}

/** What one end says of its contract, and the other compares. Hashes are 128 bits in 32 hexadecimal digits. */
export interface ContractIdentity {
  readonly name: string;
  readonly version: string;
  /** Of all channels and commands together. Name and version are not part of it: equal content, equal hash. */
  readonly hash: string;
  readonly channels: Readonly<Record<string, string>>;
  readonly commands: Readonly<Record<string, string>>;
}

/** Describes a contract. */
export function describeContract(contract: AnyContract): ContractDescription {
  return {
    name: contract.name,
    version: contract.version,
    revision: DESCRIPTION_REVISION,
    channels: mapValues(contract.channels, describeChannel),
    commands: mapValues(contract.commands, describeCommand),
  };
}

/**
 * The identity of a contract.
 * @param sha256Hex SHA-256 of a text's UTF-8, in 64 lower-case hexadecimal digits. On Node:
 * `(text) => createHash('sha256').update(text).digest('hex')`.
 * @throws TypeError when `sha256Hex` answers anything else.
 */
export function contractIdentity(
  contract: AnyContract,
  sha256Hex: (text: string) => string,
): ContractIdentity {
  const { name, version, revision, channels, commands } = describeContract(contract);
  const hash = (value: object): string => {
    const digest = sha256Hex(canonicalJson({ revision, of: value as JsonValue }));
    if (!/^[0-9a-f]{64}$/.test(digest))
      throw new TypeError('sha256Hex must answer 64 lower-case hexadecimal digits.');
    return digest.slice(0, 32);
  };
  const channelHashes = mapValues(channels, hash);
  const commandHashes = mapValues(commands, hash);
  return {
    name,
    version,
    hash: hash({ channels: channelHashes, commands: commandHashes }),
    channels: channelHashes,
    commands: commandHashes,
  };
}

function describeChannel(definition: ChannelDefinition, name: string): ChannelDescription {
  return {
    kind: definition.kind,
    params: compilePattern(name).names,
    schema: describeSchema(definition.schema),
    ...(definition.kind === 'collection' ? { key: definition.key } : {}),
    ...(definition.timeField === undefined ? {} : { timeField: definition.timeField }),
  };
}

function describeCommand(definition: CommandDefinition): CommandDescription {
  return {
    input: describeSchema(definition.input),
    output: describeSchema(definition.output),
    errors: mapValues(definition.errors, (schema) => describeSchema(schema)),
    idempotent: definition.idempotent,
  };
}

/** Names in code unit order, whatever the order they were written in. */
function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Readonly<Record<string, To>> {
  const names = Object.keys(record).sort();
  return Object.fromEntries(names.map((name) => [name, map(record[name] as From, name)]));
}
