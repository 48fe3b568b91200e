// Simulated server: a real server on a virtual machine, killed and started again. Its hooks write into the history.
import { type AuthenticateContext, createServer, type IdempotencyStore, type Server } from '@tickwire/server';
import { type Clock, TickwireError } from '@tickwire/protocol';
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import { CONNECTION_HEADER, listenVirtually, virtualFrameEncoder } from '../network/virtual-listener.js';
import type { VirtualNetwork } from '../network/virtual-network.js';
import type { SeededRandom } from '../random/seeded-random.js';
import { canonicalJson } from './canonical-json.js';
import { channelPlan, type ChannelPlan, type SimulationContract } from './contract.js';
import type { Change, History } from './history.js';
import { publishInto } from './publisher.js';
import type { Rules, SimulatedPrincipal } from './rules.js';
import type { Scenario } from './scenario.js';
import type { BrokerLink } from './broker-link.js';
import type { HookFaults } from './hook-faults.js';
import type { SimulatedBroker } from './simulated-broker.js';
import { linkKeyStore } from './simulated-key-store.js';

/** What a simulated server lives in. */
export interface SimulatedServerOptions {
  readonly name: string;
  readonly scenario: Scenario;
  readonly contract: SimulationContract;
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly broker: SimulatedBroker;
  readonly history: History;
  readonly rules: Rules;
  readonly hooks: HookFaults;
  /** What servers that share their keys share. */
  readonly keys: IdempotencyStore;
  readonly random: SeededRandom;
  /** What its program takes for its clock. @defaultValue the machine's */
  readonly clockOf?: ((machine: VirtualMachine) => Clock) | undefined;
}

interface Life {
  readonly machine: VirtualMachine;
  readonly link: BrokerLink;
  readonly server: Server<SimulationContract>;
}

/** Longest time the application's rules take to answer. */
const MAX_RULE_MS = 20;

/** How long after its close the hooks of a server may still run. */
const HOOKS_END_MS = 20_000;

/** How long before and after its end a token is asked for anew. */
const REAUTH_LEAD_MS = 10_000;
const AUTH_GRACE_MS = 5_000;
/** How exactly a server ends what is over: it looks at deadlines every 50 ms, of which a turn may be 100 ms late. */
const ENDS_WITHIN_MS = 150;

/** One server of a run, through all its lives. */
export class SimulatedServer {
  readonly #options: SimulatedServerOptions;
  readonly #workMs = new Map<number, number>();
  #life: Life | undefined;
  readonly #draining = new Set<Life>();
  #stopListening: () => void = () => undefined;
  #lives = 0;

