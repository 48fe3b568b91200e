// Simulated broker: the memory broker behind links with latency, that can go deaf or be cut, and that can lose
// everything. An observer beside it writes down what it really wrote.
import {
  type BarePublisher,
  type Broker,
  type BrokerEvents,
  type BrokerFactory,
  type ChannelSpec,
  createMemoryBroker,
  createPublisher,
  type PublishedChange,
} from '@tickwire/server';
import type { Position } from '@tickwire/protocol';
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import type { SeededRandom } from '../random/seeded-random.js';
import type { ChannelPlan, SimulationContract } from './contract.js';
import type { Change, History, WrittenChange } from './history.js';
import { publishInto, readFrom } from './publisher.js';
import type { Scenario } from './scenario.js';
import { shown } from './shown.js';

/** Wraps the broker of a run, to prove that a fault in it is found. */
export type BrokerSabotage = (factory: BrokerFactory) => BrokerFactory;

/** What a broker lives in. */
export interface SimulatedBrokerOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly history: History;
  readonly scenario: Scenario;
  readonly contract: SimulationContract;
  readonly sabotage?: BrokerSabotage | undefined;
}

/** A server's way to the broker. */
export interface BrokerLink {
  readonly factory: BrokerFactory;
  /** While deaf, publications are lost on their way to the server. A broker that notices tells it afterwards. */
  setDeaf(deaf: boolean): void;
  /** Nothing passes any more, in either direction. */
  cut(): void;
}

/** The broker of one run, through all its lives. */
export class SimulatedBroker {
  readonly #options: SimulatedBrokerOptions;
  #life: { readonly connect: BrokerFactory; readonly feed: BarePublisher<SimulationContract> };
  #lives = 0;

  constructor(options: SimulatedBrokerOptions) {
    this.#options = options;
    this.#life = this.#begin();
  }

  /** Publishes without a server between: what a feed handler does. */
  publish(publish: number, channel: ChannelPlan, change: Change): void {
    publishInto(this.#options.history, `feed-${this.#lives}`, this.#life.feed, publish, channel, change);
  }

  /** The broker's process dies and another one takes its place, with nothing in memory. */
  replace(): void {
    this.#life = this.#begin();
  }

  /** Writes down what every channel holds. */
  async recordHeads(): Promise<void> {
    const { history, scenario } = this.#options;
    for (const channel of scenario.channels) {
      const { data, position } = await readFrom(this.#life.feed, channel);
      history.add({ type: 'head', channel: channel.id, position, value: shown(data) });
    }
  }

  #begin(): { readonly connect: BrokerFactory; readonly feed: BarePublisher<SimulationContract> } {
    const { clock, random, history, scenario, contract, sabotage } = this.#options;
    this.#lives++;
    const { connect: honest } = createMemoryBroker({
      clock,
      random: random.fork(`life ${this.#lives}`),
      maxTombstones: scenario.maxTombstones,
    });
    const observer = honest({
      onPublication: (channel, { epoch, previousOffset, offset, change }) =>
        history.add({ type: 'written', channel, epoch, previousOffset, offset, change: writtenOf(change) }),
      onDeliveryUncertain: () => undefined,
    });
    for (const { id, kind } of scenario.channels) {
      void observer.subscribe(kind === 'stream' ? { id, kind, history: scenario.history } : { id, kind });
    }
    const connect = sabotage?.(honest) ?? honest;
    return { connect, feed: createPublisher(contract, { broker: connect }) };
  }

  /** A link for one life of a server. */
  link(machine: VirtualMachine): BrokerLink {
    const { clock } = this.#options;
    const { brokerLatencyMs: latencyMs, brokerNoticesLoss: noticesLoss } = this.#options.scenario;
    const { connect } = this.#life;
    let deaf = false;
    let isCut = false;
    let inner: Broker | undefined;
    let told: BrokerEvents | undefined;
    const toServer = (run: () => void): void => {
      if (isCut) return;
      if (latencyMs === 0) run();
      else machine.schedule(latencyMs, () => isCut || run());
    };
    const ask = <Answer>(run: (broker: Broker) => Promise<Answer>): Promise<Answer> =>
      new Promise((resolve) => {
        const broker = inner;
        if (isCut || broker === undefined) return;
        const start = (): void => {
          if (isCut) return;
          const outcome = run(broker);
          const answer = (): void => toServer(() => resolve(outcome));
          outcome.then(answer, answer);
        };
        if (latencyMs === 0) start();
        else clock.setTimer(latencyMs, start);
      });
    return {
      factory: (events) => {
        told = events;
        inner = connect({
          onPublication: (channel, publication) => {
            if (!deaf) toServer(() => events.onPublication(channel, publication));
          },
          onDeliveryUncertain: (channels) => toServer(() => events.onDeliveryUncertain(channels)),
          onUnchanged: (channel) => {
            if (!deaf) toServer(() => events.onUnchanged?.(channel));
          },
        });
        const position = async (channel: ChannelSpec): Promise<Position> => {
          const { epoch, offset } = await ask((broker) => broker.read(channel));
          return { epoch, offset };
        };
        return {
          ...(noticesLoss ? {} : { position }),
          publish: (...request) => ask((broker) => broker.publish(...request)),
          subscribe: (...request) => ask((broker) => broker.subscribe(...request)),
          unsubscribe: (...request) => ask((broker) => broker.unsubscribe(...request)),
          read: (...request) => ask((broker) => broker.read(...request)),
          close: () => (inner === undefined ? Promise.resolve() : inner.close()),
        };
      },
      setDeaf: (next) => {
        if (deaf && !next && noticesLoss) toServer(() => told?.onDeliveryUncertain('all'));
        deaf = next;
      },
      cut: () => {
        isCut = true;
        void inner?.close();
      },
    };
  }
}

function writtenOf(change: PublishedChange): WrittenChange {
  switch (change.type) {
    case 'set':
      return { set: change.value };
    case 'clear':
      return { set: null };
    case 'update':
      return { upsert: Object.fromEntries(change.upsert), remove: change.remove };
    case 'append':
      return { append: change.events.map(({ value }) => value) };
  }
}
