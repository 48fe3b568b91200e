// What the compiler says to users of a client: everything inferred from the contract's type, each wrong use by its error.
import {
  collection,
  command,
  defineContract,
  state,
  stream,
  type Position,
  type TickwireError,
} from '@tickwire/protocol';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  bindElement,
  createClient,
  type ChannelSnapshot,
  type Client,
  type CollectionChange,
  type ConnectionSnapshot,
  type EventMeta,
  type GapEvent,
  type ReadableStore,
  type RecoveredEvent,
} from './index.js';

const Price = z.object({ bid: z.number(), ask: z.number() });
const Held = z.object({ id: z.string(), size: z.number() });
const Alert = z.object({ text: z.string(), level: z.enum(['info', 'warn']) });

const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(Price),
    'positions/{userId}': collection(Held, { key: 'id' }),
    'trades/{venue}/{symbol}': stream(z.object({ price: z.number() }), {
      history: { size: 10, ttlMs: 1_000 },
    }),
    alerts: stream(Alert, { history: { size: 100, ttlMs: 3_600_000 } }),
  },
  commands: {
    placeOrder: command({
      input: z.object({ symbol: z.string(), size: z.number().default(1) }),
      output: z.object({ orderId: z.string() }),
      errors: {
        insufficientFunds: z.object({ needed: z.string() }),
        marketClosed: z.object({ opensAtMs: z.number() }),
      },
    }),
    ping: command({ input: z.object({}), output: z.object({ at: z.number() }) }),
  },
});

declare const maybe: string | undefined;
declare const caught: unknown;
declare const element: HTMLElement;
const client = createClient<typeof market>({ url: 'wss://example.com/tickwire' });
const price = client.channel('price/{symbol}', { symbol: 'A' });
const positions = client.channel('positions/{userId}', { userId: 'u' });
const alerts = client.channel('alerts');

