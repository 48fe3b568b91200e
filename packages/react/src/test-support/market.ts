// The contract of this package's tests. Not part of any door.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod';

const Price = z.object({ bid: z.number(), ask: z.number() });
const Position = z.object({ id: z.string(), quantity: z.number() });
const Alert = z.object({ text: z.string(), level: z.enum(['info', 'warn']) });

export const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(Price),
    'positions/{userId}': collection(Position, { key: 'id' }),
    'trades/{venue}/{symbol}': stream(z.object({ price: z.number() }), {
      history: { size: 10, ttlMs: 60_000 },
    }),
    alerts: stream(Alert, { history: { size: 100, ttlMs: 3_600_000 } }),
    status: state(z.object({ isOpen: z.boolean() })),
  },
  commands: {
    placeOrder: command({
      input: z.object({ symbol: z.string(), quantity: z.number().default(1) }),
      output: z.object({ orderId: z.string() }),
      errors: {
        insufficientFunds: z.object({ needed: z.string() }),
        marketClosed: z.object({ opensAtMs: z.number() }),
      },
    }),
    cancelAll: command({ input: z.object({}), output: z.object({ count: z.number() }) }),
  },
});
