// Test client: a real client for one component or store, and the server that does what the test says.
import type { AnyContract } from '@tickwire/protocol';
import { type Pushes, pushInto } from '../script/push.js';
import { scriptOf, ScriptedServer, type ServerScript } from '../script/server-script.js';
import { createTestPeer, type TestClientSettings, type TestPeer } from '../test-server/test-peer.js';
import { type TestTime, TestWorld, type TestWorldOptions } from '../test-server/test-world.js';

/** Options of {@link createTestClient}: those of a client, and of the test's world. */
export interface TestClientOptions extends TestClientSettings, TestWorldOptions {}

/** A client, and everything a test may do to it. */
export interface TestClient<C extends AnyContract>
  extends TestPeer<C>, TestTime, Pushes<C>, ServerScript<C> {}

/**
 * A real client for a test, with a real server core behind it that lets everybody in, answers what the test says, and
 * needs no port and no time: what needs no time happens by itself, and time passes only in `advance`. Nothing is
 * random that is not seeded.
 * @example
 * const test = createTestClient(market, { act });
 * const { useChannel } = createTickwireHooks(market, { client: test.client });
 * render(<Price symbol="BTC-USD" />);
 * await test.push('price/{symbol}', { symbol: 'BTC-USD' }, { bid: 1, ask: 2 });
 */
export function createTestClient<const C extends AnyContract>(
  contract: C,
  options: TestClientOptions = {},
): TestClient<C> {
  const { act, seed, conditions, startWallMs, serverLogger, ...settings } = options;
  const world = new TestWorld({ act, seed, conditions, startWallMs, serverLogger });
  const server = new ScriptedServer(contract, world.platform);
  world.open(server.core);
  const { clock, network, instants, random, address } = world;
  const peer = createTestPeer(
    contract,
    { clock, network, instants, random: random.fork('client'), address },
    settings,
  );
  return {
    ...scriptOf(
      () => server,
      (step) => instants.step(step),
    ),
    client: peer.client,
    environment: peer.environment,
    clock,
    network,
    advance: (ms) => world.advance(ms),
    settle: () => world.settle(),
    push: (name, ...values) => instants.step(() => pushInto(contract, server.core, name, values)),
    channel: (name, ...params) => server.core.channel(name, ...params),
    holdings: () => peer.holdings(),
    disconnect: () => peer.disconnect(),
    reconnect: () => peer.reconnect(),
    close: () =>
      world.end(() => {
        peer.client.close();
        return server.core.close({ drainMs: 0 });
      }),
  };
}