describe('right uses', () => {
  test('the contract comes by type or by value, with or without options', () => {
    expectTypeOf(client).toEqualTypeOf<Client<typeof market>>();
    expectTypeOf(createClient<typeof market>()).toEqualTypeOf<Client<typeof market>>();
    expectTypeOf(createClient(market)).toEqualTypeOf<Client<typeof market>>();
    expectTypeOf(createClient(market, { connect: 'manual' })).toEqualTypeOf<Client<typeof market>>();
  });

  test('data follows the kind of the channel', () => {
    expectTypeOf(price.getSnapshot().data).toEqualTypeOf<{ bid: number; ask: number } | undefined>();
    expectTypeOf(positions.getSnapshot().data).toEqualTypeOf<
      ReadonlyMap<string, { id: string; size: number }> | undefined
    >();
    expectTypeOf(alerts.getSnapshot().data).toEqualTypeOf<
      readonly { text: string; level: 'info' | 'warn' }[] | undefined
    >();
    expectTypeOf(price.getSnapshot().status).toEqualTypeOf<
      'idle' | 'pending' | 'live' | 'stale' | 'closed'
    >();
    expectTypeOf(price.getSnapshot().position).toEqualTypeOf<Position | null>();
    expectTypeOf(price.params).toEqualTypeOf<{ readonly symbol: string }>();
  });

  test('listeners are given what their channel tells', () => {
    price.subscribe((snapshot) => {
      expectTypeOf(snapshot).toEqualTypeOf<ChannelSnapshot<{ bid: number; ask: number }>>();
    });
    price.subscribe(({ data }) => expectTypeOf(data?.bid).toEqualTypeOf<number | undefined>(), {
      maxUpdatesPerSecond: 4,
    });
    positions.onChange((change) => {
      expectTypeOf(change).toEqualTypeOf<CollectionChange<{ id: string; size: number }>>();
    });
    alerts.onEvent((alert, meta) => {
      expectTypeOf(alert.level).toEqualTypeOf<'info' | 'warn'>();
      expectTypeOf(meta).toEqualTypeOf<EventMeta>();
    });
    alerts
      .with({ last: 5 })
      .onEvent(({ text }) => expectTypeOf(text).toEqualTypeOf<string>(), { maxPerSecond: 5 });
  });

  test('events of client and channel', () => {
    client.on('status', (snapshot) => expectTypeOf(snapshot).toEqualTypeOf<ConnectionSnapshot>());
    client.on('error', (error) => expectTypeOf(error).toEqualTypeOf<TickwireError>());
    alerts.on('gap', (gap) => expectTypeOf(gap).toEqualTypeOf<GapEvent>());
    price.on('recovered', (recovered) => expectTypeOf(recovered).toEqualTypeOf<RecoveredEvent>());
  });

  test('a view holds what its selector returns', () => {
    const mid = price.view({ select: ({ bid, ask }) => (bid + ask) / 2, maxUpdatesPerSecond: 4 });
    expectTypeOf(mid).toEqualTypeOf<ReadableStore<ChannelSnapshot<number>>>();
    const one = positions.view({ select: (all) => all.get('p'), isEqual: (a, b) => a?.size === b?.size });
    expectTypeOf(one.getSnapshot().data).toEqualTypeOf<{ id: string; size: number } | undefined>();
    expectTypeOf(alerts.view({ select: (all) => all.length }).getSnapshot().data).toEqualTypeOf<
      number | undefined
    >();
    expectTypeOf(price.view().getSnapshot()).toEqualTypeOf<ChannelSnapshot<{ bid: number; ask: number }>>();
    bindElement(element, mid, (value) => value.toFixed(2));
    bindElement(element, price, ({ bid }) => String(bid));
  });

  test('a command knows its input, its output and its errors', () => {
    expectTypeOf(client.command('placeOrder', { symbol: 'A' })).toEqualTypeOf<Promise<{ orderId: string }>>();
    expectTypeOf(client.command('ping', {}, { key: 'k', timeoutMs: 5 })).toEqualTypeOf<
      Promise<{ at: number }>
    >();
    if (client.isCommandError(caught, 'insufficientFunds')) {
      expectTypeOf(caught.data).toEqualTypeOf<{ needed: string }>();
      expectTypeOf(caught.code).toEqualTypeOf<'app.insufficientFunds'>();
      expectTypeOf(caught.executed).toEqualTypeOf<'no' | 'yes' | 'maybe'>();
    }
    if (client.isCommandError(caught, 'marketClosed')) {
      expectTypeOf(caught.data.opensAtMs).toEqualTypeOf<number>();
    }
  });

  test('options', () => {
    createClient<typeof market>({
      getToken: async ({ reason, signal }) => {
        expectTypeOf(reason).toEqualTypeOf<'connect' | 'expired' | 'refused' | 'reauth'>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return null;
      },
      reconnect: { maxAttempts: 10 },
      scheduler: { intervalMs: 100 },
      queue: { policy: 'dropOldest' },
    });
  });
});

