// Handler context: what a handler is given besides its input, and what it did with it: where its publishes can be seen,
// and what it committed itself.
import {
  type AnyContract,
  type CommandDefinition,
  type EffectPosition,
  type Position,
  TickwireError,
} from '@tickwire/protocol';
import type { ChannelSpec, Change } from '../broker/broker.js';
import type { AbortSource } from '../ports/abort-source.js';
import type { CommandKey, CommandOutcome } from '../ports/idempotency-store.js';
import { type ChannelOpener, createChannelPublisher, type PublishingBroker } from '../publisher.js';
import type { ChannelDirectory } from '../session/channel-directory.js';
import { checkValue } from '../value/check.js';
import { fail } from './fail.js';

/** What a handler writes in its own transaction, so that its effect and its key are kept together or not at all. */
export interface CommittedCommand extends CommandKey {
  readonly fingerprint: string;
  /** The run that commits: where the row of the claim is in the same database, write only where it still names this run. */
  readonly run: string;
  readonly outcome: CommandOutcome;
  /** For how long the record must be kept, in milliseconds from now. */
  readonly ttlMs: number;
}

/** What a server tells a command handler besides what every handler is told. */
export interface ServerHandlerContext<C extends AnyContract = AnyContract> {
  /**
   * The publisher of a channel, as `server.channel` gives it; where its publishes can be seen is told to the caller, who may
   * wait for that. Await them: what is not published when the handler ends is not told.
   */
  readonly channel: ChannelOpener<C>['channel'];
  /**
   * Records how the command ends in the handler's own transaction. Call it last in there and return what it resolves with:
   *
   * ```ts
   * return database.transaction(async (tx) => {
   *   const orderId = await tx.insertOrder(order);
   *   return commit({ orderId }, (record) => tx.insertCommand(record));
   * });
   * ```
   *
   * Then a key whose record is there was done, and one whose record is not there was not, whenever the process died; the
   * store's `read` must see the record. Called again, because the transaction is tried again, the last call counts. The
   * output is checked before `write`. Without a key there is nothing to record, and `write` is not called.
   * @throws TickwireError `internal` where the output does not fit the contract, and whatever `write` throws: let both
   * pass, so that the transaction is rolled back.
   */
  readonly commit: <Output>(output: Output, write: (record: CommittedCommand) => unknown) => Promise<Output>;
}

/** The context with its types forgotten. */
export interface HandlerContext extends Omit<ServerHandlerContext, 'channel'> {
  readonly principal: unknown;
  readonly idempotencyKey: string | undefined;
  readonly signal: AbortSource['signal'];
  readonly fail: typeof fail;
  readonly channel: (name: string, params?: Readonly<Record<string, string>>) => object;
}

/** The key under which a handler runs. */
export type RunningKey = Omit<CommittedCommand, 'outcome'>;

/** What one run is given, and does. */
export interface HandlerRun {
  readonly context: HandlerContext;
  /** Where its publishes can be seen; `undefined` where it published nothing. */
  effects(): readonly EffectPosition[] | undefined;
  /** Whether it has written its key in a transaction of its own, which may or may not have been committed. */
  hasCommitted(): boolean;
}

/** Makes what one run is given. */
export function createHandlerRun(
  definition: CommandDefinition,
  caller: { readonly principal: unknown },
  signal: AbortSource['signal'],
  key: RunningKey | null,
  directory: ChannelDirectory,
  broker: PublishingBroker,
): HandlerRun {
  const positions = new Map<string, Position>();
  let hasCommitted = false;
  const noting: PublishingBroker = {
    // A broker that cannot tell stays one that cannot.
    ...(broker.closeFeed && { closeFeed: broker.closeFeed.bind(broker) }),
    read: (spec) => broker.read(spec),
    publish: async (spec: ChannelSpec, change: Change) => {
      const position = await broker.publish(spec, change);
      const before = positions.get(spec.id);
      // Publishes of one handler may be answered in another order.
      if (before?.epoch !== position.epoch || before.offset < position.offset)
        positions.set(spec.id, position);
      return position;
    },
  };
  return {
    context: {
      principal: caller.principal,
      idempotencyKey: key?.key,
      signal,
      fail,
      channel: (name, params) => createChannelPublisher(directory.of(name, params), noting),
      commit: async (output, write) => {
        const checked = checkValue(definition.output, output);
        if (!checked.ok)
          throw new TickwireError('internal', `The output does not fit the contract: ${checked.where}.`);
        if (key === null) return output;
        hasCommitted = true;
        await write({ ...key, outcome: checked.value === undefined ? {} : { v: checked.value } });
        return output;
      },
    },
    effects: () =>
      positions.size === 0
        ? undefined
        : [...positions].map(([c, { epoch, offset }]) => ({ c, e: epoch, o: offset })),
    hasCommitted: () => hasCommitted,
  };
}
