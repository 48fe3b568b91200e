import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { type AnyContract, defineContract } from './contract.js';
import { collection, command, state, stream } from './definition.js';
import type {
  AuthorizeRules,
  ChannelName,
  ChannelsOfKind,
  CommandHandlers,
  CommandName,
  InferErrors,
  InferInput,
  InferItem,
  InferItemInput,
  InferKind,
  InferOutput,
  InferParams,
  InferParsedInput,
  InferValue,
  ParamsArgument,
} from './infer.js';

const Price = z.object({ bid: z.number(), ask: z.number(), at: z.number(), note: z.string().optional() });
const Position = z.object({
  id: z.string(),
  symbol: z.string(),
  size: z.number(),
  label: z.string().optional(),
});
const Alert = mini.object({ text: mini.string(), level: mini.enum(['low', 'high']) });
const NewOrder = z.object({ symbol: z.string(), size: z.number().default(1) });
const Order = z.object({ id: z.string(), filled: z.boolean().default(false) });

const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(Price, { staleAfterMs: 5_000, timeField: 'at' }),
    'positions/{userId}': collection(Position, { key: 'id' }),
    'candles/{symbol}/by/{interval}': stream(Alert, { history: { size: 10, ttlMs: 1_000 } }),
    alerts: stream(Alert, { history: { size: 100, ttlMs: 3_600_000 }, timeField: 'text' }),
  },
  commands: {
    placeOrder: command({
      input: NewOrder,
      output: Order,
      errors: {
        insufficientFunds: z.object({ needed: z.string() }),
        closed: z.object({ until: z.number() }),
      },
      idempotent: true,
      timeoutMs: 3_000,
    }),
    ping: command({ input: z.object({}), output: z.object({ at: z.number() }) }),
  },
});
type Market = typeof market;

declare function channel<N extends keyof Market['channels'] & string>(
  name: N,
  ...params: ParamsArgument<Market, N>
): InferValue<Market, N>;
declare function run<M extends keyof Market['commands'] & string>(
  name: M,
  input: InferInput<Market, M>,
): InferOutput<Market, M>;

const quiet = defineContract({ name: 'quiet', version: '1.0.0', channels: { alerts: state(Price) } });

