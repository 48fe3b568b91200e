// What is sampled rather than listened to: latency and the small lines of the watch-list. Two reads a second, no more.
import type { Client } from '@tickwire/client';
import type { dashboard } from '../../src/contract.js';
import { quoteOf } from '../quote.js';
import { createStore, type Store } from './store.js';

export interface LatencySample {
  readonly atMs: number;
  /** Null while nothing arrives: what was true before is not drawn on as if it still were. */
  readonly latencyMs: number | null;
}

export interface Samples {
  /** Median age of the tickers that arrived in each half second; a minute of it. Set twice a second, whatever came. */
  readonly latency: Pick<Store<readonly LatencySample[]>, 'get' | 'subscribe'>;
  /** Latest prices by product, oldest first. */
  readonly sparks: Pick<Store<ReadonlyMap<string, readonly number[]>>, 'get' | 'subscribe'>;
}

const SAMPLE_MS = 500;
const LATENCY_KEPT_MS = 61_000;
/** Nothing new for this long on a live connection: the market rests, or the recording is over. */
const QUIET_MS = 3_000;
const SPARK_POINTS = 60;
/** What a connection brings first is as old as it is, and says nothing about the way here. */
const SETTLING_MS = 1_000;

const medianOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : ([...values].sort((one, two) => one - two)[values.length >> 1] ?? null);

export function takeSamples(client: Client<typeof dashboard>): Samples {
  const latency = createStore<readonly LatencySample[]>([]);
  const sparks = createStore<ReadonlyMap<string, readonly number[]>>(new Map());
  const seen = new Map<string, number | undefined>();
  let newestMs = 0;

  setInterval(() => {
    const { status, sinceMs } = client.connection.getSnapshot();
    const isSettled = status === 'connected' && Date.now() - sinceMs > SETTLING_MS;
    const ages: number[] = [];
    const lines = new Map(sparks.get());
    for (const product of client.channel('products').getSnapshot().data?.values() ?? []) {
      const snapshot = client.channel('ticker/{product}', { product: product.id }).getSnapshot();
      const { price } = quoteOf(snapshot.data, product.priceDecimals);
      // Of an absence there is nothing to draw: a level line would say that nothing moved.
      if (price !== null && status === 'connected') {
        lines.set(product.id, [...(lines.get(product.id) ?? []), Number(price)].slice(-SPARK_POINTS));
      }
      const isNew = seen.get(product.id) !== snapshot.position?.offset;
      seen.set(product.id, snapshot.position?.offset);
      if (isNew && isSettled && snapshot.latencyMs !== undefined) ages.push(snapshot.latencyMs);
    }
    sparks.set(lines);
    const atMs = Date.now();
    const median = medianOf(ages);
    if (median !== null) newestMs = atMs;
    const kept = latency.get().filter((sample) => sample.atMs > atMs - LATENCY_KEPT_MS);
    const isSilent = !isSettled || atMs - newestMs > QUIET_MS;
    if (median === null && !isSilent) latency.set(kept);
    else latency.set([...kept, { atMs, latencyMs: median === null ? null : Math.max(0, median) }]);
  }, SAMPLE_MS);

  return { latency, sparks };
}
