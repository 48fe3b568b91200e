// Coinbase's feed: snapshot, l2update, ticker, match. Knows nothing of files or time.
import { isDecimal, type Decimal, type PriceLevel } from '../feed-event.js';
import {
  CONTROL,
  UNKNOWN,
  isProduct,
  isRecord,
  type ExchangeParser,
  type ParsedMessage,
} from './exchange.js';
import { readLevels } from './levels.js';

type Message = Readonly<Record<string, unknown>>;

/**
 * Understood, and no event of its own. `last_match` is the trade before the subscription began: it happened outside the
 * recording, so it does not belong on the tape.
 */
const CONTROL_TYPES = new Set(['subscriptions', 'heartbeat', 'status', 'last_match']);

const decimalOrNull = (value: unknown): Decimal | null => (isDecimal(value) ? value : null);

function timeOf(message: Message): number | null {
  const time = message['time'];
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

function parseSnapshot(product: string, message: Message): ParsedMessage {
  const bids = readLevels('bid', message['bids'] ?? []);
  const asks = readLevels('ask', message['asks'] ?? []);
  if (!bids || !asks) return UNKNOWN;
  return {
    kind: 'data',
    events: [{ type: 'bookSnapshot', product, levels: [...bids, ...asks], depth: null }],
  };
}

function parseUpdate(product: string, message: Message): ParsedMessage {
  const rows = message['changes'];
  if (!Array.isArray(rows)) return UNKNOWN;
  const changes: PriceLevel[] = [];
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) return UNKNOWN;
    const [side, price, size] = row as readonly unknown[];
    if ((side !== 'buy' && side !== 'sell') || !isDecimal(price) || !isDecimal(size)) return UNKNOWN;
    changes.push({ side: side === 'buy' ? 'bid' : 'ask', price, size });
  }
  return { kind: 'data', events: [{ type: 'bookUpdate', product, changes, checksum: null }] };
}

function parseTicker(product: string, message: Message): ParsedMessage {
  return {
    kind: 'data',
    events: [
      {
        type: 'ticker',
        product,
        last: decimalOrNull(message['price']),
        bid: decimalOrNull(message['best_bid']),
        ask: decimalOrNull(message['best_ask']),
        open24h: decimalOrNull(message['open_24h']),
        high24h: decimalOrNull(message['high_24h']),
        low24h: decimalOrNull(message['low_24h']),
        volume24h: decimalOrNull(message['volume_24h']),
        timeMs: timeOf(message),
      },
    ],
  };
}

function parseMatch(product: string, message: Message, atMs: number): ParsedMessage {
  const { trade_id: id, price, size, side } = message;
  const timeMs = timeOf(message) ?? Math.round(atMs);
  if (typeof id !== 'number' && typeof id !== 'string') return UNKNOWN;
  if (!isDecimal(price) || !isDecimal(size) || (side !== 'buy' && side !== 'sell')) return UNKNOWN;
  // Coinbase names the maker's side: a resting sell was taken by a buyer.
  const taker = side === 'sell' ? 'buy' : 'sell';
  return {
    kind: 'data',
    events: [{ type: 'trade', product, id: String(id), price, size, side: taker, timeMs }],
  };
}

export const coinbase: ExchangeParser = {
  exchange: 'Coinbase',
  parse: (message, atMs) => {
    if (!isRecord(message)) return UNKNOWN;
    const { type, product_id: product } = message;
    if (typeof type !== 'string') return UNKNOWN;
    if (CONTROL_TYPES.has(type)) return CONTROL;
    if (!isProduct(product)) return UNKNOWN;
    switch (type) {
      case 'snapshot':
        return parseSnapshot(product, message);
      case 'l2update':
        return parseUpdate(product, message);
      case 'ticker':
        return parseTicker(product, message);
      case 'match':
        return parseMatch(product, message, atMs);
      default:
        return UNKNOWN;
    }
  },
};
