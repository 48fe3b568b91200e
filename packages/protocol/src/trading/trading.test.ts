// Every message of five hand-written realtime layers, taken over into the contract or into a frame of the protocol.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { safeParse, type $ZodType } from 'zod/v4/core';
import { createChannelTable } from '../channel/table.js';
import { clientFrameSchema, serverFrameSchema } from '../frame/schema.js';
import { lintContract } from '../lint/lint-contract.js';
import { trading } from './contract.js';
import { Decimal, toDecimal } from './values.js';

type Legacy = Readonly<Record<string, unknown>>;
type Target =
  | { readonly channel: string; readonly value: unknown; readonly remove?: boolean }
  | { readonly command: string; readonly input: unknown }
  | { readonly frame: unknown; readonly from: 'client' | 'server' };

interface Row {
  readonly type: string;
  readonly sample: Legacy;
  readonly to: (sample: never) => readonly Target[];
}

const at = (iso: string): number => Date.parse(iso);
const utc = (iso: string): number => Date.parse(`${iso}Z`);
const NOW = '2025-01-15T10:30:00.000Z';
const mine = 'account-1';

interface Envelope<Data> {
  readonly data: Data;
  readonly timestamp: string;
}

/** A row with its sample's own type. */
function row<Sample extends Legacy>(
  type: string,
  sample: Sample,
  to: (sample: Sample) => readonly Target[],
): Row {
  return { type, sample, to };
}

interface LegacyBot {
  readonly id: string;
  readonly ticker: string;
  readonly exchange: string;
  readonly status: string;
}
const legacyBot: LegacyBot = { id: 'bot-1', ticker: 'BTC/USDT', exchange: 'coindcx', status: 'ACTIVE' };
const botRecord = ({ data, timestamp }: Envelope<LegacyBot>): Target => ({
  channel: `bots/${mine}`,
  value: {
    id: data.id,
    symbol: data.ticker,
    exchange: data.exchange,
    status: data.status.toLowerCase(),
    at: at(timestamp),
  },
});

const A: readonly Row[] = [
  row('bot_update', { data: { ...legacyBot, status: 'STOPPED' }, timestamp: NOW }, (m) => [botRecord(m)]),
  row('bot_created', { data: legacyBot, timestamp: NOW }, (m) => [botRecord(m)]),
  row('bot_deleted', { data: { id: 'bot-1' }, timestamp: NOW }, ({ data }) => [
    { channel: `bots/${mine}`, value: data.id, remove: true },
    { command: 'deleteBot', input: { id: data.id } },
  ]),
  row(
    'order_update',
    { data: { bot_id: 'bot-1', order_id: 'o-1', status: 'OPEN' }, timestamp: NOW },
    ({ data, timestamp }) => [
      {
        channel: `orders/${mine}`,
        value: {
          id: data.order_id,
          botId: data.bot_id,
          type: 'market',
          status: data.status.toLowerCase(),
          at: at(timestamp),
        },
      },
    ],
  ),
  row(
    'order_filled',
    { data: { bot_id: 'bot-1', order_id: 'o-1', filled_quantity: 0.25 }, timestamp: NOW },
    ({ data, timestamp }) => [
      {
        channel: `fills/${mine}`,
        value: {
          id: `${data.order_id}:1`,
          orderId: data.order_id,
          botId: data.bot_id,
          quantity: toDecimal(data.filled_quantity),
          at: at(timestamp),
        },
      },
    ],
  ),
  row(
    'log_created',
    {
      data: { id: 'l-1', level: 'INFO', message: 'started', botId: 'bot-1', timestamp: NOW },
      timestamp: NOW,
    },
    ({ data }) => [
      {
        channel: `logs/${mine}`,
        value: {
          id: data.id,
          level: data.level.toLowerCase(),
          message: data.message,
          botId: data.botId,
          at: at(data.timestamp),
        },
      },
      {
        command: 'createLog',
        input: { level: data.level.toLowerCase(), message: data.message, botId: data.botId },
      },
    ],
  ),
  row('pnl_update', { data: { bot_id: 'bot-1', pnl: -12.5 }, timestamp: NOW }, ({ data, timestamp }) => [
    { channel: `pnl/${mine}`, value: { botId: data.bot_id, pnl: toDecimal(data.pnl), at: at(timestamp) } },
  ]),
  row(
    'price_update',
    { data: { ticker: 'BTC/USDT', price: 61_250.5, exchange: 'coindcx' }, timestamp: NOW },
    ({ data, timestamp }) => [
      {
        channel: 'quotes/BTC%2FUSDT',
        value: { symbol: data.ticker, price: data.price, exchange: data.exchange, at: at(timestamp) },
      },
    ],
  ),
  row('system', { data: { message: 'maintenance at noon' }, timestamp: NOW }, ({ data, timestamp }) => [
    {
      channel: 'announcements',
      value: { id: timestamp, level: 'info', message: data.message, at: at(timestamp) },
    },
  ]),
  row('ping', {}, () => [{ frame: { t: 'ping', k: 1 }, from: 'client' }]),
  row('pong', {}, () => [{ frame: { t: 'pong', k: 1 }, from: 'server' }]),
];

