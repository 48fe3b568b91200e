// Test server: an application's own rules and handlers in a real server core, in memory and in virtual time.
import type { Client } from '@tickwire/client';
import type { AnyContract, PrincipalNotKnownYet } from '@tickwire/protocol';
import type { ServerAuthentication, ServerStats } from '@tickwire/server';
import {
  type BareServerSettings,
  createBareServer,
  type PlatformSettings,
  type RulesOf,
  type ServerCore,
} from '@tickwire/server/core';
import { type Pushes, pushInto } from '../script/push.js';
import { createTestPeer, type TestClientSettings, type TestPeer } from './test-peer.js';
import { type TestTime, TestWorld, type TestWorldOptions } from './test-world.js';

/** Settings of a test server: those of `createServer`, without what the test itself provides. */
export type TestServerSettings = Omit<BareServerSettings, keyof PlatformSettings> &
  TestWorldOptions & {
    /** @defaultValue a memory broker */
    readonly broker?: PlatformSettings['broker'] | undefined;
  };

/** Whom a test connects. */
export interface TestPeerSettings extends TestClientSettings {
  /**
   * What the client shows to `authenticate`.
   * @defaultValue what `getToken` gives; without it no token
   */
  readonly token?: string | undefined;
}

/** A server of a test. */
export interface TestServer<C extends AnyContract> extends TestTime, Pushes<C> {
  /**
   * A real client of this server. It connects when something is wanted of it, or by its `connect()`.
   * @example `const alice = server.connect({ token: 'alice' })`
   */
  connect(settings?: TestPeerSettings): TestPeer<C>;
  /** Breaks every line and takes no new ones: the server is gone, as far as clients can see. */
  disconnect(): Promise<void>;
  /** Is there again, and lets every client that was not closed try at once. */
  reconnect(): Promise<void>;
  /** Takes a channel or the connection itself from principals, as `revoke` of a server does. */
  readonly revoke: ServerCore<C>['revoke'];
  /** What the server holds now. */
  stats(): ServerStats;
  /** Ends all clients and the server. */
  close(): Promise<void>;
}

/**
 * Puts an application's own rules and handlers into a real server, with a memory broker, a network in memory and a time
 * that only the test moves. Write `authenticate` before `authorize` and `commands`, as for `createServer`.
 * @throws TypeError where the contract cannot be kept, or a rule or handler is missing.
 * @example
 * const server = createTestServer(market, { authenticate, authorize, commands });
 * const alice = server.connect({ token: 'alice' });
 * const order = await alice.client.command('placeOrder', { symbol: 'BTC-USD', size: 1 });
 */
export function createTestServer<
  const C extends AnyContract,
  Auth extends ServerAuthentication = PrincipalNotKnownYet,
>(contract: C, options: RulesOf<C, Auth> & TestServerSettings): TestServer<C> {
  const world = new TestWorld(options);
  const core = createBareServer(contract, {
    ...world.platform,
    ...options,
    broker: options.broker ?? world.platform.broker,
  });
  world.open(core);
  /** Those that were not closed. */
  const clients = new Set<Client<C>>();
  let connected = 0;
  const { clock, network, instants, random, address } = world;
  return {
    clock,
    network,
    advance: (ms) => world.advance(ms),
    settle: () => world.settle(),
    push: (name, ...values) => instants.step(() => pushInto(contract, core, name, values)),
    channel: (name, ...params) => core.channel(name, ...params),
    connect({ token, ...settings } = {}) {
      const peer = createTestPeer(
        contract,
        {
          clock,
          network,
          instants,
          random: random.fork(`client ${connected++}`),
          address,
          onClose: () => clients.delete(peer.client),
        },
        token === undefined ? settings : { getToken: () => token, ...settings },
      );
      clients.add(peer.client);
      return peer;
    },
    disconnect: () => world.cut(),
    reconnect: () =>
      world.mend(() => {
        for (const client of clients) client.connect();
      }),
    revoke: (revoked) => instants.step(() => core.revoke(revoked)),
    stats: () => core.stats(),
    close: () =>
      world.end(() => {
        for (const client of clients) client.close();
        return core.close({ drainMs: 0 });
      }),
  };
}
