// Frame schemas: what is checked of a frame that arrives. zod/mini, so that a browser that wants them pays little;
// the client of this repository does not import them. Unknown fields are dropped, never refused (P-EXT-1).
import * as z from 'zod/mini';
import { isPlainObject } from '../delta/plain-object.js';
import { MAX_EPOCH_LENGTH } from '../position.js';

const name = z.string().check(z.maxLength(255));
const text = z.string().check(z.maxLength(1_024));
const uint32 = z.int().check(z.gte(0), z.lte(4_294_967_295));
const offset = z.int().check(z.gte(0));
const epoch = z.string().check(z.minLength(1), z.maxLength(MAX_EPOCH_LENGTH));
const milliseconds = z.number().check(z.gte(0));
const code = z.string().check(z.minLength(1), z.maxLength(128));
/** By key, as it came: z.record() would drop a key called `__proto__`, which is data like any other (P-FRAME-6). */
const keyed = z.custom<Record<string, unknown>>(isPlainObject);
const keyedBy = <Value>(holds: (value: unknown) => value is Value) =>
  z.custom<Record<string, Value>>((value) => isPlainObject(value) && Object.values(value).every(holds));
const isListOfTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
const isKeyed = (value: unknown): value is Record<string, unknown> => isPlainObject(value);

/** The error object (P-ERR-1). */
export const wireErrorSchema = z.object({
  c: code,
  m: z.optional(z.string()),
  d: z.optional(z.unknown()),
  x: z.optional(z.enum(['no', 'yes', 'maybe'])),
  ra: z.optional(z.number()),
});

/** The first frame of a client (P-CONN-4). */
export const helloFrameSchema = z.object({
  t: z.literal('hello'),
  v: uint32,
  sdk: z.optional(name),
  contract: z.optional(z.object({ name, ver: name, hash: z.optional(name) })),
  auth: z.optional(z.object({ token: z.optional(z.string().check(z.maxLength(16_384))) })),
  caps: z.optional(z.array(name).check(z.maxLength(64))),
  lim: z.optional(z.object({ in: z.optional(offset) })),
});

/** A channel in a `sub`, with its cursor where there is one (P-SUB-1). */
export const subscribeEntrySchema = z.object({
  c: z.string(),
  e: z.optional(epoch),
  o: z.optional(offset),
  last: z.optional(offset),
  hz: z.optional(z.number().check(z.gt(0))),
});

/** Asks for channels (P-SUB-1). */
export const subscribeFrameSchema = z.object({
  t: z.literal('sub'),
  id: uint32,
  ch: z.array(subscribeEntrySchema),
});

/** Ends subscriptions (P-SUB-12). */
export const unsubscribeFrameSchema = z.object({
  t: z.literal('unsub'),
  id: uint32,
  ch: z.array(z.string()),
});

/** Calls a command (P-CMD-1). */
export const requestFrameSchema = z.object({
  t: z.literal('req'),
  id: uint32,
  m: name,
  v: z.optional(z.unknown()),
  ttl: z.optional(milliseconds),
  k: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
});

/** Gives a command up (P-CMD-4). */
export const cancelFrameSchema = z.object({ t: z.literal('cancel'), id: uint32 });

/** Reserved: a client publishes (P-EXT-5). */
export const publishFrameSchema = z.object({
  t: z.literal('pub'),
  id: z.optional(uint32),
  c: z.string(),
  v: z.optional(z.unknown()),
});

/** Fresh credentials (P-AUTH-2). */
export const authFrameSchema = z.object({
  t: z.literal('auth'),
  id: uint32,
  token: z.string().check(z.maxLength(16_384)),
});

/** Asks for a sign of life (P-LIVE-1). */
export const pingFrameSchema = z.object({
  t: z.literal('ping'),
  k: uint32,
  rtt: z.optional(milliseconds),
  now: z.optional(z.number()),
});

/** Answers a ping (P-LIVE-1). */
export const pongFrameSchema = z.object({ t: z.literal('pong'), k: uint32 });

/** A problem that answers no question, or with `id` the refusal of a frame (P-EXT-4). */
export const errFrameSchema = z.object({ t: z.literal('err'), id: z.optional(uint32), err: wireErrorSchema });

/** Any frame a client may send. */
export const clientFrameSchema = z.discriminatedUnion('t', [
  helloFrameSchema,
  subscribeFrameSchema,
  unsubscribeFrameSchema,
  requestFrameSchema,
  cancelFrameSchema,
  publishFrameSchema,
  authFrameSchema,
  pingFrameSchema,
  pongFrameSchema,
  errFrameSchema,
]);

