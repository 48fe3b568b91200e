import { describe, expect, test } from 'vitest';
import { CaptureError, readCapture, type Capture } from './capture.js';
import { parseCaptureLine } from './line.js';

const frame = (atSeconds: number, message: unknown): string => `${atSeconds}: ${JSON.stringify(message)}`;

const COINBASE = [
  'wss://feed.example <-> 1000.5',
  `wss://feed.example <- 1000.6: ${JSON.stringify({ type: 'subscribe', product_ids: ['ONE-TWO'] })}`,
  frame(1001, { type: 'subscriptions', channels: [] }),
  frame(1002, { type: 'snapshot', product_id: 'ONE-TWO', asks: [['2.50', '10.0']], bids: [['2.40', '3']] }),
  frame(1002.5, {
    type: 'last_match',
    trade_id: 6,
    product_id: 'ONE-TWO',
    price: '2.5',
    size: '1',
    side: 'buy',
  }),
  frame(1003, {
    type: 'l2update',
    product_id: 'ONE-TWO',
    changes: [
      ['buy', '2.41', '7'],
      ['sell', '2.50', '0.00'],
    ],
    time: '2001-09-09T01:46:43.000001Z',
  }),
  frame(1004.25, {
    type: 'match',
    trade_id: 7,
    side: 'sell',
    size: '0.5',
    price: '2.50',
    product_id: 'ONE-TWO',
    time: '2001-09-09T01:46:44.250Z',
  }),
  frame(1005, {
    type: 'ticker',
    product_id: 'ONE-TWO',
    price: '2.50',
    open_24h: '2',
    best_bid: '2.41',
    best_ask: '2.60',
    time: '2001-09-09T01:46:45Z',
  }),
  '',
];

const KRAKEN = [
  'wss://kraken.example <-> 2000.1',
  frame(2000.2, { event: 'systemStatus', status: 'online' }),
  frame(2001, [
    7,
    {
      as: [
        ['9.10000', '1.00', '2000.9'],
        ['9.20000', '0.00', '2000.9'],
      ],
      bs: [['9.00000', '4.00', '2000.9']],
    },
    'book-25',
    'ABC/DEF',
  ]),
  frame(2002, [
    7,
    { a: [['9.10000', '0.00', '2001.9']] },
    { b: [['9.05000', '2.50', '2001.9', 'r']], c: '4242' },
    'book-25',
    'ABC/DEF',
  ]),
  frame(2003, [8, [['9.05000', '1.5', '2002.123456', 's', 'm', '']], 'trade', 'ABC/DEF']),
  frame(2004, [
    9,
    { a: ['9.2', 1, '1'], b: ['9.05', 1, '1'], c: ['9.05', '1.5'], v: ['1', '20'], o: ['8', '8.5'] },
    'ticker',
    'ABC/DEF',
  ]),
];

const events = (capture: Capture) => capture.entries.flatMap((entry) => entry.events);

describe('parseCaptureLine', () => {
  test('tells the three kinds of line apart, whatever the text holds', () => {
    expect(parseCaptureLine('wss://h/p?q=1 <-> 12.5')).toEqual({
      kind: 'connected',
      url: 'wss://h/p?q=1',
      atMs: 12_500,
    });
    expect(parseCaptureLine('wss://h <- 12: {"a":"<-> 1"}')).toEqual({
      kind: 'sent',
      url: 'wss://h',
      atMs: 12_000,
      text: '{"a":"<-> 1"}',
    });
    expect(parseCaptureLine('12.25: [1,": "]')).toEqual({ kind: 'received', atMs: 12_250, text: '[1,": "]' });
    expect(parseCaptureLine('   ')).toEqual({ kind: 'blank' });
    expect(parseCaptureLine('hello')).toEqual({ kind: 'unreadable' });
  });
});

