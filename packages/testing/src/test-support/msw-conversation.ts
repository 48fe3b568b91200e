// A whole conversation over mocked WebSockets, alike in Node, jsdom and Chromium. Not part of any door.
import { type ChannelSnapshot, type Client, type ClientOptions, createClient } from '@tickwire/client';
import type { MswServer } from '../msw.js';
import { BTC, market } from './market.js';

/** What a conversation did, for whoever runs it to compare. */
export interface Conversation {
  readonly firstBid: number | undefined;
  readonly missed: readonly number[];
  readonly bidAfterCut: number | undefined;
  readonly statusWhileCut: string;
  readonly order: unknown;
  readonly refusal: unknown;
  readonly forbidden: string | undefined;
  readonly httpStatus: number;
}

/** Resolves with the first snapshot that is as wanted. */
function until<V>(
  handle: {
    subscribe(listener: (snapshot: ChannelSnapshot<V>) => void): () => void;
  },
  isWanted: (snapshot: ChannelSnapshot<V>) => boolean,
): Promise<ChannelSnapshot<V>> {
  return new Promise((resolve) => {
    const stop = handle.subscribe((snapshot) => {
      if (!isWanted(snapshot)) return;
      resolve(snapshot);
      queueMicrotask(() => stop());
    });
  });
}

/** Says everything once that can be said. */
export async function converse(
  mocked: MswServer<typeof market>,
  urls: { readonly socket: string; readonly http: string },
  options: ClientOptions = {},
): Promise<Conversation> {
  const client: Client<typeof market> = createClient(market, {
    url: urls.socket,
    scheduler: 'microtask',
    reconnect: { initialDelayMs: 1, maxDelayMs: 1 },
    logger: () => undefined,
    ...options,
  });
  const price = client.channel('price/{symbol}', BTC);
  const trades = client.channel('trades/{symbol}', BTC);
  const missed: number[] = [];
  const stopTrades = trades.onEvent(({ id }) => missed.push(id));

  await mocked.push('price/{symbol}', BTC, { bid: 1, ask: 2 });
  const first = await until(price, ({ data }) => data !== undefined);
  await until(trades, ({ status }) => status === 'live');

  mocked.answer('placeOrder', (input, { fail }) => {
    if (input.size > 100) throw fail('tooLarge', { largest: 100 });
    return { id: 'o-1', ...input };
  });
  const order = await client.command('placeOrder', { symbol: 'A' });
  const refusal = await client
    .command('placeOrder', { symbol: 'A', size: 101 })
    .catch((error: unknown) => (client.isCommandError(error, 'tooLarge') ? error.data : error));

  const stale = until(price, ({ status }) => status === 'stale');
  mocked.disconnect();
  const { status: statusWhileCut } = await stale;
  await mocked.push('price/{symbol}', BTC, { bid: 5, ask: 6 });
  await mocked.push('trades/{symbol}', BTC, { id: 1, price: 1 }, { id: 2, price: 1 });
  mocked.reconnect();
  client.connect();
  const after = await until(price, ({ status, data }) => status === 'live' && data?.bid === 5);
  await until(trades, ({ status }) => status === 'live');

  await mocked.refuse('alerts');
  const refused = await until(client.channel('alerts'), ({ error }) => error !== null);
  const response = await fetch(urls.http);
  stopTrades();
  client.close();
  return {
    firstBid: first.data?.bid,
    missed,
    bidAfterCut: after.data?.bid,
    statusWhileCut,
    order,
    refusal,
    forbidden: refused.error?.code,
    httpStatus: response.status,
  };
}

/** What every conversation must have done. */
export const EXPECTED: Conversation = {
  firstBid: 1,
  missed: [1, 2],
  bidAfterCut: 5,
  statusWhileCut: 'stale',
  order: { id: 'o-1', symbol: 'A', size: 1 },
  refusal: { largest: 100 },
  forbidden: 'forbidden',
  httpStatus: 426,
};
