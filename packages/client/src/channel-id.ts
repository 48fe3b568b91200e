// Channel id: name and parameters of a contract's channel as its id on the wire (P-CHAN-1). Without the contract: the
// name is the pattern.
import { describeParamProblem, encodeSegment, MAX_CHANNEL_ID_BYTES, TickwireError } from '@tickwire/protocol';

/**
 * The id of a channel.
 * @throws TickwireError `bad_params` when a parameter is missing, empty or holds what an id may not hold.
 */
export function channelIdOf(name: string, params: Readonly<Record<string, unknown>> = {}): string {
  const refuse = (why: string): never => {
    throw new TickwireError('bad_params', `Channel "${name}": ${why}`);
  };
  const id = name.replace(/\{(\w+)\}/g, (_, param: string) => {
    const value = Object.hasOwn(params, param) ? params[param] : undefined;
    const problem = describeParamProblem(value);
    return problem === undefined ? encodeSegment(String(value)) : refuse(`parameter "${param}" ${problem}`);
  });
  for (const param of Object.keys(params))
    if (!name.includes(`{${param}}`)) refuse(`it has no parameter "${param}"`);
  return id.length > MAX_CHANNEL_ID_BYTES
    ? refuse(`the id is longer than ${MAX_CHANNEL_ID_BYTES} bytes`)
    : id;
}
