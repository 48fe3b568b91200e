// What a quote says beyond its fields: the price to show, its change over a day, its direction.
import type { Ticker } from '../src/contract.js';

export interface Quote {
  /** As it came, or the middle of bid and ask where the source sends no trades. */
  readonly price: string | null;
  readonly isMid: boolean;
  /** Share of the opening price; null when it is unknown. */
  readonly change: number | null;
  readonly tone: 'up' | 'down' | '';
}

export function quoteOf(ticker: Ticker | undefined, priceDecimals: number): Quote {
  if (!ticker) return { price: null, isMid: false, change: null, tone: '' };
  const { last, bid, ask, open24h } = ticker;
  const price =
    last ?? (bid !== null && ask !== null ? ((Number(bid) + Number(ask)) / 2).toFixed(priceDecimals) : null);
  const change =
    price === null || open24h === null || Number(open24h) === 0 ? null : Number(price) / Number(open24h) - 1;
  const tone = change === null || change === 0 ? '' : change > 0 ? 'up' : 'down';
  return { price, isMid: last === null && price !== null, change, tone };
}
