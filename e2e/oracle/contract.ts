// What the oracle sends through Tickwire: the books, a stream with one event a message, the state of the run.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod/mini';

const text = z.string().check(z.maxLength(64));
const count = z.int().check(z.gte(0));

export const oracle = defineContract({
  name: 'oracle',
  version: '1.0.0',
  channels: {
    /** Price levels by `side:price`; prices and sizes as the exchange wrote them. */
    'book/{pair}': collection(
      z.object({ key: text, side: z.enum(['bid', 'ask']), price: text, size: text }),
      {
        key: 'key',
      },
    ),
    /** One event a message of the exchange, numbered from 1. */
    messages: stream(z.object({ sequence: count, pair: text }), {
      history: { size: 20_000, ttlMs: 3_600_000 },
    }),
    run: state(z.object({ status: z.enum(['running', 'finished']), pairs: z.array(text), messages: count })),
  },
  commands: {
    /** What the client saw, sent when it has everything. */
    report: command({
      input: z.object({ checked: count, events: count }),
      output: z.object({ accepted: z.boolean() }),
    }),
  },
});
