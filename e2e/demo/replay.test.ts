// A recording played once, read from the browser, against a replay that shares nothing with the demo.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openDashboard, readBooks, readRows, readTrades } from './browser.js';
import { startDemo, type DemoProcess } from './demo-process.js';
import { replayReference } from './reference-replay.js';
import { makeCapture } from './small-capture.js';

let browser: Browser;
let demo: DemoProcess | undefined;
const folder = mkdtempSync(join(tmpdir(), 'tickwire-demo-'));
const recorded = fileURLToPath(
  new URL('../../../shared/captures/coinbase-l2-ticker-matches.ws.txt', import.meta.url),
);

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

  const rows = new Map((await readRows(page)).map((row) => [row.product, row]));
  for (const [product, ticker] of reference.tickers) {
    expect(rows.get(product)).toMatchObject({
      price: ticker['price'],
      bid: ticker['best_bid'],
      ask: ticker['best_ask'],
    });
  }
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

test.skipIf(!existsSync(recorded))(
  'thirty seconds of recorded Coinbase traffic at ten times its pace, where it lies beside the checkout',
  async () => {
    await expectSameEnd(recorded, '10', 'from the start');
  },
);
