// A contract for tests. Not part of any door.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod';

const Price = z.object({ bid: z.number(), ask: z.number(), at: z.number().optional() });
const Level = z.object({ id: z.string(), q: z.number() });
const Trade = z.object({ id: z.number(), at: z.number().optional() });

export const market = defineContract({
  name: 'market',
  version: '1.2.3',
  channels: {
    'price/{symbol}': state(Price),
    'book/{symbol}': collection(Level, { key: 'id' }),
    'trades/{symbol}': stream(Trade, { history: { size: 100, ttlMs: 60_000 } }),
    status: state(z.string()),
  },
  commands: {
    place: command({
      input: z.object({ qty: z.number() }),
      output: z.object({ id: z.string() }),
      errors: { insufficientFunds: z.object({ needed: z.number() }) },
    }),
    refresh: command({ input: z.object({}), output: z.number(), idempotent: true, timeoutMs: 700 }),
  },
});