describe('readCapture, Coinbase', () => {
  test('gives snapshot, update, trade and ticker with their strings untouched', async () => {
    const capture = await readCapture(COINBASE);
    expect(capture.exchange).toBe('Coinbase');
    expect(capture.products).toEqual(['ONE-TWO']);
    expect(capture.entries.map((entry) => entry.atMs)).toEqual([1_002_000, 1_003_000, 1_004_250, 1_005_000]);
    expect(events(capture)).toEqual([
      {
        type: 'bookSnapshot',
        product: 'ONE-TWO',
        depth: null,
        levels: [
          { side: 'bid', price: '2.40', size: '3' },
          { side: 'ask', price: '2.50', size: '10.0' },
        ],
      },
      {
        type: 'bookUpdate',
        product: 'ONE-TWO',
        checksum: null,
        changes: [
          { side: 'bid', price: '2.41', size: '7' },
          { side: 'ask', price: '2.50', size: '0.00' },
        ],
      },
      {
        type: 'trade',
        product: 'ONE-TWO',
        id: '7',
        price: '2.50',
        size: '0.5',
        side: 'buy',
        timeMs: Date.parse('2001-09-09T01:46:44.250Z'),
      },
      {
        type: 'ticker',
        product: 'ONE-TWO',
        last: '2.50',
        bid: '2.41',
        ask: '2.60',
        open24h: '2',
        high24h: null,
        low24h: null,
        volume24h: null,
        timeMs: Date.parse('2001-09-09T01:46:45Z'),
      },
    ]);
  });

  test('the trade before the recording is no trade of the recording', async () => {
    const capture = await readCapture(COINBASE);
    const trades = events(capture).filter((event) => event.type === 'trade');
    expect(trades.map((trade) => trade.id)).toEqual(['7']);
    expect(capture.counts).toEqual({ received: 6, data: 4, control: 2, unknown: 0, unreadable: 0 });
  });

  test('counts and skips what it does not understand: new types, broken rows, broken JSON, stray lines', async () => {
    const capture = await readCapture([
      frame(1, { type: 'auction', product_id: 'ONE-TWO' }),
      ...COINBASE,
      frame(1006, { type: 'l2update', product_id: 'ONE-TWO', changes: [['hold', '1', '1']] }),
      frame(1006, { type: 'l2update', product_id: 'ONE-TWO', changes: [['buy', '1e400', '1']] }),
      frame(1006, { type: 'match', product_id: 'ONE-TWO', price: '1', size: '1', side: 'buy' }),
      frame(1006, { type: 'ticker', price: '1' }),
      frame(1006, { type: 'ticker', product_id: 'X'.repeat(65), price: '1' }),
      frame(1006, 'text'),
      '1007: {"type":"tick',
      'what is this',
    ]);
    expect(capture.counts).toEqual({ received: 14, data: 4, control: 2, unknown: 7, unreadable: 2 });
  });

  test('a trade without a time happened when it was received', async () => {
    const capture = await readCapture([
      frame(1006.5, { type: 'match', trade_id: '8', product_id: 'A-B', price: '1', size: '1', side: 'buy' }),
    ]);
    expect(events(capture)).toEqual([
      { type: 'trade', product: 'A-B', id: '8', price: '1', size: '1', side: 'sell', timeMs: 1_006_500 },
    ]);
  });
});

describe('readCapture, Kraken', () => {
  test('gives the snapshot with its depth, both halves of an update as one, trades and ticker', async () => {
    const capture = await readCapture(KRAKEN);
    expect(capture.exchange).toBe('Kraken');
    expect(capture.counts).toEqual({ received: 5, data: 4, control: 1, unknown: 0, unreadable: 0 });
    expect(events(capture)).toEqual([
      {
        type: 'bookSnapshot',
        product: 'ABC/DEF',
        depth: 25,
        levels: [
          { side: 'ask', price: '9.10000', size: '1.00' },
          { side: 'bid', price: '9.00000', size: '4.00' },
        ],
      },
      {
        type: 'bookUpdate',
        product: 'ABC/DEF',
        checksum: 4_242,
        changes: [
          { side: 'ask', price: '9.10000', size: '0.00' },
          { side: 'bid', price: '9.05000', size: '2.50' },
        ],
      },
      {
        type: 'trade',
        product: 'ABC/DEF',
        id: '2002.123456-0',
        price: '9.05000',
        size: '1.5',
        side: 'sell',
        timeMs: 2_002_123.456,
      },
      {
        type: 'ticker',
        product: 'ABC/DEF',
        last: '9.05',
        bid: '9.05',
        ask: '9.2',
        open24h: '8.5',
        high24h: null,
        low24h: null,
        volume24h: '20',
        timeMs: null,
      },
    ]);
  });

  test('skips channels and rows it does not understand', async () => {
    const capture = await readCapture([
      ...KRAKEN,
      frame(2005, [7, ['1', '2'], 'spread', 'ABC/DEF']),
      frame(2005, [7, { b: [['one', '2']] }, 'book-25', 'ABC/DEF']),
      frame(2005, [7]),
      frame(2005, []),
    ]);
    expect(capture.counts.unknown).toBe(4);
  });
});

test('a file without market data of a known exchange is refused with a sentence that says what is read', async () => {
  const other = readCapture([frame(1, { stream: 'x@depth', data: {} })]);
  await expect(other).rejects.toThrow(CaptureError);
  await expect(other).rejects.toThrow('None of its 1 frames holds market data.');
  await expect(readCapture(['PK\u0003\u0004', '{"a":1}'])).rejects.toThrow(
    'No line of it has the form of a capture.',
  );
  await expect(readCapture([])).rejects.toThrow('Coinbase and Kraken');
});
