// Test peer: a real client on a line of its own to a server in memory. Knows the network, not the server.
import { type Client, type ClientOptions, createClient, type Transport } from '@tickwire/client';
import type { AnyContract } from '@tickwire/protocol';
import type { VirtualClock } from '../clock/virtual-clock.js';
import { createVirtualEnvironment, type VirtualEnvironment } from '../environment/virtual-environment.js';
import type { VirtualNetwork } from '../network/virtual-network.js';
import { createVirtualTransport } from '../network/virtual-transport.js';
import type { SeededRandom } from '../random/seeded-random.js';
import type { Instants } from './instants.js';

/** What a test may say of its client: all but what the test itself provides. */
export type TestClientSettings = Omit<
  ClientOptions,
  'url' | 'transport' | 'WebSocket' | 'environment' | 'clock' | 'random'
>;

/** What a client has of its platform, in numbers. */
export interface Holdings {
  /** Timers that wait. */
  readonly timers: number;
  /** Connections, also those under way. */
  readonly sockets: number;
  /** Listeners to the page or device around the client. */
  readonly listeners: number;
}

/** A client of a test, and its line. */
export interface TestPeer<C extends AnyContract> {
  /** A real client: give it to components, or use it as an application does. */
  readonly client: Client<C>;
  /** The page or device around the client, to be hidden, taken offline and woken. */
  readonly environment: VirtualEnvironment;
  /** Breaks the line without a word, as a lost network does. The client tries again, in vain, until `reconnect()`. */
  disconnect(): Promise<void>;
  /** Mends the line and lets the client try at once. When it resolves, all its channels have caught up. */
  reconnect(): Promise<void>;
  /** What the client holds now: nothing after `close()`, and never more than before it was asked for something. */
  holdings(): Holdings;
  /** Ends the client, for good. */
  close(): Promise<void>;
}

/** What a peer lives in. */
export interface TestPeerOptions {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly instants: Instants;
  readonly random: SeededRandom;
  readonly address: string;
  /** The client was closed, by whomever. */
  readonly onClose?: (() => void) | undefined;
}

/** Says nothing: in a test, what goes wrong is told by promises, snapshots and events. */
const silence = (): void => undefined;

/** Makes a client, and the line to its server. */
export function createTestPeer<C extends AnyContract>(
  contract: C,
  { clock, network, instants, random, address, onClose }: TestPeerOptions,
  settings: TestClientSettings,
): TestPeer<C> {
  const machine = clock.machine();
  const environment = createVirtualEnvironment();
  let isCut = false;
  const transport = createVirtualTransport({
    network,
    machine,
    addressOf: () => (isCut ? 'nowhere' : address),
  });
  const made = createClient(contract, {
    logger: silence,
    ...settings,
    url: `ws://${address}/tickwire`,
    transport: rousing(transport, instants),
    environment,
    clock: instants.clock(machine),
    random,
  });
  const client: Client<C> = {
    ...made,
    close() {
      made.close();
      onClose?.();
    },
  };
  return {
    client,
    environment,
    holdings: () => ({
      timers: machine.pendingTimers,
      sockets: transport.openSockets,
      listeners: environment.listeners,
    }),
    disconnect: () =>
      instants.step(() => {
        isCut = true;
        network.cutMachine(machine);
      }),
    reconnect: () =>
      instants.step(() => {
        isCut = false;
        client.connect();
      }),
    close: () => instants.step(() => client.close()),
  };
}

/** What a client does to its line happens by itself. */
function rousing(transport: Transport, { rouse }: Instants): Transport {
  return {
    open(request, events) {
      rouse();
      const socket = transport.open(request, events);
      return {
        send: (text) => {
          rouse();
          socket.send(text);
        },
        close: (code, reason) => {
          rouse();
          socket.close(code, reason);
        },
      };
    },
  };
}
