import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../demo/browser.js';
import type {} from './msw-page.js';

const root = resolve(import.meta.dirname, '../..');

describe.skipIf(!process.env['CHROMIUM_PATH'])('msw in Chromium', () => {
  let browser: Browser;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [resolve(import.meta.dirname, 'msw-page.ts')],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['@tickwire/source'],
      write: false,
      logLevel: 'silent',
    });
    const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
      '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
      '/page.js': ['text/javascript', outputFiles[0]?.text ?? ''],
      '/mockServiceWorker.js': [
        'text/javascript',
        readFileSync(resolve(root, 'node_modules/msw/lib/mockServiceWorker.js'), 'utf8'),
      ],
    };
    server = createServer((request, response) => {
      const file = files[request.url ?? ''];
      if (file === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': file[0] }).end(file[1]);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  test('a page finds its server in its own handlers: data, commands, a cut, and HTTP', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(url);
    await page.waitForFunction(() => window.__mswReport !== undefined);
    expect(await page.evaluate(() => window.__mswReport)).toEqual({
      bids: [1, 2],
      statuses: ['pending', 'live', 'stale', 'live'],
      answer: { is: 42 },
      httpStatus: 426,
    });
    expect(errors).toEqual([]);
  });
});
