// What every exchange parser is: a pure function from one received text to feed events.
import type { FeedEvent } from '../feed-event.js';

/**
 * What a message turned out to be. `control` is understood and holds no market data (an acknowledgement, a heartbeat);
 * `unknown` is not understood: it is counted and skipped, never guessed at.
 */
export type ParsedMessage =
  | { readonly kind: 'data'; readonly events: readonly FeedEvent[] }
  | { readonly kind: 'control' }
  | { readonly kind: 'unknown' };

export interface ExchangeParser {
  readonly exchange: string;
  /** Parses the JSON value of one message received at `atMs`, which stands in for a trade's time where it has none. */
  readonly parse: (message: unknown, atMs: number) => ParsedMessage;
}

export const CONTROL: ParsedMessage = { kind: 'control' };
export const UNKNOWN: ParsedMessage = { kind: 'unknown' };

/** A product's name as exchanges write it, short enough to be part of a channel's id. */
export function isProduct(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,64}$/.test(value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
