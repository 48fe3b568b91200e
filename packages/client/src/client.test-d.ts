import type { TickwireError } from '@tickwire/protocol';
import { describe, expectTypeOf, test } from 'vitest';
import { createClient, type ChannelSnapshot, type EventMeta } from './index.js';
import type { market } from './test-support/market.js';

const client = createClient<typeof market>({ url: 'ws://x' });

describe('what is inferred from the contract', () => {
  test('names and parameters', () => {
    client.channel('price/{symbol}', { symbol: 'A' });
    client.channel('status');
    // @ts-expect-error a channel that is not in the contract
    client.channel('prices/{symbol}', { symbol: 'A' });
    // @ts-expect-error a parameter is missing
    client.channel('price/{symbol}');
    // @ts-expect-error a parameter of another name
    client.channel('price/{symbol}', { ticker: 'A' });
    // @ts-expect-error a parameter is a text
    client.channel('price/{symbol}', { symbol: 4 });
    // @ts-expect-error no parameters here
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
    // @ts-expect-error a state has no events
    price.onEvent(() => undefined);
    // @ts-expect-error a stream has no records
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
    // @ts-expect-error a part is a matter of a view
    price.subscribe(() => undefined, { select: () => 1 });
    // @ts-expect-error no such field
    price.view({ select: ({ mid }) => mid as unknown });
  });

  test('commands, their errors, events', () => {
    expectTypeOf(client.command('place', { qty: 1 })).toEqualTypeOf<Promise<{ id: string }>>();
    // @ts-expect-error a command that is not in the contract
    void client.command('cancel', { qty: 1 });
    // @ts-expect-error an input of another shape
    void client.command('place', { qty: '1' });
    const error = null as unknown;
    if (client.isCommandError(error, 'insufficientFunds')) {
      expectTypeOf(error.data).toEqualTypeOf<{ needed: number }>();
      expectTypeOf(error).toExtend<TickwireError>();
    }
    // @ts-expect-error no command declares it
    client.isCommandError(error, 'rich');
    client.on('gap', ({ lost }) =>
      expectTypeOf(lost).toEqualTypeOf<{ readonly from: number; readonly to: number } | null>(),
    );
    // @ts-expect-error no such event
    client.on('gaps', () => undefined);
  });
});
