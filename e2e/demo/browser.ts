// Chromium for the tests of the demo, and what they read from its page.
import { chromium, type Browser, type Page } from 'playwright-core';
import type { DemoTestHook } from '../../examples/market-dashboard/page/test-hook.js';

/** A browser that speaks to nobody but the demo. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'];
  if (executablePath === undefined || executablePath === '') {
    throw new Error('These tests need a browser: set CHROMIUM_PATH to a Chromium.');
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** One row of the watch-list as a person sees it, with the position it says it has. */
export interface Row {
  readonly product: string;
  readonly epoch: string;
  readonly offset: number;
  readonly price: string;
  readonly bid: string;
  readonly ask: string;
}

export async function readRows(page: Page): Promise<readonly Row[]> {
  return page.$$eval('tr[data-product]', (rows) =>
    rows.map((row) => {
      const field = (name: string): string => row.querySelector(`[data-field="${name}"]`)?.textContent ?? '';
      return {
        product: row.getAttribute('data-product') ?? '',
        epoch: row.getAttribute('data-epoch') ?? '',
        offset: Number(row.getAttribute('data-offset')),
        price: field('price'),
        bid: field('bid'),
        ask: field('ask'),
      };
    }),
  );
}

export async function readBooks(page: Page): Promise<ReturnType<DemoTestHook['books']>> {
  return page.evaluate(() => window.__tickwireDemo?.books() ?? {});
}

/** A trade by the names an exchange gives it. */
export type TradeRef = ReturnType<DemoTestHook['trades']>[number];

/** Every trade the tab received, oldest first. */
export async function readTrades(page: Page): Promise<readonly TradeRef[]> {
  return page.evaluate(() => window.__tickwireDemo?.trades() ?? []);
}

/** Opens the dashboard and waits until every row is live. */
export async function openDashboard(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForSelector('[data-connection="Live"]');
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll('tr[data-product]')];
    return rows.length > 0 && rows.every((row) => row.getAttribute('data-status') === 'live');
  });
  return page;
}

/** Waits until the tab is live again and a trade has come that it had not when this was called. */
export async function nextTrade(page: Page): Promise<void> {
  const before = (await readTrades(page)).length;
  await page.waitForSelector('[data-connection="Live"]');
  await page.waitForFunction((count) => (window.__tickwireDemo?.trades().length ?? 0) > count, before);
}