describe('right uses', () => {
  test('a contract is a contract', () => {
    expectTypeOf(market).toExtend<AnyContract>();
    expectTypeOf(quiet).toExtend<AnyContract>();
  });

  test('names', () => {
    expectTypeOf<ChannelName<Market>>().toEqualTypeOf<
      'price/{symbol}' | 'positions/{userId}' | 'candles/{symbol}/by/{interval}' | 'alerts'
    >();
    expectTypeOf<CommandName<Market>>().toEqualTypeOf<'placeOrder' | 'ping'>();
    expectTypeOf<CommandName<typeof quiet>>().toEqualTypeOf<never>();
    expectTypeOf<ChannelsOfKind<Market, 'stream'>>().toEqualTypeOf<
      'candles/{symbol}/by/{interval}' | 'alerts'
    >();
    expectTypeOf<ChannelsOfKind<Market, 'state' | 'collection'>>().toEqualTypeOf<
      'price/{symbol}' | 'positions/{userId}'
    >();
    expectTypeOf<InferKind<Market, 'price/{symbol}'>>().toEqualTypeOf<'state'>();
  });

  test('parameters come from the pattern', () => {
    expectTypeOf<InferParams<Market, 'price/{symbol}'>>().toEqualTypeOf<{ readonly symbol: string }>();
    expectTypeOf<InferParams<Market, 'candles/{symbol}/by/{interval}'>>().toEqualTypeOf<{
      readonly symbol: string;
      readonly interval: string;
    }>();
    expectTypeOf<ParamsArgument<Market, 'alerts'>>().toEqualTypeOf<[]>();
    expectTypeOf<ParamsArgument<Market, 'price/{symbol}'>>().toEqualTypeOf<
      [params: { readonly symbol: string }]
    >();
    channel('alerts');
    channel('price/{symbol}', { symbol: 'A' });
    channel('candles/{symbol}/by/{interval}', { symbol: 'A', interval: '1m' });
  });

  test('values by kind', () => {
    expectTypeOf<InferItem<Market, 'price/{symbol}'>>().toEqualTypeOf<z.infer<typeof Price>>();
    expectTypeOf<InferValue<Market, 'price/{symbol}'>>().toEqualTypeOf<z.infer<typeof Price>>();
    expectTypeOf<InferValue<Market, 'positions/{userId}'>>().toEqualTypeOf<
      ReadonlyMap<string, z.infer<typeof Position>>
    >();
    expectTypeOf<InferValue<Market, 'alerts'>>().toEqualTypeOf<
      readonly { text: string; level: 'low' | 'high' }[]
    >();
    expectTypeOf<InferItemInput<Market, 'price/{symbol}'>>().toEqualTypeOf<z.input<typeof Price>>();
    expectTypeOf(channel('price/{symbol}', { symbol: 'A' }).bid).toEqualTypeOf<number>();
    expectTypeOf<InferValue<Market, 'price/{symbol}' | 'alerts'>>().toEqualTypeOf<
      z.infer<typeof Price> | readonly z.infer<typeof Alert>[]
    >();
  });

  test('commands: the caller gives z.input, the handler gets z.output', () => {
    expectTypeOf<InferInput<Market, 'placeOrder'>>().toEqualTypeOf<{
      symbol: string;
      size?: number | undefined;
    }>();
    expectTypeOf<InferParsedInput<Market, 'placeOrder'>>().toEqualTypeOf<{ symbol: string; size: number }>();
    expectTypeOf<InferOutput<Market, 'placeOrder'>>().toEqualTypeOf<{ id: string; filled: boolean }>();
    expectTypeOf(run('placeOrder', { symbol: 'A' })).toEqualTypeOf<{ id: string; filled: boolean }>();
    expectTypeOf<InferErrors<Market, 'ping'>>().toEqualTypeOf<never>();
    expectTypeOf<InferErrors<Market, 'placeOrder'>>().toEqualTypeOf<
      | { readonly name: 'insufficientFunds'; readonly data: { needed: string } }
      | { readonly name: 'closed'; readonly data: { until: number } }
    >();
  });

  test('rules and handlers', () => {
    type Rules = AuthorizeRules<Market, { id: string }>;
    expectTypeOf<keyof Rules>().toEqualTypeOf<ChannelName<Market>>();
    expectTypeOf<Parameters<Rules['alerts']>[0]['principal']>().toEqualTypeOf<{ id: string }>();
    expectTypeOf<Parameters<Rules['price/{symbol}']>[0]['params']>().toEqualTypeOf<{
      readonly symbol: string;
    }>();
    type Handlers = CommandHandlers<Market, { id: string }, AbortSignal>;
    expectTypeOf<Parameters<Handlers['placeOrder']>[1]['signal']>().toEqualTypeOf<AbortSignal>();
    const handlers: Handlers = {
      placeOrder: (order, { principal, idempotencyKey, fail }) => {
        expectTypeOf(order.size).toEqualTypeOf<number>();
        expectTypeOf(idempotencyKey).toEqualTypeOf<string | undefined>();
        if (order.size > 5) throw fail('insufficientFunds', { needed: '1' });
        return { id: principal.id };
      },
      ping: async () => ({ at: 1 }),
    };
    void handlers;
  });

  test('the platform AbortSignal fits the port', () => {
    expectTypeOf<AbortSignal>().toExtend<import('../ports/abort-signal.js').AbortSignalLike>();
  });
});

