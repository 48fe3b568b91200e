// Broker link: one server's way to the broker. It has latency, it can lose, repeat and reorder what it carries, it can
// be led to another broker, and it can be cut. Knows no channels' contents.
import { type Position, TickwireError } from '@tickwire/protocol';
import type { Broker, BrokerEvents, BrokerFactory, ChannelSpec } from '@tickwire/server';
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import type { SeededRandom } from '../random/seeded-random.js';

/** What is wrong with the broker itself, for all links alike. */
export class BrokerHealth {
  /** Every request is refused. */
  refuses = false;
  #stalled = false;
  #waiting: (() => void)[] = [];

  /** While stalled, nothing happens at the broker and nothing leaves it. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    if (stalled) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }

  /** Runs at once, or as soon as the broker goes on. */
  pass(run: () => void): void {
    if (this.#stalled) this.#waiting.push(run);
    else run();
  }
}

/** What a link is made of. */
export interface BrokerLinkOptions {
  readonly clock: VirtualClock;
  readonly machine: VirtualMachine;
  readonly random: SeededRandom;
  readonly health: BrokerHealth;
  readonly connect: BrokerFactory;
  /** One way. */
  readonly latencyMs: number;
  /** Whether it tells the server that something may have been lost; else the server has to find out. */
  readonly noticesLoss: boolean;
}

/** How a link treats publications. */
export interface LinkConditions {
  /** Loses all of them. */
  readonly deaf: boolean;
  /** Loses some of them. */
  readonly drops: boolean;
  /** Brings each twice, the second after up to so many milliseconds. */
  readonly duplicatesWithinMs: number | null;
  /** Each takes up to so many milliseconds more. */
  readonly jitterMs: number;
}

/** A link with which nothing is wrong. */
const SOUND: LinkConditions = { deaf: false, drops: false, duplicatesWithinMs: null, jitterMs: 0 };
const DROP_SHARE = 0.3;

/** The conditions that end those given. */
export function soundAgain(conditions: Partial<LinkConditions>): Partial<LinkConditions> {
  return Object.fromEntries(
    Object.keys(conditions).map((name) => [name, SOUND[name as keyof LinkConditions]]),
  );
}

/** A server's way to the broker. */
export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  readonly #subscribed = new Map<string, ChannelSpec>();
  #connect: BrokerFactory;
  #broker: Broker | undefined;
  #events: BrokerEvents | undefined;
  #conditions = SOUND;
  #lost = false;
  #isCut = false;

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
    this.#connect = options.connect;
  }

  /** Give this to the server. */
  readonly factory: BrokerFactory = (events) => {
    this.#events = events;
    this.#broker = this.#open();
    const broker: Broker = {
      publish: (...request) => this.#ask((at) => at.publish(...request)),
      subscribe: (spec) => {
        this.#subscribed.set(spec.id, spec);
        return this.#ask((at) => at.subscribe(spec));
      },
      unsubscribe: (id) => {
        this.#subscribed.delete(id);
        return this.#ask((at) => at.unsubscribe(id));
      },
      read: (...request) => this.#ask((at) => at.read(...request)),
      close: () => this.#broker?.close() ?? Promise.resolve(),
    };
    if (this.#options.noticesLoss) return broker;
    const position = async (channel: ChannelSpec): Promise<Position> => {
      const { epoch, offset } = await this.#ask((at) => at.read(channel));
      return { epoch, offset };
    };
    return { ...broker, position };
  };

  /** Changes how publications are treated from now on. */
  change(conditions: Partial<LinkConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
    const { deaf, drops } = this.#conditions;
    if (deaf || drops || !this.#lost) return;
    this.#lost = false;
    this.#tellUncertain();
  }

  /** Another broker is at the other end: subscriptions are made anew, what was under way to the old one is refused. */
  move(connect: BrokerFactory): void {
    this.#connect = connect;
    if (this.#broker === undefined || this.#isCut) return;
    void this.#broker.close();
    this.#broker = this.#open();
    for (const spec of this.#subscribed.values()) void this.#broker.subscribe(spec);
    this.#tellUncertain();
  }

  /** Nothing passes any more, in either direction. */
  cut(): void {
    this.#isCut = true;
    void this.#broker?.close();
  }

  #open(): Broker {
    return this.#connect({
      onPublication: (channel, publication) =>
        this.#carry((events) => events.onPublication(channel, publication)),
      onDeliveryUncertain: (channels) => this.#toServer(() => this.#events?.onDeliveryUncertain(channels)),
      onUnchanged: (channel) => {
        if (!this.#conditions.deaf) this.#toServer(() => this.#events?.onUnchanged?.(channel));
      },
    });
  }

  #carry(tell: (events: BrokerEvents) => void): void {
    const { deaf, drops, duplicatesWithinMs, jitterMs } = this.#conditions;
    const { random } = this.#options;
    const run = (): void => {
      if (this.#events !== undefined) tell(this.#events);
    };
    if (deaf || (drops && random.chance(DROP_SHARE))) {
      this.#lost = true;
      return;
    }
    this.#toServer(run, jitterMs === 0 ? 0 : random.int(0, jitterMs));
    if (duplicatesWithinMs !== null) this.#toServer(run, random.int(0, duplicatesWithinMs));
  }

  #tellUncertain(): void {
    if (this.#options.noticesLoss) this.#toServer(() => this.#events?.onDeliveryUncertain('all'));
  }

  #toServer(run: () => void, laterMs = 0): void {
    const { health, latencyMs, machine } = this.#options;
    health.pass(() => {
      if (this.#isCut) return;
      const delayMs = latencyMs + laterMs;
      if (delayMs === 0) run();
      else machine.schedule(delayMs, () => this.#isCut || run());
    });
  }

  #ask<Answer>(request: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    const { health, latencyMs, clock } = this.#options;
    return new Promise((resolve) => {
      const broker = this.#broker;
      if (this.#isCut || broker === undefined) return;
      const start = (): void =>
        health.pass(() => {
          if (this.#isCut) return;
          const outcome = health.refuses ? Promise.reject<Answer>(refusal()) : request(broker);
          const answer = (): void => this.#toServer(() => resolve(outcome));
          outcome.then(answer, answer);
        });
      if (latencyMs === 0) start();
      else clock.setTimer(latencyMs, start);
    });
  }
}

function refusal(): TickwireError {
  return new TickwireError('unavailable', 'The broker has no memory left.', { executed: 'no' });
}
