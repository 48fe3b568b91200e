// Simulated client: a real client on a virtual machine, every listener of which writes into the history.
import {
  type ChannelHandle,
  type ChannelSnapshot,
  type Client,
  type CollectionHandle,
  createClient,
  type StreamHandle,
} from '@tickwire/client';
import { type Clock, isTickwireError } from '@tickwire/protocol';
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import { createVirtualEnvironment, type VirtualEnvironment } from '../environment/virtual-environment.js';
import type { VirtualConnection, VirtualNetwork } from '../network/virtual-network.js';
import { createVirtualTransport, type VirtualTransport } from '../network/virtual-transport.js';
import type { SeededRandom } from '../random/seeded-random.js';
import { canonicalJson } from './canonical-json.js';
import type { ChannelPlan, SimulationContract } from './contract.js';
import type { History } from './history.js';
import type { HookFaults } from './hook-faults.js';
import type { Action, ClientPlan } from './scenario.js';
import { shown, shownAtRest } from './shown.js';

/** What a simulated client lives in. */
export interface SimulatedClientOptions {
  readonly plan: ClientPlan;
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly history: History;
  readonly random: SeededRandom;
  readonly servers: number;
  readonly hooks: HookFaults;
  /** What its program takes for its clock. @defaultValue the machine's */
  readonly clockOf?: ((machine: VirtualMachine) => Clock) | undefined;
}

/** What handles of all kinds have in common, their values unknown. */
interface AnyHandle extends Pick<ChannelHandle<unknown>, 'getSnapshot' | 'on'> {
  subscribe(listener: (snapshot: ChannelSnapshot<unknown>) => void): () => void;
}

interface Interest {
  readonly handle: AnyHandle;
  readonly unsubscribe: () => void;
}

/** Wraps a listener so that a call after its end is written down instead of made. */
type WhileOpen = <Args extends readonly unknown[]>(
  what: string,
  run: (...args: Args) => void,
) => (...args: Args) => void;

/** One client of a run. */
export class SimulatedClient {
  readonly plan: ClientPlan;
  readonly machine: VirtualMachine;
  readonly environment: VirtualEnvironment;
  readonly #options: SimulatedClientOptions;
  readonly #client: Client<SimulationContract>;
  readonly #transport: VirtualTransport;
  readonly #interests = new Map<number, Interest>();
  #tokens = 0;
  #openCommands = 0;
  #closed = false;