  constructor(options: SimulatedServerOptions) {
    this.#options = options;
    for (const step of options.scenario.steps)
      if (step.do === 'command') this.#workMs.set(step.call, step.workMs);
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** The machine of the present life; `undefined` while dead. */
  get machine(): VirtualMachine | undefined {
    return this.#life?.machine;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const { clock, broker } = this.#options;
    this.#lives++;
    const machine = clock.machine();
    const link = broker.link(machine, `${this.#options.name}.${this.#lives}`);
    const server = this.#createServer(machine, link);
    this.#life = { machine, link, server };
    this.listen();
  }

  listen(): void {
    const { network, name } = this.#options;
    if (this.#life === undefined) return;
    const { machine, server } = this.#life;
    this.#stopListening();
    this.#stopListening = listenVirtually({ network, machine, address: name, server });
  }

  /** New connections are refused; those that exist live on. */
  stopListening(): void {
    this.#stopListening();
  }

  /** SIGKILL: no code of this life ever runs again, and the kernel cuts its connections. */
  kill(): void {
    if (this.#life === undefined) return;
    const { machine, link } = this.#life;
    this.#life = undefined;
    this.#stopListening();
    this.#options.broker.cut(link);
    machine.halt();
    this.#options.network.cutMachine(machine);
  }

  /** A rolling deployment: the next life takes over the address while this one asks its clients to move. */
  drain(drainMs: number): void {
    const life = this.#life;
    if (life === undefined) return;
    const { machine, link, server } = life;
    this.#life = undefined;
    this.#draining.add(life);
    this.start();
    machine.schedule(0, () => {
      void server.close({ drainMs }).then(() => {
        this.#draining.delete(life);
        // Rules and handlers of the application may still be at work.
        machine.schedule(HOOKS_END_MS, () => {
          this.#left('timers', ' after its drain', machine.pendingTimers);
          this.#options.broker.cut(link);
          machine.halt();
        });
      });
    });
  }

  /** The way to the broker of the present life. */
  get link(): BrokerLink | undefined {
    return this.#life?.link;
  }

  publish(publish: number, channel: ChannelPlan, change: Change): void {
    if (this.#life === undefined) return;
    const { machine, server } = this.#life;
    const { history, name } = this.#options;
    const publisher = `${name}.${this.#lives}`;
    machine.schedule(0, () => publishInto(history, publisher, server, publish, channel, change));
  }

  async revoke(principal: string, channel: string): Promise<void> {
    const lives = this.#life === undefined ? [...this.#draining] : [this.#life, ...this.#draining];
    const isMeant = (each: unknown): boolean => (each as SimulatedPrincipal).id === principal;
    await Promise.all(lives.map(({ server }) => server.revoke({ principal: isMeant, channel })));
  }

  /** Writes down what the server still holds when everybody has left, closes it, and what is left then. */
  async recordLeftOvers(): Promise<void> {
    if (this.#life === undefined) return;
    const { machine, server } = this.#life;
    const { connections, subscriptions, channels, commandsRunning } = server.stats();
    this.#left('connections', '', connections);
    this.#left('subscriptions', '', subscriptions);
    this.#left('channels', '', channels);
    this.#left('running commands', '', commandsRunning);
    this.#left('unfinished drains', '', this.#draining.size);
    const closed = server.close({ drainMs: 0 });
    await this.#options.clock.advance(10_000);
    await closed;
    this.#left('timers', ' after its close', machine.pendingTimers);
  }

  #linkKeys(machine: VirtualMachine): IdempotencyStore {
    const { clock, broker, keys, scenario } = this.#options;
    return linkKeyStore({
      store: keys,
      clock,
      machine,
      health: broker.health,
      latencyMs: scenario.brokerLatencyMs,
    });
  }

  #left(what: string, when: string, count: number): void {
    const { history, name } = this.#options;
    history.add({ type: 'leftOver', owner: 'server', what: `${what} of ${name}${when}`, count });
  }

  #createServer(machine: VirtualMachine, link: BrokerLink): Server<SimulationContract> {
    const { contract, scenario, rules, hooks, random, history } = this.#options;
    const tokenTtlMs = scenario.tokenTtlMs ?? null;
    const endsInMs = tokenTtlMs === null ? null : tokenTtlMs + AUTH_GRACE_MS + ENDS_WITHIN_MS;
    const dice = random.fork(`life ${this.#lives}`);
    const pause = (ms: number): Promise<void> => new Promise((resolve) => void machine.setTimer(ms, resolve));
    const rule =
      (family: ChannelPlan['family']) =>
      async ({
        principal,
        params,
      }: {
        principal: SimulatedPrincipal;
        params: Readonly<Record<string, string>>;
      }) => {
        const [parameter = ''] = Object.values(params);
        const slow = (dice.chance(0.2) ? dice.int(0, MAX_RULE_MS) : 0) + hooks.delayMs('authorize');
        if (slow > 0) await pause(slow);
        if (hooks.fails('authorize')) throw new Error('The application does not know.');
        return rules.authorize(principal, channelPlan(family, parameter));
      };
    const { sharedKeys = false } = scenario;
    const store = sharedKeys ? 'the shared store' : `${this.#options.name}.${this.#lives}`;
    let runs = 0;
    return createServer(contract, {
      authenticate: ({ token, request }: AuthenticateContext) => {
        const connection = String(request.headers?.[CONNECTION_HEADER]);
        rules.authenticating(token, connection);
        const answer = () => {
          if (hooks.fails('authenticate')) {
            rules.notAuthenticated(token, connection);
            throw new TickwireError('unavailable', 'The application is busy.');
          }
          const principal = rules.authenticate(token, connection, endsInMs);
          return tokenTtlMs === null
            ? { principal }
            : { principal, expiresAtMs: machine.wallMs() + tokenTtlMs };
        };
        const slow = hooks.delayMs('authenticate');
        return slow === 0 ? answer() : pause(slow).then(answer);
      },
      authorize: {
        'quote/{symbol}': rule('quote'),
        'book/{symbol}': rule('book'),
        'tape/{symbol}': rule('tape'),
        'wallet/{owner}': rule('wallet'),
        'positions/{owner}': rule('positions'),
        'alerts/{owner}': rule('alerts'),
      },
      commands: {
        place: async ({ call }, { principal, idempotencyKey }) => {
          const output = { call, run: ++runs };
          history.add({
            type: 'commandRan',
            store,
            call,
            input: call,
            principal: principal.id,
            command: 'place',
            key: idempotencyKey ?? null,
            output: canonicalJson(output),
          });
          const workMs = (this.#workMs.get(call) ?? 0) + hooks.delayMs('command');
          if (workMs > 0) await pause(workMs);
          if (hooks.fails('command')) throw new Error('The application failed after it had acted.');
          return output;
        },
      },
      broker: link.factory,
      clock: this.#options.clockOf?.(machine) ?? machine,
      random: dice.fork('server'),
      logger: () => undefined,
      frameEncoder: virtualFrameEncoder,
      flushMs: scenario.flushMs,
      lingerMs: scenario.lingerMs,
      limits: { watermarkBytes: scenario.watermarkBytes, maxPartBytes: scenario.maxPartBytes },
      ping: scenario.ping,
      ...(sharedKeys ? { idempotency: { store: this.#linkKeys(machine) } } : {}),
      reauthLeadMs: REAUTH_LEAD_MS,
      authGraceMs: AUTH_GRACE_MS,
    });
  }
}
