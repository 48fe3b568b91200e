// What the server under attack speaks: every kind of channel, channels of one user each, inputs with every sort of bound.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod';

const text = z.string().max(64);

const Note = z.object({
  id: text,
  text: z.string().max(8_192),
  fields: z.object({ admin: z.boolean().optional() }).optional(),
});

/** Inputs of `measure`: one field for each sort of bound. */
const Measurement = z.object({
  price: z.number().optional(),
  count: z.int().optional(),
  amount: z
    .string()
    .regex(/^-?\d{1,20}(?:\.\d{1,18})?$/)
    .optional(),
  day: z.iso.date().optional(),
  at: z.iso.datetime({ precision: 3 }).optional(),
  atMs: z.int().min(0).max(4_102_444_800_000).optional(),
  tags: z.array(text).max(8).optional(),
});

export const hostile = defineContract({
  name: 'hostile',
  version: '1.0.0',
  channels: {
    /** Numbered by the server, one every few milliseconds: what a bystander must not miss. */
    ticks: stream(z.object({ sequence: z.int() }), { history: { size: 5_000, ttlMs: 60_000 } }),
    /** The last number. */
    clock: state(z.object({ sequence: z.int() })),
    'price/{symbol}': state(z.object({ symbol: z.string(), price: z.string() })),
    'notes/{board}': collection(Note, { key: 'id' }),
    /** Full history of large events: the dearest thing to recover. */
    'archive/{name}': stream(z.object({ sequence: z.int(), text: z.string() }), {
      history: { size: 200, ttlMs: 600_000 },
    }),
    /** Its rule takes a while. */
    'slow/{name}': state(z.object({})),
    'user/{userId}': state(z.object({ secret: z.string() })),
  },
  commands: {
    echo: command({
      input: z.object({ text: z.string().max(8_192) }),
      output: z.object({ text: z.string() }),
    }),
    measure: command({ input: Measurement, output: Measurement }),
    /** Writes the caller's note on a board. */
    putNote: command({
      input: z.object({ board: text, note: Note }),
      output: z.object({ offset: z.int() }),
    }),
    /** Ends when it is asked to. */
    wait: command({ input: z.object({}), output: z.object({ ran: z.boolean() }) }),
    strict: command({ input: z.strictObject({ text }), output: z.object({}) }),
  },
});
