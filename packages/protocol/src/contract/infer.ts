// Inference: every type an application sees, from the type of its contract. The only clever types of the package.
import type { ChannelKind } from '../channel/kind.js';
import type { AbortSignalLike } from '../ports/abort-signal.js';
import type { AnyContract } from './contract.js';
import type { ErrorSchemas } from './definition.js';

/** Names of the parameters of a pattern, as a union. */
export type ParamName<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamName<Rest>
  : never;

/**
 * Names of the channels of a contract: its patterns. A public signature writes `keyof C['channels'] & string` out
 * instead, so that the compiler's messages list the names and not this alias.
 */
export type ChannelName<C extends AnyContract> = keyof C['channels'] & string;

/** Names of the channels of one kind. */
export type ChannelsOfKind<C extends AnyContract, Kind extends ChannelKind> = {
  [N in ChannelName<C>]: C['channels'][N]['kind'] extends Kind ? N : never;
}[ChannelName<C>];

/** Kind of a channel. */
export type InferKind<C extends AnyContract, N extends ChannelName<C>> = C['channels'][N]['kind'];

/** Parameters of a channel; an object without fields where the pattern has none. */
export type InferParams<C extends AnyContract, N extends ChannelName<C>> = {
  readonly [P in ParamName<N>]: string;
};

/**
 * The parameters as rest arguments, so that `channel('alerts')` and `channel('price/{symbol}', { symbol })` are both
 * right and nothing else is: `channel<N extends ChannelName<C>>(name: N, ...params: ParamsArgument<C, N>)`.
 */
export type ParamsArgument<C extends AnyContract, N extends ChannelName<C>> = N extends `${string}{${string}`
  ? [params: InferParams<C, N>]
  : [];

type SchemaOf<C extends AnyContract, N extends ChannelName<C>> = C['channels'][N]['schema'];

/** One document, record or event as it is read: `z.output`. */
export type InferItem<C extends AnyContract, N extends ChannelName<C>> = SchemaOf<C, N>['_zod']['output'];

/** One document, record or event as it is published: `z.input`, so that defaults may be left out. */
export type InferItemInput<C extends AnyContract, N extends ChannelName<C>> = SchemaOf<C, N>['_zod']['input'];

/** What a channel of this kind holds. */
export type ValueOfKind<Kind extends ChannelKind, Item> = Kind extends 'state'
  ? Item
  : Kind extends 'collection'
    ? ReadonlyMap<string, Item>
    : readonly Item[];

/** What a channel holds: the document, the records by key, or the events with the newest last. */
export type InferValue<C extends AnyContract, N extends ChannelName<C>> =
  N extends ChannelName<C> ? ValueOfKind<InferKind<C, N>, InferItem<C, N>> : never;

/** Names of the commands of a contract. */
export type CommandName<C extends AnyContract> = keyof C['commands'] & string;

/** What the caller gives: `z.input`. */
export type InferInput<
  C extends AnyContract,
  M extends CommandName<C>,
> = C['commands'][M]['input']['_zod']['input'];

/** What the handler gets: `z.output`, defaults filled in. */
export type InferParsedInput<
  C extends AnyContract,
  M extends CommandName<C>,
> = C['commands'][M]['input']['_zod']['output'];

/** What the caller gets: `z.output`. */
export type InferOutput<
  C extends AnyContract,
  M extends CommandName<C>,
> = C['commands'][M]['output']['_zod']['output'];

/** What the handler returns: `z.input`, so that defaults may be left out. */
export type InferOutputInput<
  C extends AnyContract,
  M extends CommandName<C>,
> = C['commands'][M]['output']['_zod']['input'];

/** Names of the errors a command declares. */
export type ErrorName<C extends AnyContract, M extends CommandName<C>> = keyof C['commands'][M]['errors'] &
  string;

/** Data of one declared error. */
export type InferErrorData<
  C extends AnyContract,
  M extends CommandName<C>,
  E extends ErrorName<C, M>,
> = C['commands'][M]['errors'][E]['_zod']['output'];

/** The declared errors of a command as a union of `{ name, data }`; `never` where it declares none. */
export type InferErrors<C extends AnyContract, M extends CommandName<C>> = ErrorsOf<
  C['commands'][M]['errors']
>;

type ErrorsOf<Errors extends ErrorSchemas> = {
  [E in keyof Errors & string]: { readonly name: E; readonly data: Errors[E]['_zod']['output'] };
}[keyof Errors & string];

/** What an authorization rule is told. */
export interface AuthorizeContext<Principal, Params> {
  readonly principal: Principal;
  readonly params: Params;
}

/**
 * One rule for every channel of the contract; leaving one out is a compile error. A rule says who is attached, never
 * what a shared frame holds. A rule that throws or rejects refuses.
 */
export type AuthorizeRules<C extends AnyContract, Principal> = {
  readonly [N in ChannelName<C>]: (
    context: AuthorizeContext<Principal, InferParams<C, N>>,
  ) => boolean | Promise<boolean>;
};

/** Throws one of the errors the command declares: `throw fail('insufficientFunds', { needed: '10' })`. */
export type FailFunction<C extends AnyContract, M extends CommandName<C>> = <
  E extends keyof C['commands'][M]['errors'] & string,
>(
  name: E,
  data: C['commands'][M]['errors'][E]['_zod']['input'],
  message?: string,
) => Error;

/** What a command handler is told besides its input. */
export interface CommandContext<C extends AnyContract, M extends CommandName<C>, Principal, Signal> {
  readonly principal: Principal;
  /** The caller's idempotency key; `undefined` when it gave none. */
  readonly idempotencyKey: string | undefined;
  /** Aborts at the deadline, when the caller cancels, and when the server stops. */
  readonly signal: Signal;
  /** Makes one of the command's declared errors, to be thrown. */
  readonly fail: FailFunction<C, M>;
}

/**
 * One handler for every command of the contract; leaving one out is a compile error. `Signal` lets a server name the
 * platform's `AbortSignal`, `More` what else it tells a handler.
 */
export type CommandHandlers<C extends AnyContract, Principal, Signal = AbortSignalLike, More = unknown> = {
  readonly [M in CommandName<C>]: (
    input: InferParsedInput<C, M>,
    context: CommandContext<C, M, Principal, Signal> & More,
  ) => InferOutputInput<C, M> | Promise<InferOutputInput<C, M>>;
};
