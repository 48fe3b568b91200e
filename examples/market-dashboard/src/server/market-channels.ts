// Carries the market into its channels: the sink of the market is a publisher of the contract.
import type { createPublisher } from '@tickwire/server';
import type { dashboard } from '../contract.js';
import type { MarketSink } from '../market/market.js';

export type DashboardPublisher = ReturnType<typeof createPublisher<typeof dashboard>>;

export interface MarketChannels extends MarketSink {
  /** Resolves when everything published so far is in the broker. */
  readonly settled: () => Promise<void>;
}

/** `onError` hears of publications that were refused; they would be faults of this demo. */
export function createMarketChannels(
  publisher: DashboardPublisher,
  onError: (error: unknown) => void,
): MarketChannels {
  let open = 0;
  let waiting: (() => void)[] = [];
  const track = (publication: Promise<unknown>): void => {
    open += 1;
    void publication.catch(onError).finally(() => {
      open -= 1;
      if (open > 0) return;
      for (const done of waiting) done();
      waiting = [];
    });
  };
  return {
    products: (upsert) => track(publisher.channel('products').upsert(upsert)),
    ticker: (product, ticker) => track(publisher.channel('ticker/{product}', { product }).set(ticker)),
    book: (product, upsert, remove) =>
      track(publisher.channel('book/{product}', { product }).update({ upsert, remove })),
    candles: (product, upsert, remove) =>
      track(publisher.channel('candles/{product}', { product }).update({ upsert, remove })),
    trade: (trade) => track(publisher.channel('trades').append(trade)),
    settled: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