const B: readonly Row[] = [
  row(
    'MARKET_UPDATE',
    {
      symbol: 'BTCUSDT',
      price: 61_250.5,
      priceChange: 120,
      priceChangePercent: 0.2,
      high: 62_000,
      low: 60_500,
      volume: 1_234.5,
      timestamp: 1_736_937_000_000,
    },
    (m) => [
      {
        channel: 'quotes/BTCUSDT',
        value: {
          symbol: m.symbol,
          price: m.price,
          change: m.priceChange,
          changePercent: m.priceChangePercent,
          high: m.high,
          low: m.low,
          volume: m.volume,
          at: m.timestamp,
        },
      },
    ],
  ),
  row(
    'POSITION_UPDATE',
    {
      positions: [
        {
          id: 'p-1',
          symbol: 'BTCUSDT',
          type: 'buy',
          quantity: 0.5,
          entry_price: 60_000,
          current_price: 61_250.5,
          current_pnl: 625.25,
          timestamp: '2025-01-15T10:30:00',
          status: 'open',
        },
      ],
      timestamp: 1_736_937_000_000,
    },
    ({ positions }) =>
      positions.map((p) => ({
        channel: `positions/${mine}`,
        value: {
          id: p.id,
          symbol: p.symbol,
          side: p.type,
          status: p.status,
          quantity: toDecimal(p.quantity),
          entryPrice: toDecimal(p.entry_price),
          currentPrice: toDecimal(p.current_price),
          unrealizedPnl: toDecimal(p.current_pnl),
          at: utc(p.timestamp),
        },
      })),
  ),
  row(
    'PORTFOLIO_UPDATE',
    {
      portfolio: { balance: 10_000, total_pnl: 625.25, positions_count: 1, realized_pnl: 0 },
      timestamp: 1_736_937_000_000,
    },
    ({ portfolio: p, timestamp }) => [
      {
        channel: `portfolio/${mine}`,
        value: {
          balance: toDecimal(p.balance),
          totalPnl: toDecimal(p.total_pnl),
          realizedPnl: toDecimal(p.realized_pnl),
          positionsCount: p.positions_count,
          at: timestamp,
        },
      },
    ],
  ),
  ...(['TRAILING_STOP', 'OCO', 'BRACKET'] as const).map((orderType) =>
    row(
      'ORDER_UPDATE',
      {
        orderType,
        order: {
          id: 'o-1',
          symbol: 'BTCUSDT',
          status: 'FILLED',
          current_stop_price: 59_000.1,
          peak_price: 62_000,
        },
        timestamp: 1_736_937_000_000,
      },
      (m) => [
        {
          channel: `orders/${mine}`,
          value: {
            id: m.order.id,
            type: m.orderType.toLowerCase(),
            symbol: m.order.symbol,
            status: m.order.status.toLowerCase(),
            stopPrice: toDecimal(m.order.current_stop_price),
            peakPrice: toDecimal(m.order.peak_price),
            at: m.timestamp,
          },
        },
      ],
    ),
  ),
  row('subscribe_ticker', { symbol: 'BTCUSDT' }, ({ symbol }) => [
    { frame: { t: 'sub', id: 1, ch: [{ c: `quotes/${symbol}` }] }, from: 'client' },
  ]),
  row('unsubscribe_ticker', { symbol: 'BTCUSDT' }, ({ symbol }) => [
    { frame: { t: 'unsub', id: 1, ch: [`quotes/${symbol}`] }, from: 'client' },
  ]),
  row('get_positions', {}, () => [
    { frame: { t: 'sub', id: 1, ch: [{ c: `positions/${mine}` }] }, from: 'client' },
  ]),
  row('get_portfolio', {}, () => [
    { frame: { t: 'sub', id: 1, ch: [{ c: `portfolio/${mine}` }] }, from: 'client' },
  ]),
];

