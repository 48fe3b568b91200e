// Channel directory: what a contract says of a channel id. Knows no rules and no values.
import {
  type AnyContract,
  type ChannelDefinition,
  createChannelTable,
  TickwireError,
} from '@tickwire/protocol';
import type { ChannelDescription } from '../hub/channel.js';

/** A channel of the contract. */
export interface KnownChannel extends ChannelDescription {
  /** Its pattern. */
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly definition: ChannelDefinition;
  readonly timeField: string | undefined;
}

/** Looks ids up in a contract. */
export interface ChannelDirectory {
  /** `null` where the contract has no such channel, or the id is not canonical. */
  find(id: string): KnownChannel | null;
  /**
   * @throws TickwireError `bad_params`; `unknown_channel` for a name the contract does not have.
   */
  of(name: string, params: Readonly<Record<string, unknown>> | undefined): KnownChannel;
}

/** Makes the directory of a contract. */
export function createChannelDirectory(contract: AnyContract): ChannelDirectory {
  const table = createChannelTable(Object.keys(contract.channels));
  const definitions = new Map(Object.entries(contract.channels));
  const describe = (
    id: string,
    name: string,
    params: Readonly<Record<string, string>>,
  ): KnownChannel | null => {
    const definition = definitions.get(name);
    if (definition === undefined) return null;
    const { kind, staleAfterMs, timeField } = definition;
    const spec = kind === 'stream' ? { id, kind, history: definition.history } : { id, kind };
    return { name, params, definition, timeField, staleAfterMs, spec };
  };
  return {
    find(id) {
      const match = table.match(id);
      return match === null ? null : describe(id, match.name, match.params);
    },
    of(name, params) {
      if (!definitions.has(name)) throw unknownChannel(name, definitions.keys());
      const id = table.format(name, params);
      const known = describe(id, name, table.match(id)?.params ?? {});
      if (known === null) throw unknownChannel(name, definitions.keys());
      return known;
    },
  };
}

/** From JavaScript, any name may come. */
function unknownChannel(name: string, names: Iterable<string>): TickwireError {
  const has = [...names].join(', ');
  return new TickwireError('unknown_channel', `The contract has no channel "${name}". It has: ${has}.`);
}