describe('wrong uses', () => {
  test('names', () => {
    // @ts-expect-error TS2345 /'"prices\/\{symbol\}"' is not assignable to parameter of type '.*"price\/\{symbol\}"/
    client.channel('prices/{symbol}', { symbol: 'A' });
    // @ts-expect-error TS2345 /'"placeOrders"' is not assignable to parameter of type '"placeOrder" \| "ping"'/
    void client.command('placeOrders', {});
    // @ts-expect-error TS2345 /'"alerts"' is not assignable to parameter of type '"placeOrder" \| "ping"'/
    void client.command('alerts', {});
    // @ts-expect-error TS2345 /'"connect"' is not assignable to parameter of type 'keyof ClientEvents'/
    client.on('connect', () => {});
    // @ts-expect-error TS2345 /'"data"' is not assignable to parameter of type 'keyof ChannelEvents'/
    price.on('data', () => {});
  });

  test('parameters', () => {
    // @ts-expect-error TS2554 /Expected 2 arguments, but got 1/
    client.channel('price/{symbol}');
    // @ts-expect-error TS2345 /Property 'venue' is missing/
    client.channel('trades/{venue}/{symbol}', { symbol: 'A' });
    // @ts-expect-error TS2353 /'side' does not exist in type/
    client.channel('price/{symbol}', { symbol: 'A', side: 'buy' });
    // @ts-expect-error TS2554 /Expected 1 arguments, but got 2/
    client.channel('alerts', { symbol: 'A' });
    // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
    client.channel('price/{symbol}', { symbol: 5 });
    // @ts-expect-error TS2322 /'string \| undefined' is not assignable to type 'string'/
    client.channel('price/{symbol}', { symbol: maybe });
  });

  test('data', () => {
    // @ts-expect-error TS2532 /possibly 'undefined'/
    void price.getSnapshot().data.bid;
    // @ts-expect-error TS2339 /Property 'mid' does not exist on type '\{ bid: number; ask: number; \}'/
    price.subscribe(({ data }) => data?.mid);
    // @ts-expect-error TS2339 /Property 'bid' does not exist on type 'ReadonlyMap</
    void positions.getSnapshot().data?.bid;
    // @ts-expect-error TS2339 /Property 'push' does not exist on type 'readonly/
    alerts.getSnapshot().data?.push({ text: '', level: 'info' });
    // @ts-expect-error TS2339 /Property 'title' does not exist on type/
    alerts.onEvent((alert) => alert.title);
  });

  test('what a selector returns', () => {
    // @ts-expect-error TS2339 /Property 'mid' does not exist on type/
    price.view({ select: (p) => p.mid });
    const bid = price.view({ select: (p) => p.bid });
    // @ts-expect-error TS2339 /Property 'ask' does not exist on type 'number'/
    void bid.getSnapshot().data?.ask;
    // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
    price.view({ select: (p) => p.bid, isEqual: (a: string, b: string) => a === b });
    // @ts-expect-error TS2345 /'ChannelSnapshot<number>' is not assignable to type 'ChannelSnapshot<string>'/
    bindElement(element, bid, (value: string) => value);
  });

  test('methods of another kind', () => {
    // @ts-expect-error TS2339 /Property 'onEvent' does not exist on type 'ChannelHandle</
    price.onEvent(() => {});
    // @ts-expect-error TS2339 /Property 'onChange' does not exist on type 'StreamHandle</
    alerts.onChange(() => {});
    // @ts-expect-error TS2339 /Property 'with' does not exist on type 'CollectionHandle</
    positions.with({ last: 5 });
    // @ts-expect-error TS2339 /Property 'set' does not exist on type 'ChannelHandle</
    price.set({ bid: 1, ask: 2 });
  });

  test('input, output and errors of a command', () => {
    // @ts-expect-error TS2554 /Expected 2-3 arguments, but got 1/
    void client.command('ping');
    // @ts-expect-error TS2345 /Property 'symbol' is missing/
    void client.command('placeOrder', { size: 1 });
    // @ts-expect-error TS2322 /'string' is not assignable to type 'number'/
    void client.command('placeOrder', { symbol: 'A', size: '1' });
    // @ts-expect-error TS2339 /Property 'price' does not exist on type '\{ orderId: string; \}'/
    void client.command('placeOrder', { symbol: 'A' }).then((order) => order.price);
    // @ts-expect-error TS2345 /'"poor"' is not assignable to parameter of type '"insufficientFunds" \| "marketClosed"'/
    client.isCommandError(caught, 'poor');
    // @ts-expect-error TS2339 /Property 'opensAtMs' does not exist on type '\{ needed: string; \}'/
    if (client.isCommandError(caught, 'insufficientFunds')) void caught.data.opensAtMs;
  });

  test('options', () => {
    // @ts-expect-error TS2769 /'uri' does not exist in type 'ClientOptions'/
    createClient<typeof market>({ uri: 'wss://example.com' });
    // @ts-expect-error TS2769 /'"sometimes"' is not assignable to type '"auto" \| "manual" \| undefined'/
    createClient<typeof market>({ connect: 'sometimes' });
    // @ts-expect-error TS2769 /'\(\) => number' is not assignable to type '\(context: TokenContext\) => string/
    createClient<typeof market>({ getToken: () => 5 });
  });
});