const C: readonly Row[] = [
  row('portfolio_update', { balance: 5_000.75, positions_count: 2, pnl: -3.5 }, (m) => [
    {
      channel: `portfolio/${mine}`,
      value: {
        balance: toDecimal(m.balance),
        totalPnl: toDecimal(m.pnl),
        positionsCount: m.positions_count,
        at: at(NOW),
      },
    },
  ]),
  row(
    'positions_update',
    { open: [{ asset: 'ETH-USD', size: 2, entry: 3_000, pnl: 15 }], closed: [{ asset: 'SOL-USD' }] },
    ({ open, closed }) => [
      ...open.map((p) => ({
        channel: `positions/${mine}`,
        value: {
          id: p.asset,
          symbol: p.asset,
          side: 'buy',
          status: 'open',
          quantity: toDecimal(p.size),
          entryPrice: toDecimal(p.entry),
          unrealizedPnl: toDecimal(p.pnl),
          at: at(NOW),
        },
      })),
      ...closed.map((p) => ({ channel: `positions/${mine}`, value: p.asset, remove: true })),
    ],
  ),
  row(
    'decision_made',
    { id: 'd-1', asset: 'ETH-USD', action: 'BUY', confidence: 0.8, reasoning: 'momentum' },
    (m) => [
      {
        channel: `decisions/${mine}`,
        value: {
          id: m.id,
          symbol: m.asset,
          action: m.action.toLowerCase(),
          confidence: m.confidence,
          reasoning: m.reasoning,
          at: at(NOW),
        },
      },
    ],
  ),
  row('agent: state_transition', { from: 'OBSERVE', to: 'ORIENT' }, (m) => [
    { channel: `agent/${mine}`, value: { phase: m.to.toLowerCase(), since: at(NOW) } },
    {
      channel: `agent-events/${mine}`,
      value: {
        type: 'state_transition',
        id: 'e-1',
        from: m.from.toLowerCase(),
        to: m.to.toLowerCase(),
        at: at(NOW),
      },
    },
  ]),
  row('agent: decision_made', { id: 'd-2', asset: 'ETH-USD', action: 'HOLD' }, (m) => [
    {
      channel: `decisions/${mine}`,
      value: { id: m.id, symbol: m.asset, action: m.action.toLowerCase(), at: at(NOW) },
    },
  ]),
  row('agent: trade_executed', { asset: 'ETH-USD', side: 'BUY', size: 2, price: 3_000.5 }, (m) => [
    {
      channel: `agent-events/${mine}`,
      value: {
        type: 'trade_executed',
        id: 'e-2',
        symbol: m.asset,
        side: m.side.toLowerCase(),
        quantity: toDecimal(m.size),
        price: toDecimal(m.price),
        at: at(NOW),
      },
    },
  ]),
  row('agent: position_closed', { id: 'p-1', asset: 'ETH-USD', pnl: 15 }, (m) => [
    {
      channel: `agent-events/${mine}`,
      value: {
        type: 'position_closed',
        id: 'e-3',
        positionId: m.id,
        symbol: m.asset,
        realizedPnl: toDecimal(m.pnl),
        at: at(NOW),
      },
    },
  ]),
  row('agent: error', { message: 'platform timed out' }, (m) => [
    { channel: `agent-events/${mine}`, value: { type: 'error', id: 'e-4', message: m.message, at: at(NOW) } },
  ]),
  row('health', { status: 'healthy', uptime_seconds: 60 }, (m) => [
    { channel: 'health', value: { status: m.status, uptimeMs: m.uptime_seconds * 1_000, at: at(NOW) } },
  ]),
];

const legacyQuote = {
  ticker: 'AAPL',
  price: 185.5,
  change: 1.25,
  change_percent: 0.68,
  volume: 52_000_000,
  high: 186,
  low: 183.9,
  open: 184.2,
  timestamp: NOW,
};
const quote = (m: typeof legacyQuote) => ({
  symbol: m.ticker,
  price: m.price,
  change: m.change,
  changePercent: m.change_percent,
  volume: m.volume,
  high: m.high,
  low: m.low,
  open: m.open,
  at: at(m.timestamp),
});