describe('wrong uses', () => {
  test('names and parameters', () => {
    // @ts-expect-error TS2345 /'"prices"' is not assignable to parameter of type .*"positions/
    channel('prices');
    // @ts-expect-error TS2554 /Expected 2 arguments, but got 1/
    channel('price/{symbol}');
    // @ts-expect-error TS2554 /Expected 1 arguments, but got 2/
    channel('alerts', {});
    // @ts-expect-error TS2353 /'sym' does not exist in type 'InferParams<.*symbol/
    channel('price/{symbol}', { sym: 'A' });
    // @ts-expect-error TS2345 /'\{\}' is not assignable to .*Property 'symbol' is missing/
    channel('price/{symbol}', {});
    // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
    channel('price/{symbol}', { symbol: 5 });
    // @ts-expect-error TS2353 /'side' does not exist in type/
    channel('price/{symbol}', { symbol: 'A', side: 'buy' });
    // @ts-expect-error TS2345 /Property 'interval' is missing/
    channel('candles/{symbol}/by/{interval}', { symbol: 'A' });
  });

  test('data', () => {
    // @ts-expect-error TS2339 /Property 'mid' does not exist on type/
    void channel('price/{symbol}', { symbol: 'A' }).mid;
    // @ts-expect-error TS2339 /Property 'bid' does not exist on type 'ReadonlyMap<string/
    void channel('positions/{userId}', { userId: 'u' }).bid;
    // @ts-expect-error TS2339 /Property 'push' does not exist on type 'readonly/
    channel('alerts').push({ text: '', level: 'low' });
    // @ts-expect-error TS2339 /Property 'set' does not exist on type 'ReadonlyMap/
    channel('positions/{userId}', { userId: 'u' }).set('a', { id: '', symbol: '', size: 1 });
    // @ts-expect-error TS2540 /Cannot assign to 'name' because it is a read-only property/
    market.name = 'other';
  });

  test('commands', () => {
    // @ts-expect-error TS2345 /'"place"' is not assignable to parameter of type '"placeOrder" \| "ping"'/
    run('place', {});
    // @ts-expect-error TS2345 /Property 'symbol' is missing/
    run('placeOrder', { size: 1 });
    // @ts-expect-error TS2322 /'string' is not assignable to type 'number'/
    run('placeOrder', { symbol: 'A', size: '1' });
    // @ts-expect-error TS2339 /Property 'price' does not exist/
    void run('placeOrder', { symbol: 'A' }).price;
  });

  test('definitions', () => {
    // @ts-expect-error TS2322 /'"size"' is not assignable to type '"(symbol|id)" \| "(symbol|id)"'/
    collection(Position, { key: 'size' });
    // @ts-expect-error TS2322 /'"label"' is not assignable/
    collection(Position, { key: 'label' });
    // @ts-expect-error TS2554 /Expected 2 arguments, but got 1/
    collection(Position);
    // @ts-expect-error TS2345 /Property 'history' is missing/
    stream(Alert, {});
    // @ts-expect-error TS2741 /Property 'ttlMs' is missing/
    stream(Alert, { history: { size: 1 } });
    // @ts-expect-error TS2322 /'"when"' is not assignable to type '"bid" \| "ask" \| "at"/
    state(Price, { timeField: 'when' });
    // @ts-expect-error TS2561 /Did you mean to write 'staleAfterMs'/
    state(Price, { staleAfter: 5 });
    // @ts-expect-error TS2353 /'bid' does not exist in type 'AnySchema'/
    state({ bid: 'number' });
    // @ts-expect-error TS2345 /Property 'output' is missing/
    command({ input: NewOrder });
    // @ts-expect-error TS2741 /Property '_zod' is missing/
    command({ input: NewOrder, output: Order, errors: { closed: {} } });
  });

  test('contracts', () => {
    // @ts-expect-error TS2345 /Property 'version' is missing/
    defineContract({ name: 'a', channels: {} });
    // @ts-expect-error TS2322 /is not assignable to type 'ChannelDefinition/
    defineContract({ name: 'a', version: '1.0.0', channels: { a: Price } });
    // @ts-expect-error TS2739 /missing the following properties from type 'CommandDefinition<.*input, output/
    defineContract({ name: 'a', version: '1.0.0', channels: {}, commands: { a: state(Price) } });
  });

  test('rules and handlers', () => {
    // @ts-expect-error TS2741 /Property 'alerts' is missing/
    const missing: AuthorizeRules<typeof quiet, null> = {};
    const wrongParams: AuthorizeRules<Market, null> = {
      // @ts-expect-error TS2339 /Property 'ticker' does not exist/
      'price/{symbol}': ({ params }) => params.ticker === 'A',
      'positions/{userId}': () => true,
      'candles/{symbol}/by/{interval}': () => true,
      // @ts-expect-error TS2322 /'string' is not assignable to type 'boolean/
      alerts: () => 'yes',
    };
    const handlers: CommandHandlers<Market, null> = {
      placeOrder: (_order, { fail }) => {
        // @ts-expect-error TS2345 /'"poor"' is not assignable to parameter of type '"insufficientFunds" \| "closed"'/
        if (_order.size > 1) throw fail('poor', {});
        // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
        throw fail('insufficientFunds', { needed: 5 });
      },
      // @ts-expect-error TS2322 /'Date' is not assignable to type 'number'/
      ping: () => ({ at: new Date() }),
    };
    void [missing, wrongParams, handlers];
  });
});
