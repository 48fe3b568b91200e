import type { TickwireError } from '@tickwire/protocol';
import { describe, expectTypeOf, test } from 'vitest';
import { createClient, type ChannelSnapshot, type EventMeta } from './index.js';
import type { market } from './test-support/market.js';

const client = createClient<typeof market>({ url: 'ws://x' });

describe('what is inferred from the contract', () => {
  test('names and parameters', () => {
    client.channel('price/{symbol}', { symbol: 'A' });
    client.channel('status');
    // @ts-expect-error TS2345 /'"prices\/\{symbol\}"' is not assignable to parameter of type '"price\/\{symbol\}" \|/
    client.channel('prices/{symbol}', { symbol: 'A' });
    // @ts-expect-error TS2554 /Expected 2 arguments, but got 1/
    client.channel('price/{symbol}');
    // @ts-expect-error TS2353 /'ticker' does not exist in type/
    client.channel('price/{symbol}', { ticker: 'A' });
    // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
    client.channel('price/{symbol}', { symbol: 4 });
    // @ts-expect-error TS2554 /Expected 1 arguments, but got 2/
    client.channel('status', { symbol: 'A' });
  });

  test('values by kind', () => {
    const price = client.channel('price/{symbol}', { symbol: 'A' });
    const book = client.channel('book/{symbol}', { symbol: 'A' });
    const trades = client.channel('trades/{symbol}', { symbol: 'A' });
    type Price = { bid: number; ask: number; at?: number | undefined };
    type Trade = { id: number; at?: number | undefined };
    expectTypeOf(price.getSnapshot()).toEqualTypeOf<ChannelSnapshot<Price>>();
    expectTypeOf(book.getSnapshot().data).toEqualTypeOf<
      ReadonlyMap<string, { id: string; q: number }> | undefined
    >();
    expectTypeOf(trades.getSnapshot().data).toEqualTypeOf<readonly Trade[] | undefined>();
    expectTypeOf(price.params).toEqualTypeOf<{ readonly symbol: string }>();
    trades.onEvent((event, meta) => {
      expectTypeOf(event).toEqualTypeOf<Trade>();
      expectTypeOf(meta).toEqualTypeOf<EventMeta>();
    });
    book.onChange(({ upserted }) => {
      expectTypeOf(upserted).toEqualTypeOf<ReadonlyMap<string, { id: string; q: number }>>();
    });
    // @ts-expect-error TS2339 /Property 'onEvent' does not exist on type 'ChannelHandle</
    price.onEvent(() => undefined);
    // @ts-expect-error TS2339 /Property 'onChange' does not exist on type 'StreamHandle</
    trades.onChange(() => undefined);
  });

  test('a selected part', () => {
    const price = client.channel('price/{symbol}', { symbol: 'A' });
    expectTypeOf(price.view({ select: ({ bid }) => String(bid) }).getSnapshot().data).toEqualTypeOf<
      string | undefined
    >();
    price.subscribe(({ data }) => expectTypeOf(data?.ask).toEqualTypeOf<number | undefined>(), {
      scheduler: 'sync',
    });
    // @ts-expect-error TS2353 /'select' does not exist in type/
    price.subscribe(() => undefined, { select: () => 1 });
    // @ts-expect-error TS2339 /Property 'mid' does not exist on type/
    price.view({ select: ({ mid }) => mid as unknown });
  });

  test('commands, their errors, events', () => {
    expectTypeOf(client.command('place', { qty: 1 })).toEqualTypeOf<Promise<{ id: string }>>();
    // @ts-expect-error TS2345 /'"cancel"' is not assignable to parameter of type '"place" \| "refresh"'/
    void client.command('cancel', { qty: 1 });
    // @ts-expect-error TS2322 /'string' is not assignable to type 'number'/
    void client.command('place', { qty: '1' });
    const error = null as unknown;
    if (client.isCommandError(error, 'insufficientFunds')) {
      expectTypeOf(error.data).toEqualTypeOf<{ needed: number }>();
      expectTypeOf(error).toExtend<TickwireError>();
    }
    // @ts-expect-error TS2345 /'"rich"' is not assignable to parameter of type '"insufficientFunds"'/
    client.isCommandError(error, 'rich');
    client.on('gap', ({ lost }) =>
      expectTypeOf(lost).toEqualTypeOf<{ readonly from: number; readonly to: number } | null>(),
    );
    // @ts-expect-error TS2345 /'"gaps"' is not assignable to parameter of type 'keyof ClientEvents'/
    client.on('gaps', () => undefined);
  });
});
