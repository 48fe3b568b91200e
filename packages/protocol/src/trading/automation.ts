// Automation: bots, their logs and profit, and the agent that decides.
import * as z from 'zod/mini';
import { Decimal, Exchange, Id, InstrumentSymbol, Instant, Side, text } from './values.js';

/** A trading bot. */
export const Bot = z.object({
  id: Id,
  symbol: InstrumentSymbol,
  exchange: Exchange,
  status: z.enum(['active', 'stopped']),
  name: z.optional(text(128)),
  strategy: z.optional(text(64)),
  createdAt: z.optional(Instant),
  at: Instant,
});
export type Bot = z.infer<typeof Bot>;

/** What a client gives to make a bot. */
export const NewBot = z.object({
  symbol: InstrumentSymbol,
  exchange: Exchange,
  name: z.optional(text(128)),
  strategy: z.optional(text(64)),
});
export type NewBot = z.infer<typeof NewBot>;

/** One line of an activity log. */
export const LogEntry = z.object({
  id: Id,
  level: z.enum(['debug', 'info', 'warning', 'error']),
  message: text(4_000),
  botId: z.optional(Id),
  at: Instant,
});
export type LogEntry = z.infer<typeof LogEntry>;

/** Profit and loss of one bot. */
export const BotPnl = z.object({ botId: Id, pnl: Decimal, at: Instant });
export type BotPnl = z.infer<typeof BotPnl>;

/** A decision of the agent. */
export const Decision = z.object({
  id: Id,
  symbol: InstrumentSymbol,
  action: z.enum(['buy', 'sell', 'hold', 'close']),
  confidence: z.optional(z.number().check(z.gte(0), z.lte(1))),
  reasoning: z.optional(text(4_000)),
  quantity: z.optional(Decimal),
  price: z.optional(Decimal),
  at: Instant,
});
export type Decision = z.infer<typeof Decision>;

/** The loop an agent goes round. */
export const AgentPhase = z.enum(['idle', 'observe', 'orient', 'decide', 'act', 'error']);
export type AgentPhase = z.infer<typeof AgentPhase>;

/** Where an agent is now. */
export const AgentStatus = z.object({ phase: AgentPhase, since: Instant, message: z.optional(text(1_000)) });
export type AgentStatus = z.infer<typeof AgentStatus>;

/** What an agent did. Decisions have a channel of their own. */
export const AgentEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('state_transition'),
    id: Id,
    from: z.nullable(AgentPhase),
    to: AgentPhase,
    at: Instant,
  }),
  z.object({
    type: z.literal('trade_executed'),
    id: Id,
    symbol: InstrumentSymbol,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    orderId: z.optional(Id),
    at: Instant,
  }),
  z.object({
    type: z.literal('position_closed'),
    id: Id,
    positionId: Id,
    symbol: InstrumentSymbol,
    realizedPnl: Decimal,
    at: Instant,
  }),
  z.object({
    type: z.literal('error'),
    id: Id,
    message: text(2_000),
    recoverable: z.optional(z.boolean()),
    at: Instant,
  }),
]);
export type AgentEvent = z.infer<typeof AgentEvent>;
