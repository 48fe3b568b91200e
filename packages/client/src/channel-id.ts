// Channel id: name and parameters of a contract's channel as its id on the wire (P-CHAN-1). Without the contract: the
// name is the pattern. What an id may not hold besides is refused by the server.
import { encodeSegment, MAX_CHANNEL_ID_BYTES, TickwireError } from '@tickwire/protocol';

/**
 * The id of a channel.
 * @throws TickwireError `bad_params` when a parameter is missing, unknown, empty or no text, or the id too long.
 */
export function channelIdOf(name: string, params: Readonly<Record<string, unknown>> = {}): string {
  const known: string[] = [];
  const refuse = (why: string): TickwireError => new TickwireError('bad_params', `Channel "${name}": ${why}`);
  const id = name.replace(/\{(\w+)\}/g, (_, param: string) => {
    known.push(param);
    const value = Object.hasOwn(params, param) && params[param];
    if (!value || typeof value !== 'string' || !value.isWellFormed())
      throw refuse(`parameter "${param}" must be a text`);
    return encodeSegment(value);
  });
  const extra = Object.keys(params).find((param) => !known.includes(param));
  if (extra !== undefined) throw refuse(`unknown parameter "${extra}"`);
  if (id.length > MAX_CHANNEL_ID_BYTES) throw refuse('too long');
  return id;
}
