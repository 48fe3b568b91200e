// Kraken's feed (version 1): book, trade and ticker arrays. Knows nothing of files or time.
import { isDecimal, isZero, type Decimal, type FeedEvent, type PriceLevel } from '../feed-event.js';
import {
  CONTROL,
  UNKNOWN,
  isProduct,
  isRecord,
  type ExchangeParser,
  type ParsedMessage,
} from './exchange.js';
import { readLevels } from './levels.js';

type Part = Readonly<Record<string, unknown>>;

/** `book-1000` keeps a thousand levels a side. */
function depthOf(channelName: string): number | null {
  const depth = Number(channelName.slice('book-'.length));
  return Number.isSafeInteger(depth) && depth > 0 ? depth : null;
}

function parseBook(product: string, channelName: string, parts: readonly Part[]): ParsedMessage {
  const isSnapshot = parts.some((part) => 'as' in part || 'bs' in part);
  const levels: PriceLevel[] = [];
  let checksum: number | null = null;
  // An update of both sides comes as two objects in one frame; they are one change.
  for (const part of parts) {
    const bids = readLevels('bid', part[isSnapshot ? 'bs' : 'b']);
    const asks = readLevels('ask', part[isSnapshot ? 'as' : 'a']);
    if (!bids || !asks) return UNKNOWN;
    levels.push(...asks, ...bids);
    const sum = part['c'];
    if (typeof sum === 'string' && /^\d{1,10}$/.test(sum)) checksum = Number(sum);
  }
  const event: FeedEvent = isSnapshot
    ? {
        type: 'bookSnapshot',
        product,
        levels: levels.filter((level) => !isZero(level.size)),
        depth: depthOf(channelName),
      }
    : { type: 'bookUpdate', product, changes: levels, checksum };
  return { kind: 'data', events: [event] };
}

/** Kraken's version 1 trades carry no id: their time (microseconds) and place in the frame make one. */
function parseTrades(product: string, rows: unknown): ParsedMessage {
  if (!Array.isArray(rows)) return UNKNOWN;
  const events: FeedEvent[] = [];
  for (const [index, row] of (rows as readonly unknown[]).entries()) {
    if (!Array.isArray(row)) return UNKNOWN;
    const [price, size, time, side] = row as readonly unknown[];
    if (!isDecimal(price) || !isDecimal(size) || !isDecimal(time)) return UNKNOWN;
    events.push({
      type: 'trade',
      product,
      id: `${time}-${index}`,
      price,
      size,
      side: side === 's' ? 'sell' : 'buy',
      timeMs: Number(time) * 1_000,
    });
  }
  return { kind: 'data', events };
}

const at = (value: unknown, index: number): Decimal | null => {
  const item: unknown = Array.isArray(value) ? value[index] : undefined;
  return isDecimal(item) ? item : null;
};

function parseTicker(product: string, part: Part): ParsedMessage {
  const event: FeedEvent = {
    type: 'ticker',
    product,
    last: at(part['c'], 0),
    bid: at(part['b'], 0),
    ask: at(part['a'], 0),
    open24h: at(part['o'], 1),
    high24h: at(part['h'], 1),
    low24h: at(part['l'], 1),
    volume24h: at(part['v'], 1),
    timeMs: null,
  };
  return { kind: 'data', events: [event] };
}

export const kraken: ExchangeParser = {
  exchange: 'Kraken',
  parse: (message) => {
    if (isRecord(message)) return typeof message['event'] === 'string' ? CONTROL : UNKNOWN;
    if (!Array.isArray(message)) return UNKNOWN;
    const items = message as readonly unknown[];
    const channelName = items.at(-2);
    const product = items.at(-1);
    const parts = items.slice(1, -2);
    if (typeof channelName !== 'string' || !isProduct(product) || parts.length === 0) return UNKNOWN;
    if (channelName === 'trade') return parseTrades(product, parts[0]);
    if (!parts.every(isRecord)) return UNKNOWN;
    if (channelName.startsWith('book-')) return parseBook(product, channelName, parts);
    if (channelName === 'ticker' && parts[0]) return parseTicker(product, parts[0]);
    return UNKNOWN;
  },
};
