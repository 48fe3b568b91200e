// When the next order arrives and of which kind. Rates only: knows the book's shape through numbers, never the book.
import type { Random } from '../random.js';

/** Rates per second of a product of activity 1. */
const LIMIT_RATE = 7;
const CANCEL_RATE_PER_LEVEL = 0.085;
const MARKET_BASE_RATE = 0.07;
/** Market orders call for more market orders (a Hawkes process): how much, and how fast it is forgotten. */
const EXCITE_SAME = 0.5;
const EXCITE_OTHER = 0.12;
const FORGET_RATE = 1.1;

export type OrderKind = 'limit' | 'cancel' | 'buy' | 'sell';

export interface Arrival {
  readonly atSeconds: number;
  readonly kind: OrderKind;
}

/**
 * Arrival times of one product. Limit orders and cancellations are Poisson, cancellations at a rate that grows with the
 * number of levels; market orders excite themselves, so they come in clusters as they do in real markets.
 */
export class OrderFlow {
  readonly #random: Random;
  readonly #activity: number;
  #nowSeconds: number;
  #buyHeat = 0;
  #sellHeat = 0;

  constructor(random: Random, activity: number, startSeconds: number) {
    this.#random = random;
    this.#activity = activity;
    this.#nowSeconds = startSeconds;
  }

  /**
   * Draws the next arrival. `levels` is the number of levels in the book, `tilt` in [-1, 1] leans market orders towards
   * buying or selling.
   */
  next(levels: number, tilt: number): Arrival {
    for (;;) {
      const quiet = LIMIT_RATE + CANCEL_RATE_PER_LEVEL * levels + 2 * MARKET_BASE_RATE;
      // The heat only falls until the next arrival, so today's total bounds the rate (Ogata's thinning).
      const bound = quiet + this.#buyHeat + this.#sellHeat;
      const wait = this.#random.exponential(bound * this.#activity);
      const forgotten = Math.exp(-FORGET_RATE * this.#activity * wait);
      this.#buyHeat *= forgotten;
      this.#sellHeat *= forgotten;
      this.#nowSeconds += wait;

      let ticket = this.#random.next() * bound;
      if ((ticket -= LIMIT_RATE) < 0) return { atSeconds: this.#nowSeconds, kind: 'limit' };
      if ((ticket -= CANCEL_RATE_PER_LEVEL * levels) < 0)
        return { atSeconds: this.#nowSeconds, kind: 'cancel' };
      const buyRate = MARKET_BASE_RATE * (1 + tilt) + this.#buyHeat;
      if ((ticket -= buyRate) < 0) return this.#market('buy');
      const sellRate = MARKET_BASE_RATE * (1 - tilt) + this.#sellHeat;
      if (ticket - sellRate < 0) return this.#market('sell');
    }
  }

  #market(kind: 'buy' | 'sell'): Arrival {
    this.#buyHeat += kind === 'buy' ? EXCITE_SAME : EXCITE_OTHER;
    this.#sellHeat += kind === 'sell' ? EXCITE_SAME : EXCITE_OTHER;
    return { atSeconds: this.#nowSeconds, kind };
  }
}
