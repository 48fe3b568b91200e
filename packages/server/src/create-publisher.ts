// Bare publisher: the channels of a contract over a broker, without a server. For feeds and tests.
import type { AnyContract } from '@tickwire/protocol';
import type { BrokerFactory } from './broker/broker.js';
import { channelOpener, type ChannelOpener } from './publisher.js';
import { createChannelDirectory } from './session/channel-directory.js';

/** Publishes without sockets. */
export interface BarePublisher<C extends AnyContract = AnyContract> extends ChannelOpener<C> {
  /** Ends the connection to the broker; publishes after it reject with `unavailable`. */
  close(): Promise<void>;
}

/** Options of {@link createPublisher}. */
export interface PublisherOptions {
  /** The broker the servers use: `broker.connect` of a memory broker they share. */
  readonly broker: BrokerFactory;
}

/**
 * Opens the channels of a contract for publishing, without a server.
 * @example `createPublisher(market, { broker: broker.connect }).channel('alerts').append(alert)`
 */
export function createPublisher<const C extends AnyContract>(
  contract: C,
  { broker }: PublisherOptions,
): BarePublisher<C> {
  const connection = broker({
    onPublication: () => undefined,
    onDeliveryUncertain: () => undefined,
  });
  return {
    channel: channelOpener<C>(createChannelDirectory(contract), connection),
    close: () => connection.close(),
  };
}
