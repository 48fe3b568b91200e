// Candles of one product from single prices. Keeps strings: a candle's high is one of the prices it saw.
import type { Candle } from '../contract.js';
import type { Decimal } from '../feed/feed-event.js';

export interface CandleChange {
  readonly upsert: readonly Candle[];
  readonly remove: readonly string[];
}

export interface CandleSeriesOptions {
  readonly intervalMs: number;
  /** Older candles fall off. */
  readonly kept: number;
}

const opening = (price: Decimal) => ({ open: price, high: price, low: price });

export class CandleSeries {
  readonly #intervalMs: number;
  readonly #kept: number;
  readonly #candles = new Map<string, Candle>();
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #lastClose: Decimal | null = null;

  constructor({ intervalMs, kept }: CandleSeriesOptions) {
    this.#intervalMs = intervalMs;
    this.#kept = kept;
  }

  add(price: Decimal, atMs: number): void {
    const openMs = Math.floor(atMs / this.#intervalMs) * this.#intervalMs;
    const key = String(openMs);
    const before = this.#candles.get(key);
    if (before?.close === price) return;
    // A candle opens where the last one closed, so a quiet market draws a line and not a row of dashes.
    const { open, high, low } = before ?? opening(this.#lastClose ?? price);
    const value = Number(price);
    this.#candles.set(key, {
      key,
      openMs,
      open,
      high: Number(high) >= value ? high : price,
      low: Number(low) <= value ? low : price,
      close: price,
    });
    this.#lastClose = price;
    this.#changed.add(key);
    this.#removed.delete(key);
    if (this.#candles.size > this.#kept) this.#drop(this.#candles.keys().next().value);
  }

  /** Forgets every candle, for a recording that begins again. */
  clear(): void {
    for (const key of [...this.#candles.keys()]) this.#drop(key);
    this.#lastClose = null;
  }

  /** What changed since the last call. */
  take(): CandleChange | undefined {
    if (this.#changed.size === 0 && this.#removed.size === 0) return undefined;
    const upsert = [...this.#changed].flatMap((key) => this.#candles.get(key) ?? []);
    const change = { upsert, remove: [...this.#removed] };
    this.#changed.clear();
    this.#removed.clear();
    return change;
  }

  #drop(key: string | undefined): void {
    if (key === undefined || !this.#candles.delete(key)) return;
    this.#changed.delete(key);
    this.#removed.add(key);
  }
}
