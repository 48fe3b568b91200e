// useChannel: a component reads a channel. Knows the client's stores, no sockets and no frames.
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { AnyContract, ChannelName, InferParams, InferValue } from '@tickwire/protocol';
import type { HookChannel, HookClient } from '../hook-client.js';
import { skipToken, type SkipToken } from '../skip-token.js';
import {
  createSelection,
  UNKNOWN,
  type ChannelResult,
  type SelectionOptions,
  type Shown,
} from './selection.js';

/** Options of `useChannel`. */
export interface UseChannelOptions<V, S> extends SelectionOptions<V, S> {
  /**
   * Most updates a second this component sees; the latest value always arrives. Between two of them the old snapshot
   * stays, whatever else makes the component render.
   * @defaultValue the client's own setting: once a frame in a browser
   */
  readonly maxUpdatesPerSecond?: number | undefined;
}

type WithParams = `${string}{${string}`;

/** The name itself; for a channel with parameters a sentence that no name equals. */
export type NameAlone<N extends string> = N extends WithParams
  ? `${N} takes its parameters as the second argument`
  : N;

/** What follows the name: the parameters where its pattern has some, else the options. */
export type ParamsOrOptions<C extends AnyContract, N extends ChannelName<C>, S> =
  | (N extends WithParams ? InferParams<C, N> : never)
  // An intersection and not a branch: only so are an inline `select` and an inline `isEqual` inferred side by side.
  | (UseChannelOptions<InferValue<C, N>, S> & (N extends WithParams ? never : unknown))
  | SkipToken;

/**
 * Reads a channel and renders when what is read changes. Subscribes after the first commit; components that read the
 * same channel share one subscription, which outlives the last of them by the client's `releaseGraceMs`. Parameters
 * are compared by the channel they name, so they may be written inline.
 * @throws TickwireError `bad_params` while rendering, when a parameter is empty or cannot stand in a channel id.
 * @example `const { data, status } = useChannel('price/{symbol}', { symbol }, { select: (p) => p.bid })`
 */
export interface UseChannel<C extends AnyContract> {
  // Told apart by the number of arguments, so that a mistake is reported against one signature only.
  <N extends ChannelName<C>>(name: NameAlone<N>): ChannelResult<InferValue<C, N>>;
  // Names are written out, not aliased: the compiler then lists them in its messages.
  <N extends keyof C['channels'] & string, S = InferValue<C, N>>(
    name: N,
    paramsOrOptions: ParamsOrOptions<C, N, S>,
  ): ChannelResult<S>;
  <N extends keyof C['channels'] & WithParams, S = InferValue<C, N>>(
    name: N,
    params: InferParams<C, N> | SkipToken,
    options: UseChannelOptions<InferValue<C, N>, S> | undefined,
  ): ChannelResult<S>;
}

/** Nothing to read: stands in for a channel that is skipped. */
const NOTHING = { subscribe: () => () => undefined, getSnapshot: () => UNKNOWN };

/**
 * The handle (`null` where it is skipped), and what follows the parameters. A channel without parameters has its
 * options, or its listener, where others have their parameters.
 */
export function openChannel(
  client: HookClient,
  name: string,
  rest: readonly unknown[],
): readonly [handle: HookChannel | null, ...more: unknown[]] {
  const [params, ...more] = name.includes('{') ? rest : [undefined, ...rest];
  return [rest[0] === skipToken ? null : client.channel(name, params), ...more];
}

export function createUseChannel(useClient: () => HookClient) {
  return function useChannel(name: string, ...rest: readonly unknown[]): ChannelResult<unknown> {
    const client = useClient();
    const [handle, given] = openChannel(client, name, rest);
    const options = (given ?? {}) as UseChannelOptions<unknown, unknown>;
    const { select, isEqual, initialData, keepPreviousData, maxUpdatesPerSecond } = options;
    const id = handle?.id ?? null;

    const store = useMemo(
      () => handle?.view({ maxUpdatesPerSecond }) ?? NOTHING,
      // The handle is new in every render; what it stands for is told by client and id.
      // eslint-disable-next-line react-hooks/exhaustive-deps
      [client, id, maxUpdatesPerSecond],
    );

    // A box that every commit fills: what is equal to what is on the screen stays the same object.
    const [shown] = useState<Shown<unknown, unknown>>({});
    const selection = useMemo(
      () => createSelection(id, store.getSnapshot, options, shown),
      // The options object is new in every render; what stands in it is told one by one.
      // eslint-disable-next-line react-hooks/exhaustive-deps
      [id, store, select, isEqual, initialData, keepPreviousData, shown],
    );
    const result = useSyncExternalStore(store.subscribe, selection.getResult, selection.getServerResult);
    useEffect(() => {
      if (shown.initialData !== initialData) {
        shown.initialData = initialData;
        shown.initialId = id;
      }
      shown.id = id;
      shown.result = result;
    });
    return result;
  };
}
