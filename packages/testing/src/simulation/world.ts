// World: the machines of one run and everything that can be done to them. Executes the steps of a scenario.
import { type Clock, CloseCode } from '@tickwire/protocol';
import { createMemoryIdempotencyStore } from '@tickwire/server';
import { VirtualClock, type VirtualMachine } from '../clock/virtual-clock.js';
import { type VirtualConnection, VirtualNetwork } from '../network/virtual-network.js';
import type { PipeConditions } from '../network/virtual-pipe.js';
import { SeededRandom } from '../random/seeded-random.js';
import { type ChannelPlan, simulationContract } from './contract.js';
import { History } from './history.js';
import { HookFaults } from './hook-faults.js';
import { Rules } from './rules.js';
import { type LinkConditions, soundAgain } from './broker-link.js';
import type { Action, Scenario } from './scenario.js';
import { SimulatedBroker, type BrokerSabotage } from './simulated-broker.js';
import { SimulatedClient } from './simulated-client.js';
import { SimulatedServer } from './simulated-server.js';
import { type WireSabotage, WireTap } from './wire-tap.js';

/** Faults that no component has, put in at the ports, to prove that the checker finds them. */
export interface Sabotage {
  readonly wire?: WireSabotage | undefined;
  readonly broker?: BrokerSabotage | undefined;
  /** What a server's or client's program takes for its clock. */
  readonly clock?: ((machine: VirtualMachine) => Clock) | undefined;
  /** The server's hook is not asked any more once it has answered for a session and channel. */
  readonly remembersAuthority?: boolean | undefined;
}

type Client = SimulatedClient;

/** One run's world. */
export class World {
  readonly clock = new VirtualClock();
  readonly history = new History(() => this.clock.monotonicMs());
  readonly tap: WireTap;
  readonly network: VirtualNetwork;
  readonly clients: readonly Client[];
  readonly servers: readonly SimulatedServer[];
  readonly broker: SimulatedBroker;
  readonly faults: Record<string, number> = {};
  readonly #scenario: Scenario;
  readonly #rules: Rules;
  readonly #hooks = new HookFaults();
  readonly #channels: ReadonlyMap<string, ChannelPlan>;
  readonly #subscriber = new Map<number, Client>();
  /** Connections that something happened to; their end needs no further cause. */
  readonly #touched = new WeakSet<VirtualConnection>();
  /** Until then any connection may end: something is wrong that all of them depend on. */
  #excusedUntilMs = 0;
  #ending = false;

  constructor(scenario: Scenario, sabotage: Sabotage = {}) {
    const random = new SeededRandom(`world ${scenario.seed}`);
    const { clock, history } = this;
    const contract = simulationContract(scenario.history);
    this.#scenario = scenario;
    this.#channels = new Map(scenario.channels.map((channel) => [channel.id, channel]));
    this.#rules = new Rules(history, sabotage.remembersAuthority);
    this.tap = new WireTap({
      history,
      nowMs: () => clock.monotonicMs(),
      sabotage: sabotage.wire,
    });
    this.network = new VirtualNetwork({
      clock,
      random: random.fork('network'),
      conditions: scenario.conditions,
      tap: this.tap.see,
      onEnd: (connection, code) => this.#connectionEnded(connection, code),
    });
    for (const { id, kind } of scenario.channels) {
      const kept = kind === 'stream' ? { history: scenario.history } : {};
      history.add({ type: 'channel', channel: id, kind, ...kept });
    }
    this.broker = new SimulatedBroker({
      clock,
      random: random.fork('broker'),
      history,
      scenario,
      contract,
      sabotage: sabotage.broker,
    });
    const keys = createMemoryIdempotencyStore({ clock });
    this.servers = Array.from(
      { length: scenario.servers },
      (_, index) =>
        new SimulatedServer({
          name: `server-${index}`,
          scenario,
          contract,
          clock,
          network: this.network,
          broker: this.broker,
          history,
          rules: this.#rules,
          hooks: this.#hooks,
          keys,
          clockOf: sabotage.clock,
          random: random.fork(`server ${index}`),
        }),
    );
    this.clients = scenario.clients.map(
      (plan) =>
        new SimulatedClient({
          plan,
          clock,
          network: this.network,
          history,
          random: random.fork(plan.name),
          servers: scenario.servers,
          hooks: this.#hooks,
          clockOf: sabotage.clock,
        }),
    );
    for (const server of this.servers) server.start();
  }

