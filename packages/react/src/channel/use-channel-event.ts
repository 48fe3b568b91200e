// useChannelEvent: a component hears of every change without rendering. For charts, grids, sounds, notices.
import { useEffect, useInsertionEffect, useRef } from 'react';
import type { ChannelSnapshot, CollectionChange, EventMeta, EventOptions } from '@tickwire/client';
import type { AnyContract, ChannelName, InferItem, InferKind, InferParams } from '@tickwire/protocol';
import type { HookClient } from '../hook-client.js';
import type { SkipToken } from '../skip-token.js';
import { listen, type Listener } from './listen.js';
import { openChannel } from './use-channel.js';

/**
 * What is called, by the kind of the channel: a stream tells each event in order, a collection each change of records,
 * a state each new value (`undefined` when it is cleared). Who holds the channel first is told what the server has:
 * the value, all records, the events of a stream's history with `meta.replayed`; leave those out where something rings.
 * Who comes later is not told what was there before.
 */
export type ChannelEventListener<C extends AnyContract, N extends ChannelName<C>> = {
  /** The new value; `undefined` when it was cleared. */
  readonly state: (value: InferItem<C, N> | undefined, snapshot: ChannelSnapshot<InferItem<C, N>>) => void;
  /** The records that changed. */
  readonly collection: (change: CollectionChange<InferItem<C, N>>) => void;
  /** The next event. */
  readonly stream: (event: InferItem<C, N>, meta: EventMeta) => void;
}[InferKind<C, N>];

/** What follows the parameters in `useChannelEvent`: for a stream also how fast its events may be handled. */
type Listening<C extends AnyContract, N extends ChannelName<C>, Skip = never> =
  InferKind<C, N> extends 'stream'
    ? [listener: ChannelEventListener<C, N> | Skip, options?: EventOptions]
    : [listener: ChannelEventListener<C, N> | Skip];

/** What follows the name of a channel in `useChannelEvent`: parameters where its pattern has some, then the listener. */
export type UseChannelEventArguments<
  C extends AnyContract,
  N extends ChannelName<C>,
> = N extends `${string}{${string}`
  ? [params: InferParams<C, N> | SkipToken, ...listening: Listening<C, N>]
  : Listening<C, N, SkipToken>;

/**
 * Hears of every change of a channel, at receipt and in order, and never renders. The listener may be written inline:
 * always the one of the last commit is called, and a new one does not subscribe again.
 * @example `useChannelEvent('trades/{symbol}', { symbol }, (trade) => chart.update(trade))`
 */
export type UseChannelEvent<C extends AnyContract> = <N extends keyof C['channels'] & string>(
  name: N,
  ...rest: UseChannelEventArguments<C, N>
) => void;

export function createUseChannelEvent(useClient: () => HookClient) {
  return function useChannelEvent(name: string, ...rest: readonly unknown[]): void {
    const client = useClient();
    const [handle, listener, options = {}] = openChannel(client, name, rest);
    const { maxPerSecond, maxQueueSize, onOverflow } = options as EventOptions;
    const id = handle?.id ?? null;

    const latest = useRef<Latest>([]);
    useInsertionEffect(() => {
      latest.current = [listener, onOverflow] as Latest;
    });

    useEffect(
      () =>
        handle === null
          ? undefined
          : listen(handle, (...heard) => latest.current[0]?.(...heard), {
              maxPerSecond,
              maxQueueSize,
              onOverflow: (dropped) => latest.current[1]?.(dropped),
            }),
      // The handle is new in every render; what it stands for is told by client and id.
      // eslint-disable-next-line react-hooks/exhaustive-deps
      [client, id, maxPerSecond, maxQueueSize],
    );
  };
}

type Latest = readonly [listener?: Listener, onOverflow?: EventOptions['onOverflow']];
