// Market data: what everybody may see. Prices are numbers, as exchanges publish them.
import * as z from 'zod/mini';
import { Exchange, Figure, Id, InstrumentSymbol, Instant, Side, text } from './values.js';

/** The latest of one instrument. Only price and time are always known; the changes are over the day or over 24 h. */
export const Quote = z.object({
  symbol: InstrumentSymbol,
  price: Figure,
  at: Instant,
  exchange: z.optional(Exchange),
  bid: z.optional(Figure),
  ask: z.optional(Figure),
  change: z.optional(Figure),
  changePercent: z.optional(Figure),
  open: z.optional(Figure),
  high: z.optional(Figure),
  low: z.optional(Figure),
  volume: z.optional(Figure),
});
export type Quote = z.infer<typeof Quote>;

/** One trade on the market. */
export const Trade = z.object({
  id: Id,
  symbol: InstrumentSymbol,
  price: Figure,
  quantity: Figure,
  side: z.optional(Side),
  at: Instant,
});
export type Trade = z.infer<typeof Trade>;

/** How long a candle lasts. */
export const CandleInterval = z.enum(['1s', '1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w']);
export type CandleInterval = z.infer<typeof CandleInterval>;

/** One candle; the newest changes until it is closed. */
export const Candle = z.object({
  /** The opening time in milliseconds since 1970, as a string: the record's key. */
  id: z.string().check(z.regex(/^\d{1,16}$/)),
  openedAt: Instant,
  open: Figure,
  high: Figure,
  low: Figure,
  close: Figure,
  volume: Figure,
  closed: z.boolean(),
});
export type Candle = z.infer<typeof Candle>;

/** One level of an order book. A level whose quantity becomes nought is removed. */
export const BookLevel = z.object({
  /** Side and price, `buy:61250.5`: the record's key. */
  id: text(64),
  side: Side,
  price: Figure,
  quantity: Figure,
  orders: z.optional(z.int()),
});
export type BookLevel = z.infer<typeof BookLevel>;

/** Whether a market is open. `null` where it never opens or closes, or nobody knows when. */
export const MarketStatus = z.object({
  status: z.enum(['open', 'closed', 'pre_market', 'after_hours', 'holiday', 'halted']),
  nextOpenAt: z.nullable(Instant),
  nextCloseAt: z.nullable(Instant),
  at: Instant,
});
export type MarketStatus = z.infer<typeof MarketStatus>;

/** Whether the upstream feed delivers. Whether the client is connected is the client's to know. */
export const FeedStatus = z.object({
  status: z.enum(['connected', 'connecting', 'degraded', 'disconnected', 'error']),
  message: text(500),
  at: Instant,
});
export type FeedStatus = z.infer<typeof FeedStatus>;

/** A chart pattern that was found. */
export const PatternAlert = z.object({
  id: Id,
  symbol: InstrumentSymbol,
  pattern: text(64),
  score: Figure,
  entryPrice: z.optional(Figure),
  stopPrice: z.optional(Figure),
  targetPrice: z.optional(Figure),
  riskRewardRatio: z.optional(Figure),
  message: text(1_000),
  at: Instant,
});
export type PatternAlert = z.infer<typeof PatternAlert>;

/** A price alert that went off. */
export const AlertTrigger = z.object({
  id: Id,
  symbol: InstrumentSymbol,
  alert: text(64),
  triggerPrice: Figure,
  currentPrice: Figure,
  message: text(1_000),
  at: Instant,
});
export type AlertTrigger = z.infer<typeof AlertTrigger>;

/** A message of the operator to everybody. */
export const Announcement = z.object({
  id: Id,
  level: z.enum(['info', 'warning', 'critical']),
  message: text(2_000),
  at: Instant,
});
export type Announcement = z.infer<typeof Announcement>;

/** How the back end is. */
export const Health = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  uptimeMs: z.optional(z.number().check(z.gte(0))),
  components: z.optional(
    z
      .array(
        z.object({
          name: text(64),
          status: z.enum(['healthy', 'degraded', 'unhealthy']),
          message: z.optional(text(500)),
        }),
      )
      .check(z.maxLength(100)),
  ),
  at: Instant,
});
export type Health = z.infer<typeof Health>;
