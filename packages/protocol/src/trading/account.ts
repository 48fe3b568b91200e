// Account: positions, portfolio, orders and fills. Money and quantities are decimal strings.
import * as z from 'zod/mini';
import { Decimal, Exchange, Id, InstrumentSymbol, Instant, Side, text } from './values.js';

/** What is held of one instrument. */
export const Position = z.object({
  id: Id,
  symbol: InstrumentSymbol,
  side: Side,
  status: z.enum(['open', 'closed']),
  quantity: Decimal,
  entryPrice: Decimal,
  currentPrice: z.optional(Decimal),
  unrealizedPnl: z.optional(Decimal),
  realizedPnl: z.optional(Decimal),
  at: Instant,
});
export type Position = z.infer<typeof Position>;

/** An account at a glance. */
export const Portfolio = z.object({
  balance: Decimal,
  equity: z.optional(Decimal),
  totalPnl: Decimal,
  realizedPnl: z.optional(Decimal),
  unrealizedPnl: z.optional(Decimal),
  positionsCount: z.int().check(z.gte(0)),
  at: Instant,
});
export type Portfolio = z.infer<typeof Portfolio>;

/** Every kind of order. */
export const OrderType = z.enum(['market', 'limit', 'stop', 'stop_limit', 'trailing_stop', 'oco', 'bracket']);
export type OrderType = z.infer<typeof OrderType>;

/** Where an order is in its life. */
export const OrderStatus = z.enum([
  'pending',
  'open',
  'partially_filled',
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'triggered',
]);
export type OrderStatus = z.infer<typeof OrderStatus>;

/** An order. Which prices are there depends on its type; the legs of an OCO or bracket order name their parent. */
export const Order = z.object({
  id: Id,
  type: OrderType,
  status: OrderStatus,
  symbol: z.optional(InstrumentSymbol),
  side: z.optional(Side),
  quantity: z.optional(Decimal),
  filledQuantity: z.optional(Decimal),
  averagePrice: z.optional(Decimal),
  limitPrice: z.optional(Decimal),
  stopPrice: z.optional(Decimal),
  takeProfitPrice: z.optional(Decimal),
  stopLossPrice: z.optional(Decimal),
  /** Trailing stop: the best price seen. */
  peakPrice: z.optional(Decimal),
  /** Trailing stop: the distance from the peak, in per cent. */
  trailPercent: z.optional(Decimal),
  parentOrderId: z.optional(Id),
  botId: z.optional(Id),
  exchange: z.optional(Exchange),
  exchangeOrderId: z.optional(Id),
  message: z.optional(text(500)),
  at: Instant,
});
export type Order = z.infer<typeof Order>;

/** An order that was filled, or a part of it. */
export const Fill = z.object({
  id: Id,
  orderId: Id,
  botId: z.optional(Id),
  symbol: z.optional(InstrumentSymbol),
  side: z.optional(Side),
  quantity: Decimal,
  price: z.optional(Decimal),
  fee: z.optional(Decimal),
  at: Instant,
});
export type Fill = z.infer<typeof Fill>;

const common = { symbol: InstrumentSymbol, side: Side, quantity: Decimal, botId: z.optional(Id) };

/** What a client asks for: each type of order with exactly the prices it needs. */
export const NewOrder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('market'), ...common }),
  z.object({ type: z.literal('limit'), ...common, limitPrice: Decimal }),
  z.object({ type: z.literal('stop'), ...common, stopPrice: Decimal }),
  z.object({ type: z.literal('stop_limit'), ...common, stopPrice: Decimal, limitPrice: Decimal }),
  z.object({ type: z.literal('trailing_stop'), ...common, trailPercent: Decimal }),
  z.object({ type: z.literal('oco'), ...common, takeProfitPrice: Decimal, stopLossPrice: Decimal }),
  z.object({
    type: z.literal('bracket'),
    ...common,
    limitPrice: z.optional(Decimal),
    takeProfitPrice: Decimal,
    stopLossPrice: Decimal,
  }),
]);
export type NewOrder = z.infer<typeof NewOrder>;
