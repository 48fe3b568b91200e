// Feed events: what any source of market data says, simulated or recorded. Knows nothing of Tickwire, files or time.

/** A price or a size exactly as its source wrote it: never a float, so nothing is rounded on the way to the screen. */
export type Decimal = string;

export type BookSide = 'bid' | 'ask';

/** One price level. A size of zero means that the level is gone. */
export interface PriceLevel {
  readonly side: BookSide;
  readonly price: Decimal;
  readonly size: Decimal;
}

/** The figures of one product over the last day. A source that does not say a figure leaves it null. */
export interface TickerEvent {
  readonly type: 'ticker';
  readonly product: string;
  readonly last: Decimal | null;
  readonly bid: Decimal | null;
  readonly ask: Decimal | null;
  readonly open24h: Decimal | null;
  readonly high24h: Decimal | null;
  readonly low24h: Decimal | null;
  readonly volume24h: Decimal | null;
  /** When the source says it happened, wall clock in milliseconds; null when it does not say. */
  readonly timeMs: number | null;
}

/** The whole book of one product: replaces whatever was known before. */
export interface BookSnapshotEvent {
  readonly type: 'bookSnapshot';
  readonly product: string;
  readonly levels: readonly PriceLevel[];
  /** Levels kept on each side; the worst beyond it fall off. Null when the source sends every removal itself. */
  readonly depth: number | null;
}

/** Levels that changed together: they are published under one offset, so nobody ever sees half of them. */
export interface BookUpdateEvent {
  readonly type: 'bookUpdate';
  readonly product: string;
  readonly changes: readonly PriceLevel[];
  /** The checksum of the book's top after this update, where the source sends one. */
  readonly checksum: number | null;
}

export interface TradeEvent {
  readonly type: 'trade';
  readonly product: string;
  /** Unique within the product. */
  readonly id: string;
  readonly price: Decimal;
  readonly size: Decimal;
  /** The side that took: a `buy` lifted an ask. */
  readonly side: 'buy' | 'sell';
  readonly timeMs: number;
}

export type FeedEvent = TickerEvent | BookSnapshotEvent | BookUpdateEvent | TradeEvent;

const DECIMAL = /^-?\d{1,30}(?:\.\d{1,30})?$/;

/** Whether a value of an unknown source is a plain decimal: no exponent, no sign games, bounded in length. */
export function isDecimal(value: unknown): value is Decimal {
  return typeof value === 'string' && DECIMAL.test(value);
}

/** Whether a decimal is zero, whatever its number of places. */
export function isZero(value: Decimal): boolean {
  return /^-?[0.]+$/.test(value);
}

/** The same number always gives the same text: `7.6100` and `7.61` are one price level. */
export function canonicalDecimal(value: Decimal): Decimal {
  if (!value.includes('.')) return value;
  return value.replace(/0+$/, '').replace(/\.$/, '');
}

/** The key of a level in a book: `bid:7.61`. */
export function levelKey(side: BookSide, price: Decimal): string {
  return `${side}:${canonicalDecimal(price)}`;
}
