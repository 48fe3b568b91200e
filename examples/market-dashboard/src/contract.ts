// The contract of the market dashboard: the one file the server and the page share.
import * as z from 'zod/mini';
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';

/** A price or a size exactly as its source wrote it. Never a float: what the exchange said is what the screen shows. */
const Decimal = z.string().check(z.regex(/^-?\d{1,30}(?:\.\d{1,30})?$/));
const Milliseconds = z.int().check(z.nonnegative());
const Count = z.int().check(z.nonnegative());

/** What the feed is, so that nobody takes simulated prices for real ones. */
export const FeedStatus = z.object({
  kind: z.enum(['simulated', 'replay']),
  /** Shown on the page: `Simulated market`, `Replay of Coinbase`. */
  label: z.string(),
  once: z.boolean(),
  /** Runs through the recording, from 1. */
  pass: Count,
  paused: z.boolean(),
  finished: z.boolean(),
  /** What was asked for; null in a replay, which follows its recording. */
  targetUpdatesPerSecond: z.nullable(Count),
  /** What was measured over the last second. */
  updatesPerSecond: Count,
  /** Feed events published since the process started. */
  published: Count,
  /** Messages of the recording that were not understood. */
  skipped: Count,
  /** Times the recording's speed; null where it plays as fast as it goes, or is simulated. */
  speed: z.nullable(z.number()),
  candleIntervalMs: Milliseconds,
  /** What candles are made of: trades, or the middle of the book where trades are rare. */
  candlesOf: z.enum(['trades', 'mid']),
  /** How trade ids follow each other: over the whole market, within a product, or not at all. */
  tradeIds: z.enum(['market', 'product', 'opaque']),
  /** Checksums the exchange sent with its book updates: how many our book met. */
  checksums: z.object({ matched: Count, failed: Count }),
});

export const Product = z.object({
  id: z.string(),
  base: z.string(),
  quote: z.string(),
  /** Place in the watch-list. */
  order: Count,
  priceDecimals: Count,
  sizeDecimals: Count,
});

export const Ticker = z.object({
  product: z.string(),
  /** Null where the source sends no trades. */
  last: z.nullable(Decimal),
  bid: z.nullable(Decimal),
  ask: z.nullable(Decimal),
  open24h: z.nullable(Decimal),
  high24h: z.nullable(Decimal),
  low24h: z.nullable(Decimal),
  volume24h: z.nullable(Decimal),
  /** When the source says it happened. */
  timeMs: z.nullable(Milliseconds),
  /** When this server published it; latency is measured from here. */
  publishedAtMs: Milliseconds,
});

export const Level = z.object({
  /** `bid:7.61`: the price without the zeros that say nothing. */
  key: z.string(),
  side: z.enum(['bid', 'ask']),
  price: Decimal,
  size: Decimal,
});

export const Trade = z.object({
  product: z.string(),
  /** Unique within the product; a looping replay adds its pass. */
  id: z.string(),
  price: Decimal,
  size: Decimal,
  /** The side that took. */
  side: z.enum(['buy', 'sell']),
  timeMs: Milliseconds,
});

export const Candle = z.object({
  /** The opening time as text, because a collection's keys are strings. */
  key: z.string(),
  openMs: Milliseconds,
  open: Decimal,
  high: Decimal,
  low: Decimal,
  close: Decimal,
});

const DurationMs = z.int().check(z.minimum(500), z.maximum(30_000));
const Done = z.object({});

export const dashboard = defineContract({
  name: 'market-dashboard',
  version: '1.0.0',
  channels: {
    feed: state(FeedStatus, { staleAfterMs: 5_000 }),
    products: collection(Product, { key: 'id' }),
    'ticker/{product}': state(Ticker, { timeField: 'publishedAtMs' }),
    'book/{product}': collection(Level, { key: 'key' }),
    'candles/{product}': collection(Candle, { key: 'key' }),
    // At ten thousand updates a second this is some twenty seconds of trades: more than any cut the page can make.
    trades: stream(Trade, { history: { size: 10_000, ttlMs: 3_600_000 } }),
  },
  commands: {
    setRate: command({
      input: z.object({ updatesPerSecond: z.int().check(z.minimum(1), z.maximum(20_000)) }),
      output: Done,
      errors: { notSimulated: z.object({ label: z.string() }) },
    }),
    pauseFeed: command({ input: z.object({}), output: Done }),
    resumeFeed: command({ input: z.object({}), output: Done }),
    /** Resets the caller's connection and refuses new ones from the same tab for a while. */
    cutCable: command({ input: z.object({ forMs: DurationMs }), output: Done }),
    /** Takes the server and every connection away for a while; the feed and the broker live on. */
    killServer: command({ input: z.object({ forMs: DurationMs }), output: Done }),
    /** Loses this share of the data messages on their way to the caller's tab. */
    dropMessages: command({
      input: z.object({ percent: z.number().check(z.minimum(0), z.maximum(90)) }),
      output: Done,
    }),
  },
});

export type FeedStatus = z.output<typeof FeedStatus>;
export type Product = z.output<typeof Product>;
export type Ticker = z.output<typeof Ticker>;
export type Level = z.output<typeof Level>;
export type Trade = z.output<typeof Trade>;
export type Candle = z.output<typeof Candle>;
