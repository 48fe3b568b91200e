// A limit order book in whole numbers: ticks for prices, lots for sizes. Knows nothing of randomness or time.
import type { BookSide } from '../feed-event.js';

export interface Fill {
  readonly tick: number;
  readonly lots: number;
}

/** One side: sizes by price, and its prices from best to worst. */
class BookHalf {
  /** Best first. */
  readonly ticks: number[] = [];
  readonly #lots = new Map<number, number>();
  readonly #direction: 1 | -1;

  constructor(side: BookSide) {
    this.#direction = side === 'bid' ? -1 : 1;
  }

  lotsAt(tick: number): number {
    return this.#lots.get(tick) ?? 0;
  }

  set(tick: number, lots: number): void {
    const known = this.#lots.has(tick);
    if (lots > 0) {
      this.#lots.set(tick, lots);
      if (!known) this.ticks.splice(this.#place(tick), 0, tick);
    } else if (known) {
      this.#lots.delete(tick);
      this.ticks.splice(this.#place(tick), 1);
    }
  }

  /** Index of `tick`, or where it belongs. */
  #place(tick: number): number {
    let low = 0;
    let high = this.ticks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ticks[middle] as number) * this.#direction < tick * this.#direction) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Both sides. It never crosses: an order that would trade is the caller's to send to {@link take} first. */
export class OrderBook {
  readonly bid = new BookHalf('bid');
  readonly ask = new BookHalf('ask');

  best(side: BookSide): number | undefined {
    return this[side].ticks[0];
  }

  lotsAt(side: BookSide, tick: number): number {
    return this[side].lotsAt(tick);
  }

  ticks(side: BookSide): readonly number[] {
    return this[side].ticks;
  }

  add(side: BookSide, tick: number, lots: number): void {
    this[side].set(tick, this[side].lotsAt(tick) + lots);
  }

  /** Takes away up to `lots`; the level goes when nothing is left. */
  cancel(side: BookSide, tick: number, lots: number): void {
    this[side].set(tick, Math.max(0, this[side].lotsAt(tick) - lots));
  }

  /** Executes against the best levels of `side`, but never empties its last level. */
  take(side: BookSide, lots: number): readonly Fill[] {
    const fills: Fill[] = [];
    let left = lots;
    while (left > 0 && this[side].ticks.length > 1) {
      const tick = this[side].ticks[0] as number;
      const filled = Math.min(left, this[side].lotsAt(tick));
      this.cancel(side, tick, filled);
      fills.push({ tick, lots: filled });
      left -= filled;
    }
    return fills;
  }
}
