// The demo in a browser, as it is shown to people: live, and healing from everything its buttons break.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  launchBrowser,
  nextTrade,
  openDashboard,
  readBooks,
  readRows,
  readTrades,
  type TradeRef,
} from './browser.js';
import { startDemo, type DemoProcess } from './demo-process.js';

let browser: Browser;
const demos: DemoProcess[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  for (const demo of demos.splice(0)) await demo.stop();
});

async function run(...flags: readonly string[]): Promise<DemoProcess> {
  const demo = await startDemo(...flags);
  demos.push(demo);
  return demo;
}

/** The simulator numbers its trades one by one: what the ids themselves say of a tape. */
function audit(trades: readonly TradeRef[]): { readonly missing: number; readonly twice: number } {
  const ids = trades.map((trade) => Number(trade.id));
  let missing = 0;
  for (let index = 1; index < ids.length; index++) missing += Math.max(0, ids[index]! - ids[index - 1]! - 1);
  return { missing, twice: ids.length - new Set(ids).size };
}

const momentOf = (page: Page, kind: string) => page.locator(`[data-moment="${kind}"]`).first();
const break_ = (page: Page, fault: string) => page.click(`[data-fault="${fault}"]`);

describe('the page', () => {
  test('is served with a strict policy, breaks none of it, and shows live prices', async () => {
    const demo = await run('--seed', '4');
    const complaints: string[] = [];
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const response = await page.goto(demo.url);
    expect(response?.headers()['content-security-policy']).toContain("script-src 'self'");
    await page.waitForSelector('[data-connection="Live"]');
    await page.waitForSelector('[data-kind="simulated"]');

    const first = await readRows(page);
    await page.waitForFunction(
      (before) =>
        [...document.querySelectorAll('tr[data-product]')].filter(
          (row, index) => Number(row.getAttribute('data-offset')) > (before[index] ?? 0),
        ).length >= 5,
      first.map((row) => row.offset),
    );
    const rows = await readRows(page);
    expect(rows).toHaveLength(10);
    for (const row of rows) expect(row.price).toMatch(/^\d+(\.\d+)?$/);
    await page.waitForFunction(
      () => Number(document.querySelector('[data-candles]')?.getAttribute('data-candles')) > 50,
    );
    expect(await page.locator('#tv-attr-logo').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('two tabs show what the server holds, at the same positions', async () => {
    const demo = await run('--rate', '2000');
    const tabs = [await openDashboard(browser, demo.url), await openDashboard(browser, demo.url)];
    await tabs[0]!.click('[data-action="pause"]');
    await tabs[0]!.waitForSelector('[data-action="resume"]');
    const heads = (await (await fetch(new URL('heads.json', demo.url))).json()) as Record<
      string,
      {
        readonly ticker: {
          readonly data: { readonly last: string; readonly bid: string; readonly ask: string };
          readonly position: Position;
        };
        readonly book: { readonly data: readonly Level[]; readonly position: Position };
      }
    >;
    for (const tab of tabs) {
      await tab.waitForFunction(
        (offsets) =>
          [...document.querySelectorAll('tr[data-product]')].every(
            (row) =>
              Number(row.getAttribute('data-offset')) === offsets[row.getAttribute('data-product') ?? ''],
          ),
        Object.fromEntries(
          Object.entries(heads).map(([product, head]) => [product, head.ticker.position.offset]),
        ),
      );
      for (const row of await readRows(tab)) {
        const { data, position } = heads[row.product]!.ticker;
        expect(row).toEqual({
          product: row.product,
          epoch: position.epoch,
          offset: position.offset,
          price: data.last,
          bid: data.bid,
          ask: data.ask,
        });
      }
      for (const [product, book] of Object.entries(await readBooks(tab))) {
        const head = heads[product]!.book;
        expect({ epoch: book.epoch, offset: book.offset }).toEqual(head.position);
        expect(sorted(book.value)).toEqual(sorted(head.data));
      }
    }
  });
});

interface Position {
  readonly epoch: string;
  readonly offset: number;
}
interface Level {
  readonly side: string;
  readonly price: string;
  readonly size: string;
}
const sorted = (levels: readonly Level[]): readonly string[] =>
  levels.map(({ side, price, size }) => `${side} ${price} ${size}`).sort();

describe('what is broken heals', () => {
  test('a cable cut for five seconds: stale, reconnecting, resumed, and no trade is missing', async () => {
    const demo = await run('--rate', '1000');
    const page = await openDashboard(browser, demo.url);
    await break_(page, 'cable');
    await page.waitForSelector('[data-fresh="stale"]');
    const whenCut = (await readTrades(page)).length;
    await momentOf(page, 'reconnecting').waitFor();
    await momentOf(page, 'resumed').waitFor();
    await nextTrade(page);
    const trades = await readTrades(page);
    expect(audit(trades)).toEqual({ missing: 0, twice: 0 });
    expect(trades.length - whenCut).toBeGreaterThan(50);
    expect(await page.locator('[data-gap]').count()).toBe(0);
    await momentOf(page, 'resumed').locator('[data-chip="trades replayed"]').waitFor();
  });

  test('while nobody can be asked no fault is told, shown or left on, and no old rate is shown as current', async () => {
    const demo = await run();
    const page = await openDashboard(browser, demo.url);
    const fault = (name: string) => page.locator(`[data-fault="${name}"]`);
    await break_(page, 'cable');
    await page.waitForSelector('[data-fresh="stale"]');
    await page.waitForSelector('[data-fault="cable"][data-active="true"]');
    for (const name of ['drop', 'server', 'fast']) {
      expect(await fault(name).getAttribute('aria-disabled')).toBe('true');
      await fault(name).dispatchEvent('click');
    }
    await page.locator('[data-action="pause"]').dispatchEvent('click');
    for (const name of ['Updates/s', 'Latency']) {
      expect(await page.locator(`[data-fact="${name}"] dd`).textContent()).toBe('–');
    }
    await momentOf(page, 'resumed').waitFor();
    await page.waitForSelector('[data-fault="drop"][data-active="false"][aria-disabled="false"]');
    expect(await page.locator('[data-moment="act"] .moment-title').allTextContents()).toEqual(['Cable cut']);
    // The cause stands below its effects, although it was known after them.
    const kinds = await page
      .locator('[data-moment]')
      .evaluateAll((moments) => moments.map((moment) => moment.getAttribute('data-moment')));
    expect(kinds).toEqual(['resumed', 'reconnecting', 'stale', 'act', 'live']);
  });

  test('a killed server: it comes back, and no trade is missing', async () => {
    const demo = await run('--rate', '1000');
    const [page, other] = [await openDashboard(browser, demo.url), await openDashboard(browser, demo.url)];
    await break_(page, 'server');
    for (const tab of [page, other]) {
      await tab.waitForSelector('[data-fresh="stale"]');
    }
    await expect(fetch(demo.url)).rejects.toThrow();
    for (const tab of [page, other]) {
      await momentOf(tab, 'resumed').waitFor();
      await nextTrade(tab);
      expect(audit(await readTrades(tab))).toEqual({ missing: 0, twice: 0 });
      expect(await tab.locator('[data-gap]').count()).toBe(0);
    }
  });

  test('one message in ten lost: holes are told and filled, and nothing is missing', async () => {
    const demo = await run('--rate', '2000');
    const page = await openDashboard(browser, demo.url);
    await break_(page, 'drop');
    await momentOf(page, 'healed').waitFor();
    await page.waitForFunction(
      (count) => (window.__tickwireDemo?.trades().length ?? 0) > count,
      (await readTrades(page)).length + 200,
    );
    expect(audit(await readTrades(page))).toEqual({ missing: 0, twice: 0 });
    await break_(page, 'drop');
    await page.getByText('Messages arrive again').waitFor();
    await nextTrade(page);
    expect(audit(await readTrades(page))).toEqual({ missing: 0, twice: 0 });
  });

  test('ten thousand updates a second on a slowed tab: no trade is missing', async () => {
    const demo = await run();
    const page = await openDashboard(browser, demo.url);
    await break_(page, 'slow');
    await break_(page, 'fast');
    await page.waitForSelector('[data-fault="fast"][data-active="true"]');
    await page.waitForFunction(
      (count) => (window.__tickwireDemo?.trades().length ?? 0) > count,
      (await readTrades(page)).length + 2_000,
    );
    expect(audit(await readTrades(page))).toEqual({ missing: 0, twice: 0 });
    await break_(page, 'fast');
    await break_(page, 'slow');
  });

  test('the whole process killed and started again: one announced gap, nothing twice, later ids follow', async () => {
    const first = await run('--rate', '1000');
    const page = await openDashboard(browser, first.url);
    await nextTrade(page);
    await first.kill();
    await page.waitForSelector('[data-fresh="stale"]');
    const before = await readTrades(page);
    await run('--rate', '1000', '--port', String(first.port));
    await momentOf(page, 'gap').waitFor();
    await nextTrade(page);
    // Nothing is continued of a history that is gone, and the timeline does not say so.
    await expect
      .poll(() => momentOf(page, 'resumed').locator('.moment-text').textContent(), { timeout: 10_000 })
      .toMatch(/^\d+ channels began again from [^;]+; 1 channel lost the history between, and said so\.$/);

    const trades = await readTrades(page);
    const later = trades.slice(before.length);
    expect(trades.slice(0, before.length)).toEqual(before);
    expect(Number(later[0]!.id)).toBeGreaterThan(Number(before.at(-1)!.id));
    expect(audit(later)).toEqual({ missing: 0, twice: 0 });
    expect(audit(trades).twice).toBe(0);
    // The ledger is drawn a moment after the tape.
    await expect.poll(() => page.locator('[data-ledger="gaps"]').textContent()).toBe('1');
    expect(await page.locator('[data-ledger="missing"]').textContent()).toBe('0');
  });
});
