// Push: publishes what a test has into a channel of any kind. Knows publishers, not who hears them.
import type {
  AnyContract,
  ChannelName,
  InferItemInput,
  InferKind,
  InferParams,
  ParamsArgument,
  Position,
} from '@tickwire/protocol';
import type {
  ChannelOpener,
  CollectionPublisher,
  PublisherOf,
  StatePublisher,
  StreamPublisher,
} from '@tickwire/server';

/** What may be pushed: the document of a state; one or more records of a collection, or events of a stream. */
export type PushedValues<C extends AnyContract, N extends ChannelName<C>> =
  InferKind<C, N> extends 'state'
    ? [value: InferItemInput<C, N>]
    : [value: InferItemInput<C, N>, ...more: InferItemInput<C, N>[]];

/** Parameters, where the channel has any, and then what is pushed. */
export type PushArguments<C extends AnyContract, N extends ChannelName<C>> = N extends `${string}{${string}`
  ? [params: InferParams<C, N>, ...values: PushedValues<C, N>]
  : PushedValues<C, N>;

/** Publishes, from a test. */
export interface Pushes<C extends AnyContract> {
  /**
   * Publishes: replaces the document of a state, upserts records of a collection, appends events to a stream. In virtual
   * time every client that is connected has been told when it resolves; in real time they are a moment later. Rejects
   * with `bad_input` where a value does not fit the contract.
   * @example `await test.push('price/{symbol}', { symbol: 'BTC-USD' }, { bid: 1, ask: 2 })`
   */
  // Names are written out, not aliased: the compiler then lists them in its messages.
  push<N extends keyof C['channels'] & string>(channel: N, ...values: PushArguments<C, N>): Promise<Position>;
  /**
   * The publisher of a channel, for what `push` cannot say: `clear`, `patch`, `remove`, `update`, `read`. What it sends
   * arrives by itself, a moment later.
   * @throws TickwireError `bad_params` where a parameter cannot be part of an id.
   */
  channel<N extends keyof C['channels'] & string>(
    name: N,
    ...params: ParamsArgument<C, N>
  ): PublisherOf<C, N>;
}

/** Publishes the arguments of a `push` through an opener of the same contract. */
export function pushInto<C extends AnyContract, N extends ChannelName<C>>(
  contract: C,
  opener: ChannelOpener<C>,
  name: N,
  rest: PushArguments<C, N>,
): Promise<Position> {
  const { params, rest: values } = splitParams(contract, name, rest);
  const publisher: unknown = opener.channel(name, ...params);
  const { kind } = contract.channels[name] as { readonly kind: string };
  if (kind === 'state') return (publisher as StatePublisher<unknown, unknown>).set(values[0]);
  if (kind === 'collection') return (publisher as CollectionPublisher<unknown, unknown>).upsert(values);
  return (publisher as StreamPublisher<unknown, unknown>).append(...values);
}

/**
 * Takes the parameters of a channel off a list of arguments.
 * @throws TypeError where the contract has no such channel.
 */
export function splitParams<C extends AnyContract, N extends ChannelName<C>>(
  contract: C,
  name: N,
  rest: readonly unknown[],
): { readonly params: ParamsArgument<C, N>; readonly rest: readonly unknown[] } {
  if (!Object.hasOwn(contract.channels, name)) {
    throw new TypeError(
      `The contract has no channel "${name}". It has: ${Object.keys(contract.channels).join(', ')}.`,
    );
  }
  const taken = name.includes('{') ? 1 : 0;
  return { params: rest.slice(0, taken) as ParamsArgument<C, N>, rest: rest.slice(taken) };
}