const D: readonly Row[] = [
  row('connection', { status: 'connected', connection_id: 'user123_abc123', timestamp: NOW }, (m) => [
    { frame: welcome(m.connection_id), from: 'server' },
  ]),
  row('price_update', legacyQuote, (m) => [{ channel: 'quotes/AAPL', value: quote(m) }]),
  row(
    'pattern_alert',
    {
      ticker: 'AAPL',
      pattern_type: 'VCP',
      score: 8.5,
      entry_price: 186,
      stop_price: 180,
      target_price: 200,
      risk_reward_ratio: 2.3,
      message: 'VCP found',
      timestamp: NOW,
    },
    (m) => [
      {
        channel: 'patterns',
        value: {
          id: 'a-1',
          symbol: m.ticker,
          pattern: m.pattern_type,
          score: m.score,
          entryPrice: m.entry_price,
          stopPrice: m.stop_price,
          targetPrice: m.target_price,
          riskRewardRatio: m.risk_reward_ratio,
          message: m.message,
          at: at(m.timestamp),
        },
      },
    ],
  ),
  row(
    'alert_trigger',
    {
      ticker: 'AAPL',
      alert_type: 'breakout',
      trigger_price: 186,
      current_price: 186.2,
      message: 'above 186',
      timestamp: NOW,
    },
    (m) => [
      {
        channel: 'alerts',
        value: {
          id: 'a-2',
          symbol: m.ticker,
          alert: m.alert_type,
          triggerPrice: m.trigger_price,
          currentPrice: m.current_price,
          message: m.message,
          at: at(m.timestamp),
        },
      },
    ],
  ),
  row(
    'market_status',
    { status: 'open', next_open: null, next_close: '2025-01-15T21:00:00Z', timestamp: NOW },
    (m) => [
      {
        channel: 'market-status/US',
        value: {
          status: m.status,
          nextOpenAt: m.next_open,
          nextCloseAt: at(m.next_close),
          at: at(m.timestamp),
        },
      },
    ],
  ),
  row('subscription', { action: 'subscribed', ticker: 'AAPL', timestamp: NOW }, ({ ticker }) => [
    { frame: { t: 'sub', id: 1, ch: [{ c: `quotes/${ticker}` }] }, from: 'client' },
    {
      frame: {
        t: 'subd',
        id: 1,
        r: [{ c: `quotes/${ticker}`, n: 1, kind: 'state', e: 'x', o: 0, m: 'full' }],
      },
      from: 'server',
    },
  ]),
  row('history', { ticker: 'AAPL', messages: [legacyQuote, legacyQuote], timestamp: NOW }, ({ messages }) =>
    messages.map((m) => ({ channel: 'ticks/AAPL', value: quote(m) })),
  ),
  row('pong', { timestamp: NOW }, () => [{ frame: { t: 'pong', k: 1 }, from: 'server' }]),
  row('error', { message: 'Unknown message type: invalid', timestamp: NOW }, ({ message }) => [
    { frame: { t: 'err', err: { c: 'bad_frame', m: message } }, from: 'server' },
  ]),
];

const E: readonly Row[] = [
  row(
    'price_update',
    {
      instrument_key: 'NSE_EQ|INE002A01018',
      data: { last_price: 2_450.5, timestamp: NOW, change_percent: -0.4, volume: 1_000 },
    },
    (m) => [
      {
        channel: 'quotes/NSE_EQ%7CINE002A01018',
        value: {
          symbol: m.instrument_key,
          price: m.data.last_price,
          changePercent: m.data.change_percent,
          volume: m.data.volume,
          at: at(m.data.timestamp),
        },
      },
    ],
  ),
  row('status', { status: 'connected', message: 'Live market data connected' }, (m) => [
    { channel: 'feeds/upstox', value: { status: m.status, message: m.message, at: at(NOW) } },
  ]),
];

function welcome(connectionId: string): Legacy {
  return {
    t: 'welcome',
    sid: connectionId,
    node: 'node-1',
    now: at(NOW),
    caps: [],
    ping: { every: 25_000, grace: 10_000 },
    lim: {},
  };
}

const table = createChannelTable(Object.keys(trading.channels));

/** Why a target does not fit; `undefined` if it does. */
function misfit(target: Target): unknown {
  if ('frame' in target) {
    const schema = target.from === 'client' ? clientFrameSchema : serverFrameSchema;
    return safeParse(schema, target.frame).error;
  }
  if ('command' in target) {
    const definition = trading.commands[target.command as keyof typeof trading.commands];
    return safeParse(definition.input as $ZodType, target.input).error;
  }
  const match = table.match(target.channel);
  if (match === null) return `no channel ${target.channel}`;
  const definition = trading.channels[match.name as keyof typeof trading.channels];
  if (target.remove === true) {
    return definition.kind === 'collection' && typeof target.value === 'string'
      ? undefined
      : 'nothing can be removed';
  }
  const result = safeParse(definition.schema as $ZodType, target.value);
  if (!result.success) return result.error;
  // A field that the schema does not know would be stripped: nothing of the sample may be lost that way.
  expect(result.data).toEqual(target.value);
  return undefined;
}

