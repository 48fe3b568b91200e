// Simulated broker: the memory broker behind links, that can restart empty and fail over. An observer beside it writes
// down what it really wrote.
import {
  type BarePublisher,
  type BrokerFactory,
  createMemoryBroker,
  createPublisher,
  type PublishedChange,
} from '@tickwire/server';
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import type { SeededRandom } from '../random/seeded-random.js';
import { BrokerHealth, BrokerLink } from './broker-link.js';
import { BrokerReplica } from './broker-replica.js';
import type { ChannelPlan, SimulationContract } from './contract.js';
import type { Change, History, WrittenChange } from './history.js';
import { publishInto, readFrom, restoreInto } from './publisher.js';
import type { Scenario } from './scenario.js';
import { shownAtRest } from './shown.js';

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

interface Life {
  readonly connect: BrokerFactory;
  readonly feed: BarePublisher<SimulationContract>;
}

/** The broker of one run, through all its lives. */
export class SimulatedBroker {
  readonly health = new BrokerHealth();
  readonly #options: SimulatedBrokerOptions;
  readonly #links = new Set<BrokerLink>();
  #replica = new BrokerReplica();
  #life: Life;
  #lives = 0;

  constructor(options: SimulatedBrokerOptions) {
    this.#options = options;
    this.#life = this.#begin();
  }

  /** Publishes without a server between: what a feed handler does. */
  publish(publish: number, channel: ChannelPlan, change: Change): void {
    publishInto(this.#options.history, `feed-${this.#lives}`, this.#life.feed, publish, channel, change);
  }

  /** The broker's process dies and another one takes its place, with nothing in memory. Links that live are led to it. */
  wipe(): void {
    this.#replica = new BrokerReplica();
    this.#life = this.#begin();
    this.#moveLinks();
  }

  /** A replica takes over which lacks the last writes of every channel. Its epochs are others: P-POS-4. */
  failOver(lostWrites: number): void {
    const behind = this.#replica;
    this.#replica = new BrokerReplica();
    this.#life = this.#begin();
    for (const channel of this.#options.scenario.channels) {
      const change = behind.restore(channel, lostWrites);
      if (change !== null) restoreInto(this.#options.history, this.#life.feed, channel, change);
    }
    this.#moveLinks();
  }

  /** Writes down what every channel holds. */
  async recordHeads(): Promise<void> {
    const { history, scenario } = this.#options;
    for (const channel of scenario.channels) {
      const { data, position } = await readFrom(this.#life.feed, channel);
      history.add({ type: 'head', channel: channel.id, position, value: shownAtRest(data) });
    }
  }

  /** A link for one life of a server. */
  link(machine: VirtualMachine, name: string): BrokerLink {
    const { clock, random, history, scenario } = this.#options;
    const link = new BrokerLink({
      clock,
      machine,
      random: random.fork(`link of ${name}`),
      health: this.health,
      connect: this.#life.connect,
      latencyMs: scenario.brokerLatencyMs,
      noticesLoss: scenario.brokerNoticesLoss,
      onUnnoticed: (channel, forMs) => history.add({ type: 'unnoticed', server: name, channel, forMs }),
    });
    this.#links.add(link);
    return link;
  }

  /** A link that is of no use any more. */
  cut(link: BrokerLink): void {
    this.#links.delete(link);
    link.cut();
  }

  #moveLinks(): void {
    for (const link of this.#links) link.move(this.#life.connect);
  }

  #begin(): Life {
    const { clock, random, history, scenario, contract, sabotage } = this.#options;
    this.#lives++;
    const replica = this.#replica;
    const { connect: honest } = createMemoryBroker({
      clock,
      random: random.fork(`life ${this.#lives}`),
      maxTombstones: scenario.maxTombstones,
      maxUnwatchedChannels: scenario.maxUnwatchedChannels,
    });
    const observer = honest({
      onPublication: (channel, { epoch, previousOffset, offset, change }) => {
        const written = writtenOf(change);
        replica.write(channel, written);
        history.add({ type: 'written', channel, epoch, previousOffset, offset, change: written });
      },
      onDeliveryUncertain: () => undefined,
    });
    const observed: BrokerFactory = (events) => {
      const broker = honest(events);
      return {
        ...broker,
        // The observer watches only while something is written, so that a channel nobody else watches may be forgotten.
        publish: (spec, change) => {
          void observer.subscribe(spec);
          const outcome = broker.publish(spec, change);
          void observer.unsubscribe(spec.id);
          return outcome;
        },
      };
    };
    const connect = sabotage?.(observed) ?? observed;
    return { connect, feed: createPublisher(contract, { broker: connect }) };
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
