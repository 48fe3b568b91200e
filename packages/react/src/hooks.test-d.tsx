// What the compiler says to users of the hooks: inference without a type parameter, and each wrong use by its error.
import type { Client, ChannelSnapshot, EventMeta } from '@tickwire/client';
import { expectTypeOf, test } from 'vitest';
import { createTickwireHooks, skipToken } from './index.js';
import { market } from './test-support/market.js';

declare const client: Client<typeof market>;
declare const maybe: string | undefined;

interface Price {
  bid: number;
  ask: number;
}

const hooks = createTickwireHooks<typeof market>({ client });
const { useChannel, useChannelEvent, useCommand, useConnection, useConnectionStatus, ConnectionStatus } =
  hooks;

test('the contract comes by type, by value or by the client', () => {
  expectTypeOf(createTickwireHooks<typeof market>()).toEqualTypeOf(hooks);
  expectTypeOf(createTickwireHooks(market)).toEqualTypeOf(hooks);
  expectTypeOf(createTickwireHooks(market, { client })).toEqualTypeOf(hooks);
  expectTypeOf(createTickwireHooks({ client })).toEqualTypeOf(hooks);
  expectTypeOf(hooks.useClient()).toEqualTypeOf<Client<typeof market>>();
});

test('data follows the kind of the channel', () => {
  expectTypeOf(useChannel('price/{symbol}', { symbol: 'A' }).data).toEqualTypeOf<Price | undefined>();
  expectTypeOf(useChannel('positions/{userId}', { userId: 'u' }).data).toEqualTypeOf<
    ReadonlyMap<string, { id: string; quantity: number }> | undefined
  >();
  expectTypeOf(useChannel('alerts').data).toEqualTypeOf<
    readonly { text: string; level: 'info' | 'warn' }[] | undefined
  >();
  expectTypeOf(useChannel('status').status).toEqualTypeOf<'idle' | 'pending' | 'live' | 'stale' | 'closed'>();
});

test('data follows the selector, which knows what it is given', () => {
  const mid = useChannel('price/{symbol}', { symbol: 'A' }, { select: (p) => (p.bid + p.ask) / 2 });
  expectTypeOf(mid.data).toEqualTypeOf<number | undefined>();
  const count = useChannel('alerts', { select: (alerts) => alerts.length, isEqual: (a, b) => a === b });
  expectTypeOf(count.data).toEqualTypeOf<number | undefined>();
  const one = useChannel(
    'positions/{userId}',
    { userId: 'u' },
    { select: (positions) => positions.get('p'), isEqual: (a, b) => a?.quantity === b?.quantity },
  );
  expectTypeOf(one.data).toEqualTypeOf<{ id: string; quantity: number } | undefined>();
  const plain = useChannel('status', { isEqual: (a, b) => a.isOpen === b.isOpen, maxUpdatesPerSecond: 4 });
  expectTypeOf(plain.data).toEqualTypeOf<{ isOpen: boolean } | undefined>();
  const seeded = useChannel('status', { initialData: { isOpen: true }, select: (s) => s.isOpen });
  expectTypeOf(seeded.data).toEqualTypeOf<boolean | undefined>();
});

test('skipToken stands for the parameters, and for a channel without any', () => {
  expectTypeOf(useChannel('price/{symbol}', maybe ? { symbol: maybe } : skipToken).data).toEqualTypeOf<
    Price | undefined
  >();
  const bid = useChannel('price/{symbol}', maybe ? { symbol: maybe } : skipToken, { select: (p) => p.bid });
  expectTypeOf(bid.data).toEqualTypeOf<number | undefined>();
  const open = useChannel('status', maybe ? { select: (s) => s.isOpen } : skipToken);
  expectTypeOf(open.data).toEqualTypeOf<boolean | undefined>();
});

test('a listener is given what its kind of channel tells', () => {
  useChannelEvent('alerts', (alert, meta) => {
    expectTypeOf(alert.level).toEqualTypeOf<'info' | 'warn'>();
    expectTypeOf(meta).toEqualTypeOf<EventMeta>();
  });
  useChannelEvent(
    'trades/{venue}/{symbol}',
    { venue: 'X', symbol: 'A' },
    (trade) => {
      expectTypeOf(trade).toEqualTypeOf<{ price: number }>();
    },
    { maxPerSecond: 10 },
  );
  useChannelEvent('price/{symbol}', { symbol: 'A' }, (price, snapshot) => {
    expectTypeOf(price).toEqualTypeOf<Price | undefined>();
    expectTypeOf(snapshot).toEqualTypeOf<ChannelSnapshot<Price>>();
  });
  useChannelEvent('positions/{userId}', skipToken, (change) => {
    expectTypeOf(change.upserted).toEqualTypeOf<ReadonlyMap<string, { id: string; quantity: number }>>();
    expectTypeOf(change.removed).toEqualTypeOf<readonly string[]>();
  });
  useChannelEvent(
    'status',
    maybe ? (value) => expectTypeOf(value).toEqualTypeOf<{ isOpen: boolean } | undefined>() : skipToken,
  );
});