describe.each([
  [
    'A',
    A,
    [
      'bot_update',
      'bot_created',
      'bot_deleted',
      'order_update',
      'order_filled',
      'log_created',
      'pnl_update',
      'price_update',
      'system',
      'ping',
      'pong',
    ],
  ],
  [
    'B',
    B,
    [
      'MARKET_UPDATE',
      'POSITION_UPDATE',
      'PORTFOLIO_UPDATE',
      'ORDER_UPDATE',
      'subscribe_ticker',
      'unsubscribe_ticker',
      'get_positions',
      'get_portfolio',
    ],
  ],
  [
    'C',
    C,
    [
      'portfolio_update',
      'positions_update',
      'decision_made',
      'agent: state_transition',
      'agent: decision_made',
      'agent: trade_executed',
      'agent: position_closed',
      'agent: error',
      'health',
    ],
  ],
  [
    'D',
    D,
    [
      'connection',
      'price_update',
      'pattern_alert',
      'alert_trigger',
      'market_status',
      'subscription',
      'history',
      'pong',
      'error',
    ],
  ],
  ['E', E, ['price_update', 'status']],
])('system %s', (_, rows, types) => {
  test('every type has its place', () => {
    expect([...new Set(rows.map(({ type }) => type))]).toEqual(types);
  });
  test.each(rows.map((each) => [each.type, each] as const))('%s', (_type, { sample, to }) => {
    const targets = to(sample as never);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(misfit(target), JSON.stringify(target)).toBeUndefined();
  });
});

test('the linter finds nothing', () => {
  expect(lintContract(trading)).toEqual([]);
});

test.each([
  { type: 'market', symbol: 'BTC/USDT', side: 'buy', quantity: '0.5' },
  { type: 'limit', symbol: 'BTC/USDT', side: 'buy', quantity: '0.5', limitPrice: '60000' },
  { type: 'trailing_stop', symbol: 'BTC/USDT', side: 'sell', quantity: '0.5', trailPercent: '2.5' },
  {
    type: 'oco',
    symbol: 'BTC/USDT',
    side: 'sell',
    quantity: '0.5',
    takeProfitPrice: '70000',
    stopLossPrice: '55000',
  },
  {
    type: 'bracket',
    symbol: 'BTC/USDT',
    side: 'buy',
    quantity: '0.5',
    takeProfitPrice: '70000',
    stopLossPrice: '55000',
  },
])('placeOrder takes $type and refuses it without its prices', (order) => {
  expect(misfit({ command: 'placeOrder', input: order })).toBeUndefined();
  for (const field of Object.keys(order)) {
    expect(misfit({ command: 'placeOrder', input: { ...order, [field]: undefined } }), field).toBeDefined();
  }
});

describe('decimals', () => {
  test.each([
    [0.1 + 0.2, '0.30000000000000004'], [1e-7, '0.0000001'], [1e21, '1000000000000000000000'], [-0, '0'], [-12.5, '-12.5'], ['+1.50', '1.5'], ['.5', '0.5'],
    ['5.', '5'], ['-0.00', '0'], ['007', '7'], ['1.5E2', '150'], ['12e-1', '1.2'], [1.7976931348623157e29, '179769313486231570000000000000'],
  ])('%s is %s', (value, decimal) => {
    expect(toDecimal(value)).toBe(decimal);
  }); // prettier-ignore

  test.each([NaN, Infinity, '', '.', 'abc', '1,5', '1e40', '1e-30', '--1', '0x10', '1'.repeat(31)])(
    '%s is none',
    (value) => {
      expect(() => toDecimal(value)).toThrow(RangeError);
    },
  );

  test('whatever toDecimal makes is a Decimal and the same number', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e29, max: 1e29, noNaN: true }), (value) => {
        let decimal: string;
        try {
          decimal = toDecimal(value);
        } catch {
          expect(Math.abs(value)).toBeLessThan(1);
          return;
        }
        expect(Decimal.safeParse(decimal).success).toBe(true);
        expect(Number(decimal) + 0).toBe(value + 0);
      }),
    );
  });

  test.each(['01', '1.', '.1', '1e5', '+1', '-', '', ' 1', '1'.repeat(31), `0.${'1'.repeat(19)}`])(
    '%j is refused',
    (text) => {
      expect(Decimal.safeParse(text).success).toBe(false);
    },
  );
});