  constructor(options: SimulatedClientOptions) {
    const { plan, clock, network, history, random, servers, hooks } = options;
    this.plan = plan;
    this.machine = clock.machine();
    this.environment = createVirtualEnvironment();
    this.#options = options;
    const route = random.fork('route');
    this.#transport = createVirtualTransport({
      network,
      machine: this.machine,
      // A load balancer: every attempt may reach another server.
      addressOf: () => `server-${route.int(0, servers - 1)}`,
    });
    this.#client = createClient<SimulationContract>({
      url: 'ws://simulation/tickwire',
      getToken: async () => {
        const slow = hooks.delayMs('getToken');
        if (slow > 0) await new Promise<void>((resolve) => this.machine.schedule(slow, resolve));
        if (hooks.fails('getToken')) throw new Error('Nobody is logged in.');
        return `${plan.principal}#${plan.name}#${++this.#tokens}`;
      },
      transport: this.#transport,
      environment: this.environment,
      clock: options.clockOf?.(this.machine) ?? this.machine,
      random: random.fork('client'),
      logger: () => undefined,
      scheduler: plan.scheduler,
      releaseGraceMs: plan.releaseGraceMs,
      reconnect: { initialDelayMs: plan.initialDelayMs, maxDelayMs: plan.maxDelayMs },
      queue: { maxSize: plan.maxQueued },
    });
    this.#client.on('disconnected', () => {
      if (this.#closed)
        history.add({ type: 'calledLate', what: `${plan.name}: "disconnected" after close().` });
      else history.add({ type: 'interrupted', client: plan.name });
    });
  }

  /** Connections this client has an end of. */
  connections(): VirtualConnection[] {
    return this.#options.network.connections.filter((connection) => connection.touches(this.machine));
  }

  subscribe(subscription: number, channel: ChannelPlan, last: number | null): void {
    const { history } = this.#options;
    let ended = false;
    const whileOpen: WhileOpen =
      (what, run) =>
      (...args) => {
        if (!ended) run(...args);
        else
          history.add({
            type: 'calledLate',
            what: `${this.plan.name} on ${channel.id}: ${what} after its end.`,
          });
      };
    history.add({ type: 'subscribed', subscription, client: this.plan.name, channel: channel.id });
    const handle = this.#handle(channel, last);
    const stops = [
      handle.on(
        'gap',
        whileOpen('a gap', ({ why, lost }) => {
          const { position } = handle.getSnapshot();
          history.add({ type: 'gap', subscription, why, lost: lost && [lost.from, lost.to], to: position });
        }),
      ),
      handle.on(
        'recovered',
        whileOpen('a recovery', ({ mode, to }) => history.add({ type: 'recovered', subscription, mode, to })),
      ),
      handle.on(
        'error',
        whileOpen('an error', ({ code }) => history.add({ type: 'refused', subscription, code })),
      ),
      ...this.#listen(subscription, channel, handle, whileOpen),
      handle.subscribe(
        whileOpen('a snapshot', ({ position, data, status }) =>
          history.add({ type: 'applied', subscription, position, value: shown(data), status }),
        ),
      ),
    ];
    this.#interests.set(subscription, {
      handle,
      unsubscribe: () => {
        for (const stop of stops) stop();
        ended = true;
      },
    });
  }

  unsubscribe(subscription: number): void {
    const interest = this.#interests.get(subscription);
    if (interest === undefined) return;
    this.#interests.delete(subscription);
    interest.unsubscribe();
    this.#options.history.add({ type: 'unsubscribed', subscription });
  }

  command({ call, sameAs, key, timeoutMs, queued = false }: Extract<Action, { do: 'command' }>): void {
    const { history } = this.#options;
    const { principal, name } = this.plan;
    this.#openCommands++;
    history.add({ type: 'commandCalled', call, principal, command: 'place', key, input: sameAs });
    const how = { timeoutMs, queue: queued, ...(key === null ? {} : { key }) };
    this.#client.command('place', { call: sameAs }, how).then(
      (output) => {
        this.#openCommands--;
        history.add({
          type: 'commandSettled',
          call,
          executed: 'yes',
          code: null,
          output: canonicalJson(output),
        });
      },
      (error: unknown) => {
        this.#openCommands--;
        if (!isTickwireError(error))
          throw new Error(`${name}: a command rejected with ${String(error)}`, { cause: error });
        history.add({
          type: 'commandSettled',
          call,
          executed: error.executed,
          code: error.code,
          output: null,
        });
      },
    );
  }

  /** Lets this client's program do something; while its machine is frozen, that waits. */
  readonly do = (run: () => void): void => this.machine.schedule(0, run);

  connect(): void {
    this.#client.connect();
  }

  disconnect(): void {
    this.#client.disconnect();
  }

  /** Writes down where every open subscription stands. */
  recordRest(): void {
    for (const [subscription, { handle }] of this.#interests) {
      const { position, data, status, error } = handle.getSnapshot();
      if (error !== null) this.#options.history.add({ type: 'refused', subscription, code: error.code });
      this.#options.history.add({ type: 'atRest', subscription, position, value: shownAtRest(data), status });
    }
  }

  close(): void {
    for (const subscription of [...this.#interests.keys()]) this.unsubscribe(subscription);
    this.#client.close();
    this.#closed = true;
  }

  /** Writes down what a closed client has left behind. */
  recordLeftOvers(): void {
    const left = (what: string, count: number): void =>
      this.#options.history.add({
        type: 'leftOver',
        owner: 'client',
        what: `${what} of ${this.plan.name}`,
        count,
      });
    left('timers', this.machine.pendingTimers);
    left('sockets', this.#transport.openSockets);
    left('listeners of the environment', this.environment.listeners);
    left('unanswered commands', this.#openCommands);
  }

  /** What a handle of this kind tells at receipt, besides snapshots. */
  #listen(subscription: number, channel: ChannelPlan, handle: AnyHandle, whileOpen: WhileOpen) {
    const { history } = this.#options;
    if (channel.kind === 'stream') {
      return [
        (handle as unknown as StreamHandle<unknown>).onEvent(
          whileOpen('an event', (event, { epoch, offset }) =>
            history.add({
              type: 'delivered',
              subscription,
              position: { epoch, offset },
              value: canonicalJson(event),
            }),
          ),
        ),
      ];
    }
    if (channel.kind === 'collection') {
      // A grid: it starts from what is shown and then lives on the changes alone.
      const records = new Map(handle.getSnapshot().data as ReadonlyMap<string, unknown> | undefined);
      return [
        (handle as unknown as CollectionHandle<unknown>).onChange(
          whileOpen('a change', ({ upserted, removed, position }) => {
            for (const [key, record] of upserted) records.set(key, record);
            for (const key of removed) records.delete(key);
            // A channel that was taken away empties the grid; that is no value of the channel.
            if (handle.getSnapshot().position === null) return;
            history.add({ type: 'applied', subscription, position, value: shown(records), status: 'live' });
          }),
        ),
      ];
    }
    return [];
  }

  #handle(channel: ChannelPlan, last: number | null): AnyHandle {
    const { family, parameter } = channel;
    switch (family) {
      case 'quote':
        return this.#client.channel('quote/{symbol}', { symbol: parameter });
      case 'book':
        return this.#client.channel('book/{symbol}', { symbol: parameter });
      case 'tape':
        return withLast(this.#client.channel('tape/{symbol}', { symbol: parameter }), last);
      case 'wallet':
        return this.#client.channel('wallet/{owner}', { owner: parameter });
      case 'positions':
        return this.#client.channel('positions/{owner}', { owner: parameter });
      case 'alerts':
        return withLast(this.#client.channel('alerts/{owner}', { owner: parameter }), last);
    }
  }
}

function withLast<Event>(handle: StreamHandle<Event>, last: number | null): StreamHandle<Event> {
  return last === null ? handle : handle.with({ last });
}