  /** Plans every step, each at its moment. */
  plan(): void {
    for (const step of this.#scenario.steps) {
      this.clock.setTimer(step.atMs, () => this.#run(step, Math.max(0, this.#scenario.activeMs - step.atMs)));
    }
  }

  /** Writes down where everything stands. */
  async recordRest(): Promise<void> {
    await this.broker.recordHeads();
    for (const client of this.clients) client.recordRest();
    const { everyMs, graceMs } = this.#scenario.ping;
    for (const connection of this.network.connections) {
      const forMs = this.tap.sincePingMs(connection) ?? this.#scenario.restMs;
      if (connection.isOpen && forMs > everyMs + graceMs) {
        this.history.add({ type: 'unpinged', connection: connection.id, forMs });
      }
    }
  }

  /** From now on every end of a connection is wanted. */
  beginEnding(): void {
    this.#ending = true;
  }

  #connectionEnded(connection: VirtualConnection, code: number): void {
    const conditions = connection.pipe('toClient')?.conditions;
    if (this.#ending || this.clock.monotonicMs() < this.#excusedUntilMs) return;
    if (code === CloseCode.drain && this.faults['serverDrain'] !== undefined) return;
    if (this.#touched.has(connection) || (conditions !== undefined && isNarrow(conditions))) return;
    this.history.add({ type: 'endedUntouched', connection: connection.id, code });
  }

  /** @param leftMs how much of the active time is left: every fault is over when it is. */
  #run(action: Action, leftMs: number): void {
    switch (action.do) {
      case 'publish': {
        const channel = this.#channel(action.channel);
        const server = action.server === null ? undefined : this.servers[action.server];
        if (server?.isUp === true) server.publish(action.publish, channel, action.change);
        else this.broker.publish(action.publish, channel, action.change);
        return;
      }
      case 'subscribe': {
        const client = this.#client(action.client);
        this.#subscriber.set(action.subscription, client);
        client.do(() => client.subscribe(action.subscription, this.#channel(action.channel), action.last));
        return;
      }
      case 'unsubscribe': {
        const client = this.#subscriber.get(action.subscription);
        client?.do(() => client.unsubscribe(action.subscription));
        return;
      }
      case 'command': {
        const client = this.#client(action.client);
        client.do(() => client.command(action));
        return;
      }
      default:
        this.#inject(action, leftMs);
    }
  }

  #inject(
    fault: Exclude<Action, { do: 'publish' | 'subscribe' | 'unsubscribe' | 'command' }>,
    leftMs: number,
  ): void {
    this.faults[fault.do] = (this.faults[fault.do] ?? 0) + 1;
    this.history.add({ type: 'fault', fault: fault.do, target: targetOf(fault) });
    const later = (forMs: number, run: () => void): void =>
      void this.clock.setTimer(Math.min(forMs, leftMs), run);
    switch (fault.do) {
      case 'reset':
        for (const connection of this.#touch(fault.client)) connection.reset();
        return;
      case 'tornBatch':
        for (const connection of this.#touch(fault.client)) {
          later(leftMs, connection.resetAfter(fault.messages, 'toClient'));
        }
        return;
      case 'tornBytes':
        for (const connection of this.#touch(fault.client)) {
          later(leftMs, connection.resetAfterBytes(fault.bytes, fault.direction));
        }
        return;
      case 'oneWayLoss':
        for (const connection of this.#touch(fault.client)) {
          connection.pipe(fault.direction)?.blackHole();
          later(fault.forMs, () => connection.heal());
        }
        return;
      case 'swappedFrames':
        this.tap.swapsFrames = true;
        later(fault.forMs, () => (this.tap.swapsFrames = false));
        return;
      case 'halfOpen':
        for (const connection of this.#touch(fault.client)) {
          connection.blackHole();
          later(fault.forMs, () => connection.heal());
        }
        return;
      case 'stall':
        for (const connection of this.#touch(fault.client)) {
          connection.pipe('toClient')?.stall();
          later(fault.forMs, () => connection.heal());
        }
        return;
      case 'slowReader':
        for (const connection of this.#touch(fault.client)) {
          const pipe = connection.pipe('toClient');
          if (pipe === undefined) continue;
          const { conditions } = this.#scenario;
          pipe.conditions = { ...conditions, bytesPerMs: fault.bytesPerMs, windowBytes: 512 };
          later(fault.forMs, () => (pipe.conditions = conditions));
        }
        return;
      case 'refusal': {
        const server = this.#server(fault.server);
        server.stopListening();
        later(fault.forMs, () => server.listen());
        return;
      }
      case 'swallowedConnect':
        this.network.swallowsConnects = true;
        later(fault.forMs, () => (this.network.swallowsConnects = false));
        return;
      case 'serverKill':
        this.#kill(this.#server(fault.server), fault.forMs, later);
        return;
      case 'serverDrain': {
        const server = this.#server(fault.server);
        this.#touchMachineOf(server);
        server.drain(fault.drainMs);
        return;
      }
      case 'brokerLoss':
        for (const server of this.servers) this.#kill(server, fault.forMs, later);
        this.broker.wipe();
        return;
      case 'brokerDeaf':
        this.#changeLink(fault, { deaf: true }, later);
        return;
      case 'brokerDrop':
        this.#changeLink(fault, { drops: true }, later);
        return;
      case 'brokerDuplicate':
        this.#changeLink(fault, { duplicatesWithinMs: fault.laterMs }, later);
        return;
      case 'brokerReorder':
        this.#changeLink(fault, { jitterMs: fault.jitterMs }, later);
        return;
      case 'brokerStall':
        this.#excuse(fault.forMs);
        this.broker.health.stalled = true;
        later(fault.forMs, () => (this.broker.health.stalled = false));
        return;
      case 'brokerRefusal':
        this.#excuse(fault.forMs);
        this.broker.health.refuses = true;
        later(fault.forMs, () => (this.broker.health.refuses = false));
        return;
      case 'brokerWipe':
        this.broker.wipe();
        return;
      case 'brokerFailover':
        this.broker.failOver(fault.lostWrites);
        return;
      case 'slowHook':
        this.#excuse(fault.forMs + fault.delayMs);
        later(fault.forMs, this.#hooks.slow(fault.hook, fault.delayMs));
        return;
      case 'failingHook':
        this.#excuse(fault.forMs);
        later(fault.forMs, this.#hooks.fail(fault.hook));
        return;
      case 'loopStall': {
        const server = this.#server(fault.server);
        const isHarmless = fault.forMs <= HARMLESS_STALL_MS && server.machine?.frozen === false;
        if (!isHarmless) this.#freeze(server, fault.forMs, later);
        else this.#stop(server.machine, fault.forMs, later);
        return;
      }
      case 'sleep': {
        const client = this.#client(fault.client);
        this.#freeze(client, fault.forMs, later);
        if (!fault.told) return;
        later(fault.forMs, () => client.do(() => client.environment.emit('visible')));
        later(fault.forMs, () => client.do(() => client.environment.emit('online')));
        return;
      }
      case 'serverFreeze':
        this.#freeze(this.#server(fault.server), fault.forMs, later);
        return;
      case 'clientFreeze':
        this.#freeze(this.#client(fault.client), fault.forMs, later);
        return;
      case 'wallJump': {
        const owner =
          'client' in fault.machine ? this.#client(fault.machine.client) : this.#server(fault.machine.server);
        owner.machine?.jumpWallClock(fault.byMs);
        this.history.add({ type: 'clockJumped', byMs: fault.byMs });
        return;
      }
      case 'latency':
        this.network.conditions = fault.conditions;
        for (const connection of this.network.connections) {
          for (const direction of ['toServer', 'toClient'] as const) {
            const pipe = connection.pipe(direction);
            if (pipe === undefined) continue;
            if (isNarrow(pipe.conditions)) this.#touched.add(connection);
            pipe.conditions = fault.conditions;
          }
        }
        return;
      case 'ruleChange':
        this.#rules.change(fault.principal, fault.channel, fault.allowed);
        return;
      case 'revocation': {
        const confirm = this.#rules.revoke(fault.principal, fault.channel);
        // Those that are down may have lives that drain.
        const revoked = this.servers.map((server) => server.revoke(fault.principal, fault.channel));
        void Promise.all(revoked).then(confirm);
        return;
      }
      case 'clientDisconnect': {
        const client = this.#client(fault.client);
        this.#touch(fault.client);
        client.do(() => client.disconnect());
        later(fault.forMs, () => client.do(() => client.connect()));
        return;
      }
      case 'offline': {
        const { environment, do: run } = this.#client(fault.client);
        run(() => environment.emit('offline'));
        run(() => environment.emit('hidden'));
        later(fault.forMs, () => run(() => environment.emit('visible')));
        later(fault.forMs, () => run(() => environment.emit('online')));
        return;
      }
    }
  }

  #kill(server: SimulatedServer, forMs: number, later: (forMs: number, run: () => void) => void): void {
    if (!server.isUp) return;
    this.#touchMachineOf(server);
    server.kill();
    later(forMs, () => server.start());
  }

  #freeze(
    owner: SimulatedServer | SimulatedClient,
    forMs: number,
    later: (forMs: number, run: () => void) => void,
  ): void {
    const { machine } = owner;
    if (machine === undefined) return;
    this.#touchMachineOf(owner);
    later(forMs, () => {
      // What was opened meanwhile has waited too, also what has not reached it yet.
      this.#touchMachineOf({ machine });
      this.#excuse(0);
    });
    this.#stop(machine, forMs, later);
  }

  #stop(
    machine: VirtualMachine | undefined,
    forMs: number,
    later: (forMs: number, run: () => void) => void,
  ): void {
    if (machine === undefined) return;
    machine.freeze();
    later(forMs, () => machine.thaw());
  }

  #changeLink(
    { server, forMs }: { readonly server: number; readonly forMs: number },
    conditions: Partial<LinkConditions>,
    later: (forMs: number, run: () => void) => void,
  ): void {
    const link = this.#server(server).link;
    link?.change(conditions);
    later(forMs, () => link?.change(soundAgain(conditions)));
  }

  /** While it lasts, and as long as it may be felt, connections may end. */
  #excuse(forMs: number): void {
    this.#excusedUntilMs = Math.max(this.#excusedUntilMs, this.clock.monotonicMs() + forMs + FELT_MS);
  }

