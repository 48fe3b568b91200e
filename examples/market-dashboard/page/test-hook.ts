// What a test reads from the page besides its elements. It looks through the same handles as the components do.
import type { Client } from '@tickwire/client';
import type { dashboard, Level, Ticker } from '../src/contract.js';
import type { Tape, TradeRef } from './journal/tape.js';

interface HeldValue<T> {
  readonly status: string;
  readonly epoch: string | null;
  readonly offset: number | null;
  readonly value: T;
}

/** `window.__tickwireDemo`: for tests of the demo, not an interface of Tickwire. */
export interface DemoTestHook {
  /** Every product's book in full depth. */
  readonly books: () => Readonly<Record<string, HeldValue<readonly Level[]>>>;
  readonly tickers: () => Readonly<Record<string, HeldValue<Ticker | null>>>;
  /** Every trade received since the page was opened, in order. */
  readonly trades: () => readonly TradeRef[];
  readonly tradeIds: () => readonly string[];
  readonly connection: () => string;
}

declare global {
  interface Window {
    __tickwireDemo?: DemoTestHook;
  }
}

export function offerTestHook(client: Client<typeof dashboard>, tape: Tape): void {
  const products = (): readonly string[] => [
    ...(client.channel('products').getSnapshot().data?.keys() ?? []),
  ];
  window.__tickwireDemo = {
    books: () =>
      Object.fromEntries(
        products().map((product) => {
          const { status, position, data } = client.channel('book/{product}', { product }).getSnapshot();
          const value = [...(data?.values() ?? [])];
          return [
            product,
            { status, epoch: position?.epoch ?? null, offset: position?.offset ?? null, value },
          ];
        }),
      ),
    tickers: () =>
      Object.fromEntries(
        products().map((product) => {
          const { status, position, data } = client.channel('ticker/{product}', { product }).getSnapshot();
          const value = data ?? null;
          return [
            product,
            { status, epoch: position?.epoch ?? null, offset: position?.offset ?? null, value },
          ];
        }),
      ),
    trades: () => tape.received(),
    tradeIds: () => tape.received().map((trade) => trade.id),
    connection: () => client.connection.getSnapshot().status,
  };
}
