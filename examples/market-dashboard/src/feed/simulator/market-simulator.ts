// The simulated market: all products on one simulated clock. Time is handed in; nothing here waits.
import type { FeedEvent } from '../feed-event.js';
import { createRandom } from '../random.js';
import { SIMULATED_PRODUCTS, type ProductSpec } from './product-spec.js';
import { ProductSimulator } from './product-simulator.js';

export interface MarketSimulatorOptions {
  /** The same seed gives the same market. */
  readonly seed: number;
  /** The first trade id; the others follow one by one, over all products. */
  readonly firstTradeId: number;
  /** @defaultValue {@link SIMULATED_PRODUCTS} */
  readonly products?: readonly ProductSpec[];
}

/** Updates per simulated second of the default products, measured over an hour; a rate is set by running faster or slower. */
export const NATURAL_UPDATES_PER_SECOND = 127;

export class MarketSimulator {
  readonly products: readonly ProductSpec[];
  readonly #simulators: readonly ProductSimulator[];
  #nowSeconds = 0;
  #nextTradeId: number;

  constructor({ seed, firstTradeId, products = SIMULATED_PRODUCTS }: MarketSimulatorOptions) {
    this.products = products;
    this.#nextTradeId = firstTradeId;
    const random = createRandom(seed);
    const nextTradeId = (): string => String(this.#nextTradeId++);
    this.#simulators = products.map(
      (spec) => new ProductSimulator({ spec, random: random.fork(spec.id), startSeconds: 0, nextTradeId }),
    );
  }

  /** All books and figures as they are now. */
  snapshot(timeMs: number): readonly FeedEvent[] {
    return this.#simulators.flatMap((simulator) => simulator.snapshot(timeMs));
  }

  /**
   * Lets `seconds` of simulated time pass. Events are stamped evenly between the two wall times, so a market that runs
   * fifty times faster than life still tells the time of day.
   */
  advance(
    seconds: number,
    fromMs: number,
    toMs: number,
    emit: (event: FeedEvent, atMs: number) => void,
  ): void {
    const startSeconds = this.#nowSeconds;
    const untilSeconds = startSeconds + seconds;
    for (;;) {
      const simulator = this.#earliest();
      if (!simulator || simulator.nextAtSeconds > untilSeconds) break;
      const share = seconds > 0 ? (simulator.nextAtSeconds - startSeconds) / seconds : 1;
      const atMs = Math.round(fromMs + (toMs - fromMs) * share);
      for (const event of simulator.step(atMs)) emit(event, atMs);
    }
    this.#nowSeconds = untilSeconds;
  }

  #earliest(): ProductSimulator | undefined {
    let earliest = this.#simulators[0];
    for (const simulator of this.#simulators) {
      if (simulator.nextAtSeconds < (earliest as ProductSimulator).nextAtSeconds) earliest = simulator;
    }
    return earliest;
  }
}
