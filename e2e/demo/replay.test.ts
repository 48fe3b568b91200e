// A recording played once, read from the browser, against a replay that shares nothing with the demo.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openDashboard, readBooks, readRows, readTrades } from './browser.js';
import { startDemo, type DemoProcess } from './demo-process.js';
import { replayReference } from './reference-replay.js';
import { makeCapture } from './small-capture.js';

let browser: Browser;
let demo: DemoProcess | undefined;
const folder = mkdtempSync(join(tmpdir(), 'tickwire-demo-'));
const recordings = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
const coinbase = join(recordings, 'coinbase-l2-ticker-matches.ws.txt');
const kraken = join(recordings, 'kraken-books.ws.txt');

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await demo?.stop();
});

/** Plays the file once at `speed`; the browser is there from the beginning, or comes when all is over. */
async function expectSameEnd(
  file: string,
  speed: string,
  isThere: 'from the start' | 'at the end',
): Promise<void> {
  const reference = replayReference(readFileSync(file, 'utf8'));
  demo = await startDemo('--replay', file, '--once', '--speed', speed);
  const early = isThere === 'from the start' ? await openDashboard(browser, demo.url) : null;
  await demo.said('replay finished');
  const page = early ?? (await openDashboard(browser, demo.url));
  await page.waitForFunction(
    (count) => (window.__tickwireDemo?.trades().length ?? 0) >= count,
    reference.trades.length,
  );
  await page.getByText('finished').first().waitFor();

  const trades = (await readTrades(page)).map(({ product, id }) => `${product} ${id}`);
  expect([...trades].sort()).toEqual([...reference.trades].sort());

  const books = await readBooks(page);
  expect(Object.keys(books).sort()).toEqual([...reference.books.keys()].sort());
  for (const [product, book] of reference.books) {
    const held = Object.fromEntries(
      books[product]!.value.map(({ side, price, size }) => [`${side} ${price}`, size]),
    );
    expect(books[product]!.status).toBe('live');
    expect(held).toEqual(Object.fromEntries(book));
  }

  const shown = [...reference.tickers].map(([product, ticker]) =>
    [product, ticker['price'], ticker['best_bid'], ticker['best_ask']].join(' '),
  );
  // Rows follow their channels a tenth of a second later at most.
  await expect
    .poll(async () =>
      (await readRows(page)).map((row) => [row.product, row.price, row.bid, row.ask].join(' ')),
    )
    .toEqual(expect.arrayContaining(shown));
}

test('a small recording at its own pace, watched from the start', async () => {
  const file = join(folder, 'paced.txt');
  writeFileSync(file, makeCapture(7, 5));
  await expectSameEnd(file, '1', 'from the start');
});

test('a small recording as fast as it goes, looked at when it is over', async () => {
  const file = join(folder, 'fast.txt');
  writeFileSync(file, makeCapture(8, 60));
  await expectSameEnd(file, 'max', 'at the end');
});

test.skipIf(!existsSync(coinbase))(
  'thirty seconds of recorded Coinbase traffic at ten times its pace, where it lies beside the checkout',
  async () => {
    await expectSameEnd(coinbase, '10', 'from the start');
  },
);

/** The last checksum the exchange sent for every pair. */
function lastChecksums(capture: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of capture.split('\n')) {
    const received = /^[\d.]+: (\[.*)$/.exec(line)?.[1];
    if (received === undefined) continue;
    const frame = JSON.parse(received) as readonly unknown[];
    const [pair] = frame.slice(-1) as readonly string[];
    for (const part of frame.slice(1, -2) as readonly { readonly c?: string }[]) {
      if (part.c !== undefined) sums.set(pair ?? '', Number(part.c));
    }
  }
  return sums;
}

interface Level {
  readonly side: string;
  readonly price: string;
  readonly size: string;
}

function checksumOf(book: readonly Level[]): number {
  const best = (side: string, direction: 1 | -1): readonly Level[] =>
    book
      .filter((level) => level.side === side)
      .sort((one, two) => direction * (Number(one.price) - Number(two.price)))
      .slice(0, 10);
  const digits = (decimal: string): string => decimal.replace('.', '').replace(/^0+/, '');
  const levels = [...best('ask', 1), ...best('bid', -1)];
  return crc32(levels.map(({ price, size }) => digits(price) + digits(size)).join(''));
}

test.skipIf(!existsSync(kraken))(
  "thirty seconds of recorded Kraken traffic: the browser's books meet the exchange's own checksums, where it lies beside the checkout",
  async () => {
    demo = await startDemo('--replay', kraken, '--once', '--speed', '10');
    const page = await openDashboard(browser, demo.url);
    await demo.said('replay finished');
    await page.getByText('finished').first().waitFor();
    const books = await readBooks(page);
    const held = Object.entries(books).map(([pair, { value }]) => [pair, checksumOf(value)]);
    expect(Object.fromEntries(held)).toEqual(Object.fromEntries(lastChecksums(readFileSync(kraken, 'utf8'))));
    expect(Object.keys(books)).toHaveLength(10);
  },
);
