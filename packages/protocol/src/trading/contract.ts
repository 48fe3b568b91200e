// The ready-made contract: market data, account and automation. Take it whole, or take parts into one of your own.
import * as z from 'zod/mini';
import { defineContract } from '../contract/contract.js';
import { collection, command, state, stream } from '../contract/definition.js';
import { Fill, NewOrder, Order, Portfolio, Position } from './account.js';
import { AgentEvent, AgentStatus, Bot, BotPnl, Decision, LogEntry, NewBot } from './automation.js';
import {
  AlertTrigger,
  Announcement,
  BookLevel,
  Candle,
  FeedStatus,
  Health,
  MarketStatus,
  PatternAlert,
  Quote,
  Trade,
} from './market-data.js';
import { Decimal, Id, text } from './values.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Channels everybody may see. */
export const marketChannels = {
  'quotes/{symbol}': state(Quote, { staleAfterMs: 60_000, timeField: 'at' }),
  'ticks/{symbol}': stream(Quote, { history: { size: 100, ttlMs: DAY_MS }, timeField: 'at' }),
  'trades/{symbol}': stream(Trade, { history: { size: 500, ttlMs: HOUR_MS }, timeField: 'at' }),
  'candles/{symbol}/{interval}': collection(Candle, { key: 'id' }),
  'book/{symbol}': collection(BookLevel, { key: 'id' }),
  'market-status/{market}': state(MarketStatus, { timeField: 'at' }),
  'feeds/{feed}': state(FeedStatus, { timeField: 'at' }),
  patterns: stream(PatternAlert, { history: { size: 200, ttlMs: DAY_MS }, timeField: 'at' }),
  alerts: stream(AlertTrigger, { history: { size: 200, ttlMs: DAY_MS }, timeField: 'at' }),
  announcements: stream(Announcement, { history: { size: 50, ttlMs: 7 * DAY_MS }, timeField: 'at' }),
  health: state(Health, { staleAfterMs: 60_000, timeField: 'at' }),
} as const;

/** Channels of one account. */
export const accountChannels = {
  'portfolio/{accountId}': state(Portfolio, { timeField: 'at' }),
  'positions/{accountId}': collection(Position, { key: 'id', timeField: 'at' }),
  'orders/{accountId}': collection(Order, { key: 'id', timeField: 'at' }),
  'fills/{accountId}': stream(Fill, { history: { size: 500, ttlMs: 7 * DAY_MS }, timeField: 'at' }),
} as const;

/** Channels of one account's bots and agent. */
export const automationChannels = {
  'bots/{accountId}': collection(Bot, { key: 'id', timeField: 'at' }),
  'pnl/{accountId}': collection(BotPnl, { key: 'botId', timeField: 'at' }),
  'logs/{accountId}': stream(LogEntry, { history: { size: 1_000, ttlMs: DAY_MS }, timeField: 'at' }),
  'decisions/{accountId}': stream(Decision, { history: { size: 200, ttlMs: 7 * DAY_MS }, timeField: 'at' }),
  'agent/{accountId}': state(AgentStatus, { timeField: 'since' }),
  'agent-events/{accountId}': stream(AgentEvent, { history: { size: 500, ttlMs: DAY_MS }, timeField: 'at' }),
} as const;

const notFound = z.object({ id: Id });
const refused = z.object({ reason: text(500) });

/** Orders, and what is done with bots and logs. */
export const tradingCommands = {
  placeOrder: command({
    input: NewOrder,
    output: Order,
    errors: {
      insufficientFunds: z.object({ needed: Decimal, available: Decimal }),
      marketClosed: refused,
      refused,
    },
  }),
  cancelOrder: command({
    input: z.object({ orderId: Id }),
    output: Order,
    errors: { notFound, refused },
    idempotent: true,
  }),
  createBot: command({ input: NewBot, output: Bot, errors: { refused } }),
  updateBot: command({
    input: z.object({ id: Id, name: z.optional(text(128)), strategy: z.optional(text(64)) }),
    output: Bot,
    errors: { notFound, refused },
    idempotent: true,
  }),
  deleteBot: command({
    input: z.object({ id: Id }),
    output: z.object({ id: Id }),
    errors: { notFound },
    idempotent: true,
  }),
  toggleBot: command({ input: z.object({ id: Id }), output: Bot, errors: { notFound, refused } }),
  createLog: command({
    input: z.object({ level: LogEntry.shape.level, message: LogEntry.shape.message, botId: z.optional(Id) }),
    output: LogEntry,
  }),
} as const;

/**
 * A contract for trading dashboards. What hand-written realtime layers call their messages, and where it is found here:
 *
 * | Message | Here |
 * |---|---|
 * | `bot_created`, `bot_update` | `bots/{accountId}`, a record |
 * | `bot_deleted` | `bots/{accountId}`, a record removed |
 * | `order_update`, `ORDER_UPDATE` (trailing stop, OCO, bracket) | `orders/{accountId}`, a record |
 * | `order_filled` | `fills/{accountId}`, an event; the order's record changes too |
 * | `log_created` | `logs/{accountId}`, an event |
 * | `pnl_update` | `pnl/{accountId}`, a record |
 * | `price_update`, `MARKET_UPDATE` | `quotes/{symbol}`, the latest |
 * | `history` of prices | `ticks/{symbol}`, events with history |
 * | `system` | `announcements`, an event |
 * | `POSITION_UPDATE`, `positions_update` | `positions/{accountId}`, records |
 * | `PORTFOLIO_UPDATE`, `portfolio_update` | `portfolio/{accountId}`, the latest |
 * | `decision_made` | `decisions/{accountId}`, an event |
 * | `state_transition` | `agent/{accountId}`, the latest, and `agent-events/{accountId}`, an event |
 * | `trade_executed`, `position_closed`, `error` of an agent | `agent-events/{accountId}`, an event |
 * | `pattern_alert`, `alert_trigger` | `patterns`, `alerts`, events |
 * | `market_status` | `market-status/{market}`, the latest |
 * | `status` of the feed | `feeds/{feed}`, the latest |
 * | health polling | `health`, the latest |
 * | create, update, delete, toggle a bot; create a log | commands `createBot`, `updateBot`, `deleteBot`, `toggleBot`, `createLog` |
 * | `subscribe`, `subscribe_ticker`, `get_positions`, `get_portfolio` | subscribing: the answer is the snapshot |
 * | `unsubscribe`, `unsubscribe_ticker` | unsubscribing |
 * | `connection`, `subscription`, `ping`, `pong`, `error` | the protocol's own frames `welcome`, `subd`, `ping`, `pong`, `err` |
 *
 * Prices of the market are numbers; money and quantities of an account are decimal strings, see {@link Decimal}.
 */
export const trading = defineContract({
  name: 'trading',
  version: '1.0.0',
  channels: { ...marketChannels, ...accountChannels, ...automationChannels },
  commands: tradingCommands,
});
