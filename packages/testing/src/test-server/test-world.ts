// Test world: the time, the network and the broker of one test. Knows servers and clients by their ports only.
import type { Logger } from '@tickwire/protocol';
import { createBareMemoryBroker, type PlatformSettings } from '@tickwire/server/core';
import { VirtualClock, type VirtualMachine } from '../clock/virtual-clock.js';
import { type AcceptingServer, listenVirtually, virtualFrameEncoder } from '../network/virtual-listener.js';
import { VirtualNetwork } from '../network/virtual-network.js';
import type { PipeConditions } from '../network/virtual-pipe.js';
import { SeededRandom } from '../random/seeded-random.js';
import { createAbortSource, errorsToConsole } from '../script/server-platform.js';
import { type Act, Instants } from './instants.js';

/** What every test may say of its world. */
export interface TestWorldOptions {
  /**
   * Wraps everything that happens: give `act` of `@testing-library/react` where components are rendered.
   * @defaultValue nothing is wrapped
   */
  readonly act?: Act | undefined;
  /**
   * Where chance begins: equal seeds, equal runs.
   * @defaultValue 1
   */
  readonly seed?: number | string | undefined;
  /**
   * How the network carries messages. With a latency nothing arrives before `advance`.
   * @defaultValue at once
   */
  readonly conditions?: Partial<PipeConditions> | undefined;
  /**
   * What the wall clock shows at the start, in milliseconds since 1970.
   * @defaultValue 1_750_000_000_000 (June 2025)
   */
  readonly startWallMs?: number | undefined;
  /**
   * Receives the server's diagnostics.
   * @defaultValue errors go to the console: they say for instance that an answer does not fit the contract
   */
  readonly serverLogger?: Logger | undefined;
}

/** Time, as a test moves it. */
export interface TestTime {
  /**
   * Time, shared by the server and all clients: to be read, to set timers, to jump the wall clock. Only `advance` and
   * `settle` of the test move it: what happens by itself moves it too, and two at once it refuses.
   */
  readonly clock: Omit<VirtualClock, 'advance' | 'settle'>;
  /** The network, for what `disconnect` cannot say: half-open connections, stalls, slow readers. */
  readonly network: VirtualNetwork;
  /** Lets so many milliseconds pass, with everything that happens in them: timeouts, retries, staleness. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. It would happen by itself; this waits for it. */
  settle(): Promise<void>;
}

const PROMPT = Object.freeze({ latencyMs: 0 });
const SERVER_ADDRESS = 'server';

/** The world of one test. */
export class TestWorld implements TestTime {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly random: SeededRandom;
  readonly instants: Instants;
  readonly address = SERVER_ADDRESS;
  readonly machine: VirtualMachine;
  readonly platform: PlatformSettings;
  #server: AcceptingServer | undefined;
  #stopListening: () => void = () => undefined;

  constructor(options: TestWorldOptions) {
    const { startWallMs, seed = 1, conditions, act, serverLogger = errorsToConsole('test') } = options;
    this.clock = new VirtualClock(startWallMs === undefined ? {} : { startWallMs });
    this.random = new SeededRandom(`test ${seed}`);
    this.instants = new Instants(this.clock, act);
    this.network = new VirtualNetwork({
      clock: this.clock,
      random: this.random.fork('network'),
      conditions: { ...PROMPT, ...conditions },
    });
    this.machine = this.clock.machine();
    const clock = this.instants.clock(this.machine);
    const random = this.random.fork('server');
    this.platform = {
      clock,
      random,
      logger: serverLogger,
      frameEncoder: virtualFrameEncoder,
      broker: createBareMemoryBroker({ clock, random: this.random.fork('broker') }).connect,
      createAbortSource,
    };
  }

  /** Puts the server on the network. */
  open(server: AcceptingServer): void {
    this.#server = server;
    this.#listen();
  }

  advance(ms: number): Promise<void> {
    return this.instants.step(() => undefined, ms);
  }

  settle(): Promise<void> {
    return this.advance(0);
  }

  /** Cuts every line, and refuses new ones. */
  cut(): Promise<void> {
    return this.instants.step(() => {
      this.#stopListening();
      this.network.cutMachine(this.machine);
    });
  }

  /** Takes new lines again, and lets `again` try at once. */
  mend(again: () => void): Promise<void> {
    return this.instants.step(() => {
      this.#listen();
      again();
    });
  }

  /** Lets a server end that has no reason to wait. */
  async end(close: () => Promise<void>): Promise<void> {
    const closed = await this.instants.step(() => ({ promise: close() }), DRAINED_MS);
    this.#stopListening();
    await closed.promise;
  }

  #listen(): void {
    if (this.#server === undefined) return;
    const { network, machine, address } = this;
    this.#stopListening = listenVirtually({ network, machine, address, server: this.#server });
  }
}

/** More than a server waits for commands that run, and for peers that do not answer its close. */
const DRAINED_MS = 60_000;
