// Conformance contract: what a server under test must offer, so that scripts can make things happen. The README of the
// vectors says the same in words, for servers in other languages.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod/mini';

const name = z.string().check(z.maxLength(200));
const scalar = z.union([z.string().check(z.maxLength(100_000)), z.number(), z.boolean(), z.null()]);
const list = z.array(scalar).check(z.maxLength(100));
/** What scripts set: fields of these names, or a value that is no object. */
const Given = z.union([
  scalar,
  list,
  z.object({
    a: z.optional(scalar),
    b: z.optional(scalar),
    c: z.optional(scalar),
    n: z.optional(scalar),
    best: z.optional(z.object({ bid: z.optional(z.number()), ask: z.optional(z.number()) })),
  }),
]);
/** What a state may hold, fields of any name among it. */
const Document = z.union([scalar, list, z.record(z.string(), z.unknown())]);
const Secret = z.object({ secret: z.number() });
const Entry = z.object({ id: name, size: z.number(), note: z.optional(name) });
const Event = z.object({ n: z.int(), pad: z.optional(z.string().check(z.maxLength(10_000))) });
const padding = z.optional(z.int().check(z.gte(0), z.lte(10_000)));
const Nothing = z.object({});
const Position = z.object({ epoch: z.string(), offset: z.number() });

/** The contract of a server under test. */
export const conformanceContract = defineContract({
  name: 'conformance',
  version: '1.0.0',
  channels: {
    'state/{name}': state(Document),
    'collection/{name}': collection(Entry, { key: 'id' }),
    'stream/{name}': stream(Event, { history: { size: 5, ttlMs: 600_000 } }),
    'private/{user}': state(Secret),
    'feed/{name}': state(z.number(), { staleAfterMs: 1_000 }),
  },
  commands: {
    features: command({
      input: Nothing,
      output: z.object({ features: z.array(name).check(z.maxLength(20)) }),
      idempotent: true,
    }),
    echo: command({
      input: z.object({ say: z.string().check(z.maxLength(100)) }),
      output: z.object({ said: z.string() }),
    }),
    sum: command({
      input: z.object({ a: z.number(), b: z.number() }),
      output: z.object({ sum: z.number() }),
    }),
    fail: command({
      input: z.object({ needed: name }),
      output: Nothing,
      errors: { refused: z.object({ needed: z.string() }) },
    }),
    crash: command({ input: Nothing, output: Nothing }),
    wait: command({ input: Nothing, output: Nothing, timeoutMs: 10_000 }),
    count: command({ input: z.object({ name }), output: z.object({ count: z.int() }) }),
    look: command({ input: z.object({ name }), output: z.object({ count: z.int() }) }),
    set: command({ input: z.object({ name, value: Given, padding }), output: Position }),
    setOdd: command({ input: z.object({ name, value: z.number() }), output: Position }),
    clear: command({ input: z.object({ name }), output: Position }),
    burst: command({
      input: z.object({ name, count: z.int().check(z.gte(1), z.lte(1_000)) }),
      output: Nothing,
    }),
    flip: command({ input: z.object({ name }), output: Nothing }),
    update: command({
      input: z.object({
        name,
        upsert: z.optional(z.array(Entry).check(z.maxLength(100))),
        remove: z.optional(z.array(name).check(z.maxLength(100))),
      }),
      output: Position,
    }),
    fill: command({
      input: z.object({ name, records: z.int().check(z.gte(1), z.lte(1_000)) }),
      output: Position,
    }),
    append: command({
      input: z.object({ name, events: z.array(Event).check(z.maxLength(100)), padding }),
      output: Position,
    }),
    setFeed: command({ input: z.object({ name, value: z.number() }), output: Position }),
    setPrivate: command({
      input: z.object({ user: name, value: Secret }),
      output: Position,
    }),
    revoke: command({ input: z.object({ user: name }), output: Nothing }),
  },
});
