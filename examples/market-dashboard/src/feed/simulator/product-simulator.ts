// One simulated product: a zero-intelligence limit order book around a hidden fair value. Pure stepping, no clock.
import type { BookSide, FeedEvent, PriceLevel, TickerEvent } from '../feed-event.js';
import type { Random } from '../random.js';
import { OrderBook } from './order-book.js';
import { OrderFlow, type Arrival } from './order-flow.js';
import type { ProductSpec } from './product-spec.js';

const LEVELS_PER_SIDE = 44;
const FEWEST_LEVELS = 18;
const SECONDS_PER_HOUR = 3_600;
/** A queue this many orders long attracts half as many new orders as an empty price. */
const LONG_QUEUE = 5;

const other = (side: BookSide): BookSide => (side === 'bid' ? 'ask' : 'bid');

export interface ProductSimulatorOptions {
  readonly spec: ProductSpec;
  readonly random: Random;
  readonly startSeconds: number;
  /** Gives the next trade id; shared by all products, so ids are consecutive across the market. */
  readonly nextTradeId: () => string;
}

export class ProductSimulator {
  readonly spec: ProductSpec;
  readonly #random: Random;
  readonly #flow: OrderFlow;
  readonly #nextTradeId: () => string;
  readonly #book = new OrderBook();
  readonly #touched = new Map<string, { readonly side: BookSide; readonly tick: number }>();
  readonly #tick: number;
  readonly #openTick: number;
  #fairTick: number;
  #fairAtSeconds: number;
  #lastTick: number;
  #highTick: number;
  #lowTick: number;
  #volumeLots: number;
  #announced = '';
  #next: Arrival;