/** Accepts a client (P-CONN-6). */
export const welcomeFrameSchema = z.object({
  t: z.literal('welcome'),
  sid: name,
  node: name,
  now: z.number(),
  contract: z.optional(
    z.object({ ver: name, hash: z.optional(name), mode: z.enum(['exact', 'compat', 'cast', 'unchecked']) }),
  ),
  deny: z.optional(z.array(name)),
  caps: z.array(name),
  ping: z.object({ every: milliseconds, grace: milliseconds }),
  auth: z.optional(z.object({ ttl: milliseconds })),
  lim: z.object({
    in: z.optional(offset),
    subs: z.optional(offset),
    batch: z.optional(offset),
    inflight: z.optional(offset),
    rate: z.optional(milliseconds),
    burst: z.optional(milliseconds),
    keyTtl: z.optional(milliseconds),
    chan: z.optional(offset),
  }),
});

/** Refuses a client (P-CONN-6). */
export const rejectFrameSchema = z.object({ t: z.literal('reject'), err: wireErrorSchema });

/** Answers a `sub` (P-SUB-3). */
export const subscribedFrameSchema = z.object({
  t: z.literal('subd'),
  id: uint32,
  r: z.array(
    z.union([
      z.object({ c: z.string(), err: wireErrorSchema }),
      z.object({
        c: z.string(),
        n: uint32,
        kind: z.enum(['state', 'collection', 'stream']),
        e: epoch,
        o: offset,
        m: z.enum(['same', 'full', 'range', 'tail', 'reset']),
        b: z.optional(offset),
        hz: z.optional(z.number()),
        tf: z.optional(name),
      }),
    ]),
  ),
});

/** Subscriptions have ended (P-SUB-12). */
export const unsubscribedFrameSchema = z.object({
  t: z.literal('unsubd'),
  id: z.optional(uint32),
  ch: z.array(z.string()),
  err: z.optional(wireErrorSchema),
});

const part = { i: z.optional(uint32), more: z.optional(z.literal(1)) };

/** A whole value (P-DATA-2). */
export const fullFrameSchema = z.object({
  t: z.literal('f'),
  n: uint32,
  o: offset,
  e: z.optional(epoch),
  v: z.optional(z.unknown()),
  k: z.optional(keyed),
  ...part,
});

/** What was touched in a range (P-DATA-3). */
export const deltaFrameSchema = z.object({
  t: z.literal('d'),
  n: uint32,
  o: offset,
  b: z.optional(offset),
  s: z.optional(keyed),
  x: z.optional(z.array(z.string())),
  u: z.optional(keyed),
  p: z.optional(keyedBy(isKeyed)),
  q: z.optional(keyedBy(isListOfTexts)),
  ...part,
});

/** Events of a stream (P-DATA-4). */
export const eventsFrameSchema = z.object({
  t: z.literal('e'),
  n: uint32,
  o: offset,
  b: z.optional(offset),
  v: z.optional(z.unknown()),
  vs: z.optional(z.array(z.unknown())),
  os: z.optional(z.array(offset)),
});

/** Breaks the continuity of a stream (P-DATA-5). */
export const resetFrameSchema = z.object({
  t: z.literal('rst'),
  n: uint32,
  e: epoch,
  o: offset,
  why: z.enum(['epoch', 'trimmed', 'regress']),
  lost: z.optional(z.tuple([offset, offset])),
});

/** Whether the source behind a channel delivers (P-DATA-8). */
export const statusFrameSchema = z.object({
  t: z.literal('stat'),
  n: uint32,
  s: z.enum(['live', 'stale', 'closed']),
  since: z.number(),
});

/** Answers a command (P-CMD-1). */
export const responseFrameSchema = z.object({
  t: z.literal('res'),
  id: uint32,
  v: z.optional(z.unknown()),
  err: z.optional(wireErrorSchema),
  rp: z.optional(z.literal(1)),
  at: z.optional(z.array(z.object({ c: z.string(), e: epoch, o: offset }))),
});

/** Asks for fresh credentials (P-AUTH-2). */
export const reauthenticateFrameSchema = z.object({ t: z.literal('reauth'), in: milliseconds });

/** The server will close this connection (P-LIVE-7). */
export const goAwayFrameSchema = z.object({
  t: z.literal('goaway'),
  in: milliseconds,
  c: z.optional(code),
  url: z.optional(text),
});

/** Any frame a server may send. */
export const serverFrameSchema = z.discriminatedUnion('t', [
  welcomeFrameSchema,
  rejectFrameSchema,
  subscribedFrameSchema,
  unsubscribedFrameSchema,
  fullFrameSchema,
  deltaFrameSchema,
  eventsFrameSchema,
  resetFrameSchema,
  statusFrameSchema,
  responseFrameSchema,
  reauthenticateFrameSchema,
  pingFrameSchema,
  pongFrameSchema,
  goAwayFrameSchema,
  errFrameSchema,
]);