test('a command knows its input, its output and its errors', () => {
  const { execute, data, error } = useCommand('placeOrder');
  expectTypeOf(execute).parameter(0).toEqualTypeOf<{ symbol: string; quantity?: number | undefined }>();
  expectTypeOf(execute({ symbol: 'A' })).toEqualTypeOf<Promise<{ orderId: string }>>();
  expectTypeOf(data).toEqualTypeOf<{ orderId: string } | undefined>();
  if (error?.code === 'app.insufficientFunds') expectTypeOf(error.data).toEqualTypeOf<{ needed: string }>();
  if (error?.code === 'app.marketClosed') expectTypeOf(error.data.opensAtMs).toEqualTypeOf<number>();
  if (error?.code === 'rate_limited') expectTypeOf(error.retryAfterMs).toEqualTypeOf<number | undefined>();
  expectTypeOf(useCommand('cancelAll').error?.data).toEqualTypeOf<unknown>();
});

test('the connection, in detail and in words', () => {
  expectTypeOf(useConnection({ tickMs: 1_000 }).retryInMs).toEqualTypeOf<number | null>();
  expectTypeOf(useConnection().connect).toEqualTypeOf<() => void>();
  expectTypeOf(useConnectionStatus().status).toEqualTypeOf<'live' | 'connecting' | 'offline'>();
  void (
    <ConnectionStatus>{({ label, isConnected }) => (isConnected ? null : <b>{label}</b>)}</ConnectionStatus>
  );
});

test('wrong uses are compile errors', () => {
  // @ts-expect-error TS2345 /Argument of type '\"prices\/\{symbol\}\"' is not assignable to parameter of type '\"price\/\{symbol\}\" \| /
  useChannel('prices/{symbol}', { symbol: 'A' });
  // @ts-expect-error TS2345 /'\"price\/\{symbol\} takes its parameters as the second argument\"'/
  useChannel('price/{symbol}');
  // @ts-expect-error TS2353 /'sym' does not exist in type 'InferParams</
  useChannel('price/{symbol}', { sym: 'A' });
  // @ts-expect-error TS2322 /Type 'number' is not assignable to type 'string'/
  useChannel('price/{symbol}', { symbol: 5 });
  // @ts-expect-error TS2322 /Type 'string \| undefined' is not assignable to type 'string'/
  useChannel('price/{symbol}', { symbol: maybe });
  // @ts-expect-error TS2345 /Property 'venue' is missing/
  useChannel('trades/{venue}/{symbol}', { symbol: 'A' });
  // @ts-expect-error TS2339 /Property 'mid' does not exist on type '{ bid: number; ask: number; }'/
  useChannel('price/{symbol}', { symbol: 'A' }, { select: (p) => p.mid });
  // @ts-expect-error TS2353 /'symbol' does not exist in type 'UseChannelOptions</
  useChannel('alerts', { symbol: 'A' });
  // @ts-expect-error TS2353 /'throttle' does not exist in type 'UseChannelOptions</
  useChannel('alerts', { throttle: 5 });
  // @ts-expect-error TS2322 /Type 'string' is not assignable to type 'boolean'/
  useChannel('status', { initialData: { isOpen: 'yes' } });
  // @ts-expect-error TS2554 /Expected 3 arguments, but got 2/
  useChannelEvent('price/{symbol}', { symbol: 'A' });
  // @ts-expect-error TS2339 /Property 'title' does not exist on type/
  useChannelEvent('alerts', (alert) => alert.title);
  // @ts-expect-error TS2554 /Expected 2 arguments, but got 3/
  useChannelEvent('status', () => {}, { maxPerSecond: 5 });
  // @ts-expect-error TS2345 /Argument of type '\"placeOrders\"' is not assignable to parameter of type '\"placeOrder\" \| /
  useCommand('placeOrders');
  // @ts-expect-error TS2345 /Property 'symbol' is missing in type '{ quantity: number; }'/
  void useCommand('placeOrder').execute({ quantity: 5 });
  // @ts-expect-error TS2322 /Type 'string' is not assignable to type 'number'/
  void useCommand('placeOrder').execute({ symbol: 'A', quantity: '5' });
  // @ts-expect-error TS2367 /no overlap/
  void (useCommand('placeOrder').error?.code === 'app.unknownThing');
  // @ts-expect-error TS2353 /'connected' does not exist in type/
  void (<ConnectionStatus labels={{ connected: 'On' }} />);
});