  #touch(client: number): readonly VirtualConnection[] {
    return this.#touchMachineOf(this.#client(client));
  }

  #touchMachineOf({
    machine,
  }: {
    readonly machine: VirtualMachine | undefined;
  }): readonly VirtualConnection[] {
    if (machine === undefined) return [];
    const connections = this.network.connections.filter((connection) => connection.touches(machine));
    for (const connection of connections) this.#touched.add(connection);
    return connections;
  }

  #client(index: number): Client {
    const client = this.clients[index];
    if (client === undefined) throw new RangeError(`The scenario has no client ${index}.`);
    return client;
  }

  #server(index: number): SimulatedServer {
    const server = this.servers[index];
    if (server === undefined) throw new RangeError(`The scenario has no server ${index}.`);
    return server;
  }

  #channel(id: string): ChannelPlan {
    const channel = this.#channels.get(id);
    if (channel === undefined) throw new RangeError(`The scenario has no channel ${id}.`);
    return channel;
  }
}

/** A stall of a server's event loop for which nobody may be dropped. */
const HARMLESS_STALL_MS = 1_000;

/** How long after its end a fault of all may still end connections. */
const FELT_MS = 45_000;

/** What a link must carry, in bytes a millisecond, so that a ping never waits behind data until it is too late. */
const MIN_BANDWIDTH = 60;

/** Whether a link may be too slow for what is published: then its end has a cause. */
function isNarrow({ windowBytes, latencyMs, jitterMs }: PipeConditions): boolean {
  return windowBytes / (latencyMs + jitterMs + 1) < MIN_BANDWIDTH;
}

function targetOf(fault: object): string {
  const { client, server, principal } = fault as { client?: number; server?: number; principal?: string };
  if (client !== undefined) return `client-${client}`;
  if (server !== undefined) return `server-${server}`;
  return principal ?? 'everything';
}
