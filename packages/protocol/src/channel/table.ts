// Channel table: which pattern of a contract an id belongs to. Knows patterns, not what flows through them.
import { type CompiledPattern, compilePattern } from './pattern.js';
import { MAX_CHANNEL_ID_BYTES } from './id.js';

/** What a channel id stands for. */
export interface ChannelMatch<Name extends string = string> {
  /** The pattern, which is the channel's name in the contract. */
  readonly name: Name;
  /** The parameters, as an object without a prototype. */
  readonly params: Readonly<Record<string, string>>;
}

/** The patterns of one contract, ready for ids in both directions. */
export interface ChannelTable<Name extends string = string> {
  /** What an id stands for; `null` if it belongs to no pattern or is not canonical. Linear in the id's length. */
  match(id: string): ChannelMatch<Name> | null;
  /**
   * The id of a channel.
   * @throws TickwireError `bad_params`, see {@link CompiledPattern.format}; `unknown_channel` never: names are checked
   * by the caller's types, and a name that is not in the table is a TypeError.
   */
  format(name: Name, params?: Readonly<Record<string, unknown>>): string;
  /** The compiled pattern of a name; `undefined` if the table has no such name. */
  pattern(name: string): CompiledPattern | undefined;
}

/**
 * Builds the table of a contract's channels: `createChannelTable(Object.keys(contract.channels))`. Contracts have no
 * overlapping patterns, so an id belongs to at most one.
 */
export function createChannelTable<Name extends string>(names: readonly Name[]): ChannelTable<Name> {
  const byName = new Map<string, CompiledPattern>();
  // Patterns that share first segment and length; the first segment of a pattern is always a literal.
  const buckets = new Map<string, [name: Name, pattern: CompiledPattern][]>();
  for (const name of names) {
    const pattern = compilePattern(name);
    byName.set(name, pattern);
    const bucketKey = `${pattern.literals[0] ?? ''}/${pattern.literals.length}`;
    const bucket = buckets.get(bucketKey);
    if (bucket === undefined) buckets.set(bucketKey, [[name, pattern]]);
    else bucket.push([name, pattern]);
  }
  return Object.freeze({
    match(id: string): ChannelMatch<Name> | null {
      if (id.length > MAX_CHANNEL_ID_BYTES) return null;
      const end = id.indexOf('/');
      const bucket = buckets.get(`${end === -1 ? id : id.slice(0, end)}/${countSegments(id)}`);
      if (bucket === undefined) return null;
      for (const [name, pattern] of bucket) {
        const params = pattern.match(id);
        if (params !== null) return { name, params };
      }
      return null;
    },
    format(name: Name, params?: Readonly<Record<string, unknown>>): string {
      const pattern = byName.get(name);
      if (pattern === undefined) {
        throw new TypeError(
          `The contract has no channel "${name}". It has: ${[...byName.keys()].join(', ')}.`,
        );
      }
      return pattern.format(params);
    },
    pattern: (name: string) => byName.get(name),
  });
}

function countSegments(id: string): number {
  let segments = 1;
  for (let index = id.indexOf('/'); index !== -1; index = id.indexOf('/', index + 1)) segments += 1;
  return segments;
}
