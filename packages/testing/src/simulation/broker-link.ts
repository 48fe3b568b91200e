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

  get stalled(): boolean {
    return this.#stalled;
  }

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
  /** The server did not look at a channel for so long after it had missed something there. */
  readonly onUnnoticed: (channel: string, forMs: number) => void;
}

/** How often is asked whether a server has looked at a channel of which it may have missed something. */
const ASKED_EVERY_MS = 1_000;
/** In how many of these turns in which nothing hindered it it must have looked: its `verifyMs`, and one more. */
const TURNS_TO_LOOK = 11;

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
  /** Channels of which the server missed something and at which it has not looked since. */
  readonly #unnoticed = new Map<string, { readonly sinceMs: number }>();
  /** Looks that are under way, by channel. */
  readonly #looking = new Map<string, number>();

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
        this.#unnoticed.delete(id);
        return this.#ask((at) => at.unsubscribe(id));
      },
      read: (channel, ...request) => this.#look(channel, (at) => at.read(channel, ...request)),
      close: () => {
        this.#subscribed.clear();
        this.#unnoticed.clear();
        return this.#broker?.close() ?? Promise.resolve();
      },
    };
    if (this.#options.noticesLoss) return broker;
    const position = async (channel: ChannelSpec): Promise<Position> => {
      const { epoch, offset } = await this.#look(channel, (at) => at.read(channel));
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
    for (const spec of this.#subscribed.values()) {
      void this.#broker.subscribe(spec);
      this.#missed(spec.id);
    }
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
        this.#carry(channel, (events) => events.onPublication(channel, publication)),
      onDeliveryUncertain: (channels) => this.#toServer(() => this.#events?.onDeliveryUncertain(channels)),
      onUnchanged: (channel) => {
        if (!this.#conditions.deaf) this.#toServer(() => this.#events?.onUnchanged?.(channel));
      },
    });
  }

  #carry(channel: string, tell: (events: BrokerEvents) => void): void {
    const { deaf, drops, duplicatesWithinMs, jitterMs } = this.#conditions;
    const { random } = this.#options;
    const run = (): void => {
      if (this.#events !== undefined) tell(this.#events);
    };
    if (deaf || (drops && random.chance(DROP_SHARE))) {
      this.#lost = true;
      this.#missed(channel);
      return;
    }
    this.#toServer(run, jitterMs === 0 ? 0 : random.int(0, jitterMs));
    if (duplicatesWithinMs !== null) this.#toServer(run, random.int(0, duplicatesWithinMs));
  }

  #tellUncertain(): void {
    if (this.#options.noticesLoss) this.#toServer(() => this.#events?.onDeliveryUncertain('all'));
  }

  /** Whoever noticed nothing is told nothing: the server itself has to look, and soon (R6). */
  #missed(channel: string): void {
    if (this.#unnoticed.has(channel) || !this.#subscribed.has(channel)) return;
    const miss = { sinceMs: this.#options.clock.monotonicMs() };
    this.#unnoticed.set(channel, miss);
    this.#expectLook(channel, miss, TURNS_TO_LOOK);
  }

  #expectLook(channel: string, miss: { readonly sinceMs: number }, turns: number): void {
    const { clock, machine, health, noticesLoss, onUnnoticed } = this.#options;
    machine.schedule(ASKED_EVERY_MS, () => {
      if (this.#isCut || this.#unnoticed.get(channel) !== miss) return;
      // It did look, and waits for the answer or was refused, or it is told only later.
      const isToldLater = noticesLoss && this.#lost;
      const isHindered = this.#looking.has(channel) || health.stalled || health.refuses || isToldLater;
      if (isHindered) this.#expectLook(channel, miss, TURNS_TO_LOOK);
      else if (turns > 1) this.#expectLook(channel, miss, turns - 1);
      else onUnnoticed(channel, clock.monotonicMs() - miss.sinceMs);
    });
  }

  async #look<Answer>({ id }: ChannelSpec, request: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    this.#looking.set(id, (this.#looking.get(id) ?? 0) + 1);
    try {
      return await this.#ask((at) => {
        // What is missed from now on is missed anew.
        this.#unnoticed.delete(id);
        return request(at);
      });
    } finally {
      const others = (this.#looking.get(id) ?? 1) - 1;
      if (others === 0) this.#looking.delete(id);
      else this.#looking.set(id, others);
    }
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
