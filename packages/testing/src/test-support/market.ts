// The contract of this package's tests of doubles. Not part of any door.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod';

const Price = z.object({ bid: z.number(), ask: z.number(), currency: z.string().default('USD') });
const Order = z.object({ id: z.string(), symbol: z.string(), size: z.number() });

export const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(Price, { staleAfterMs: 5_000 }),
    'orders/{owner}': collection(Order, { key: 'id' }),
    'trades/{symbol}': stream(z.object({ id: z.int(), price: z.number() }), {
      history: { size: 100, ttlMs: 60_000 },
    }),
    alerts: stream(z.object({ text: z.string() }), { history: { size: 10, ttlMs: 60_000 } }),
  },
  commands: {
    placeOrder: command({
      input: z.object({ symbol: z.string().max(20), size: z.number().default(1) }),
      output: Order,
      errors: { tooLarge: z.object({ largest: z.number() }) },
    }),
    ping: command({ input: z.object({}), output: z.object({ pong: z.boolean() }) }),
  },
});

/** The channel most tests look at. */
export const BTC = { symbol: 'BTC-USD' } as const;