  constructor({ spec, random, startSeconds, nextTradeId }: ProductSimulatorOptions) {
    this.spec = spec;
    this.#random = random;
    this.#flow = new OrderFlow(random.fork('flow'), spec.activity, startSeconds);
    this.#nextTradeId = nextTradeId;
    this.#tick = spec.tickUnits / 10 ** spec.priceDecimals;
    this.#fairTick = Math.round(spec.price / this.#tick);
    this.#fairAtSeconds = startSeconds;
    this.#lastTick = this.#fairTick;
    this.#openTick = Math.round(this.#fairTick * (1 + 0.022 * random.normal()));
    this.#highTick = Math.round(Math.max(this.#fairTick, this.#openTick) * (1 + 0.012 * random.next()));
    this.#lowTick = Math.round(Math.min(this.#fairTick, this.#openTick) * (1 - 0.012 * random.next()));
    this.#volumeLots = this.#lots(spec.size * 90_000 * spec.activity * (0.6 + 0.8 * random.next()));
    for (const side of ['bid', 'ask'] as const) {
      while (this.#book.ticks(side).length < LEVELS_PER_SIDE * 0.7) this.#place(side);
    }
    this.#touched.clear();
    this.#next = this.#draw();
  }

  /** When the next order arrives, in simulated seconds. */
  get nextAtSeconds(): number {
    return this.#next.atSeconds;
  }

  /** The whole product as it is now: its book and its figures. */
  snapshot(timeMs: number): readonly FeedEvent[] {
    const levels = (['bid', 'ask'] as const).flatMap((side) =>
      this.#book.ticks(side).map((tick) => this.#level(side, tick)),
    );
    return [{ type: 'bookSnapshot', product: this.spec.id, levels, depth: null }, this.#ticker(timeMs)];
  }

  /** Lets the next order arrive and tells what it changed; nothing when the order left no trace. */
  step(timeMs: number): readonly FeedEvent[] {
    const events: FeedEvent[] = [];
    const { kind, atSeconds } = this.#next;
    this.#moveFairValue(atSeconds);
    if (kind === 'limit') this.#limit();
    else if (kind === 'cancel') this.#cancel();
    else events.push(...this.#trade(kind, timeMs));

    const changes = [...this.#touched.values()].map(({ side, tick }) => this.#level(side, tick));
    this.#touched.clear();
    if (changes.length > 0) {
      events.push({ type: 'bookUpdate', product: this.spec.id, changes, checksum: null });
    }
    const head = `${this.#lastTick} ${this.#book.best('bid')} ${this.#book.best('ask')}`;
    if (head !== this.#announced || kind === 'buy' || kind === 'sell') {
      this.#announced = head;
      events.push(this.#ticker(timeMs));
    }
    this.#next = this.#draw();
    return events;
  }

  #draw(): Arrival {
    const levels = this.#book.ticks('bid').length + this.#book.ticks('ask').length;
    return this.#flow.next(levels, this.#tilt());
  }

  #mid(): number {
    return ((this.#book.best('bid') ?? this.#lastTick) + (this.#book.best('ask') ?? this.#lastTick)) / 2;
  }

  /** How much the market leans: towards the fair value, never fully. */
  #tilt(): number {
    const distance = (this.#fairTick - this.#mid()) / (3 * this.spec.spacing);
    return Math.tanh(distance) * 0.9;
  }

  /** A random walk that is pulled back to where the day began, so a demo left running for days stays believable. */
  #moveFairValue(atSeconds: number): void {
    const hours = Math.max(0, atSeconds - this.#fairAtSeconds) / SECONDS_PER_HOUR;
    this.#fairAtSeconds = atSeconds;
    const home = Math.round(this.spec.price / this.#tick);
    const pull = (home - this.#fairTick) * Math.min(1, hours * 0.5);
    this.#fairTick += pull + this.#fairTick * this.spec.volatility * Math.sqrt(hours) * this.#random.normal();
  }

  #limit(): void {
    const side: BookSide = this.#random.next() < 0.5 + 0.35 * this.#tilt() ? 'bid' : 'ask';
    this.#place(side);
    if (this.#book.ticks(side).length > LEVELS_PER_SIDE) {
      const worst = this.#book.ticks(side).at(-1) as number;
      this.#change(side, worst, -this.#book.lotsAt(side, worst));
    }
  }

  /** Rests one order: most lie close to the other side's best, a few far away; long queues attract fewer. */
  #place(side: BookSide): void {
    const facing = this.#book.best(other(side)) ?? Math.round(this.#fairTick);
    const away = side === 'bid' ? -1 : 1;
    const distance = 1 + Math.floor(this.spec.spacing * (Math.pow(1 - this.#random.next(), -0.72) - 1) * 3);
    const tick = facing + away * Math.min(distance, this.spec.spacing * 160);
    const lots = this.#orderLots();
    const queue = this.#book.lotsAt(side, tick) / this.#lots(this.spec.size);
    if (tick > 0 && this.#random.next() < LONG_QUEUE / (LONG_QUEUE + queue)) this.#change(side, tick, lots);
  }

  /** Makers pull quotes: mostly at random, sooner on the side the fair value is running over. */
  #cancel(): void {
    const tilt = this.#tilt();
    const side: BookSide = this.#random.next() < 0.5 - 0.35 * tilt ? 'bid' : 'ask';
    const ticks = this.#book.ticks(side);
    if (ticks.length <= FEWEST_LEVELS) {
      this.#place(side);
      return;
    }
    const isRunOver = this.#random.next() < Math.abs(tilt) * 0.5;
    const tick = ticks[isRunOver ? 0 : this.#random.integer(ticks.length)] as number;
    const resting = this.#book.lotsAt(side, tick);
    const lots = this.#random.next() < 0.55 ? resting : Math.ceil(resting * this.#random.next());
    this.#change(side, tick, -lots);
  }

  #trade(kind: 'buy' | 'sell', timeMs: number): readonly FeedEvent[] {
    const side: BookSide = kind === 'buy' ? 'ask' : 'bid';
    const fills = this.#book.take(side, this.#orderLots());
    for (const { tick, lots } of fills) {
      this.#touch(side, tick);
      this.#lastTick = tick;
      this.#highTick = Math.max(this.#highTick, tick);
      this.#lowTick = Math.min(this.#lowTick, tick);
      this.#volumeLots += lots;
    }
    while (this.#book.ticks(side).length < FEWEST_LEVELS) this.#place(side);
    return fills.map(({ tick, lots }) => ({
      type: 'trade',
      product: this.spec.id,
      id: this.#nextTradeId(),
      price: this.#price(tick),
      size: this.#size(lots),
      side: kind,
      timeMs,
    }));
  }

  #change(side: BookSide, tick: number, lots: number): void {
    if (lots > 0) this.#book.add(side, tick, lots);
    else this.#book.cancel(side, tick, -lots);
    this.#touch(side, tick);
  }

  #touch(side: BookSide, tick: number): void {
    this.#touched.set(`${side}${tick}`, { side, tick });
  }

  /** Log-normal: many small orders, now and then a large one. */
  #orderLots(): number {
    return Math.max(1, this.#lots(this.spec.size * Math.exp(0.85 * this.#random.normal() - 0.36)));
  }

  #lots(size: number): number {
    return Math.max(1, Math.round(size * 10 ** this.spec.sizeDecimals));
  }

  #price(tick: number): string {
    return (tick * this.#tick).toFixed(this.spec.priceDecimals);
  }

  #size(lots: number): string {
    return (lots / 10 ** this.spec.sizeDecimals).toFixed(this.spec.sizeDecimals);
  }

  #level(side: BookSide, tick: number): PriceLevel {
    return { side, price: this.#price(tick), size: this.#size(this.#book.lotsAt(side, tick)) };
  }

  #ticker(timeMs: number): TickerEvent {
    const best = (side: BookSide): string | null => {
      const tick = this.#book.best(side);
      return tick === undefined ? null : this.#price(tick);
    };
    return {
      type: 'ticker',
      product: this.spec.id,
      last: this.#price(this.#lastTick),
      bid: best('bid'),
      ask: best('ask'),
      open24h: this.#price(this.#openTick),
      high24h: this.#price(this.#highTick),
      low24h: this.#price(this.#lowTick),
      volume24h: this.#size(this.#volumeLots),
      timeMs,
    };
  }
}
