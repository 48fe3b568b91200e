// Bare server: the core over what a platform hands in. Knows no platform itself; `createServer` is the one of Node.
import type { AnyContract, Clock, Logger, PrincipalNotKnownYet, Random } from '@tickwire/protocol';
import type { BrokerFactory } from './broker/broker.js';
import { InMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from './broker/memory.js';
import type { ServerAuthentication, ServerSettings } from './options.js';
import type { CreateAbortSource } from './ports/abort-source.js';
import type { FrameEncoder } from './ports/frame-encoder.js';
import { createServerCore, type RulesOf, type ServerCore } from './server.js';

/** What a server takes from its platform. Node's `createServer` has a default for each; here all must be given. */
export interface PlatformSettings {
  readonly clock: Clock;
  /** `id` names sessions, nodes and epochs: where servers share a broker it must not repeat. */
  readonly random: Random;
  readonly logger: Logger;
  /** Makes what the sockets given to `accept` write. */
  readonly frameEncoder: FrameEncoder;
  /** Where channels are kept: {@link createBareMemoryBroker}, or one of your own. */
  readonly broker: BrokerFactory;
  readonly createAbortSource: CreateAbortSource;
}

/** Settings of {@link createBareServer}: those of `createServer` without HTTP, and the platform. */
export type BareServerSettings = Omit<
  ServerSettings,
  'path' | 'allowedOrigins' | 'trustProxy' | keyof PlatformSettings
> &
  PlatformSettings;

/**
 * Creates a server that accepts whatever is given to `accept`. Write `authenticate` before `authorize` and `commands`, as
 * for `createServer`.
 * @throws TypeError where the contract cannot be kept, or a rule or handler is missing.
 */
export function createBareServer<
  const C extends AnyContract,
  Auth extends ServerAuthentication = PrincipalNotKnownYet,
>(contract: C, options: RulesOf<C, Auth> & BareServerSettings): ServerCore<C> {
  const { clock, random, logger, frameEncoder, broker, createAbortSource }: PlatformSettings = options;
  const platform = { clock, random, logger, encode: frameEncoder, broker, createAbortSource };
  return createServerCore(contract, options, options, platform).core;
}

/** Creates a memory broker that lives on the given time and chance. */
export function createBareMemoryBroker(
  options: MemoryBrokerOptions & { readonly clock: Clock; readonly random: Random },
): MemoryBroker {
  return new InMemoryBroker({
    clock: options.clock,
    random: options.random,
    maxTombstones: options.maxTombstones ?? DEFAULT_BROKER_BOUNDS.maxTombstones,
    maxUnwatchedChannels: options.maxUnwatchedChannels ?? DEFAULT_BROKER_BOUNDS.maxUnwatchedChannels,
  });
}

const DEFAULT_BROKER_BOUNDS = Object.freeze({ maxTombstones: 1_024, maxUnwatchedChannels: 100_000 });
