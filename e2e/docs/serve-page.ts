// Serve page: a folder behind Vite's development server, as `npx vite` serves it, and what Chromium shows of it. The only
// trial in which a browser sends an `Origin` that is not the server's own.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { launchBrowser } from '../demo/browser.js';
import { ROOT } from './documents.js';
import { isListening, start, waitUntil } from './processes.js';

const VITE = resolve(ROOT, 'node_modules/vite/bin/vite.js');
/** In place of built packages. */
const CONFIG = `export default {
  resolve: { conditions: ['@tickwire/source', 'module', 'browser', 'development|production'] },
  cacheDir: '.vite',
};
`;
const STARTED_IN_MS = 20_000;

/** A page that a browser shows. */
export interface ServedPage {
  /** The text of what was rendered. */
  readonly shown: () => Promise<string>;
  /** What the browser complained of. */
  readonly said: () => string;
  readonly stop: () => Promise<void>;
}

/** Serves a folder at a port of `localhost`, and opens it. */
export async function servePage(folder: string, port: number): Promise<ServedPage> {
  const config = resolve(folder, 'vite.config.mjs');
  writeFileSync(config, CONFIG);
  const words = [VITE, folder, '--config', config, '--host', '127.0.0.1', '--strictPort', '--port'];
  const vite = start(String(port), words);
  const browser = await launchBrowser();
  const stop = async (): Promise<void> => {
    await browser.close();
    await vite.stop();
  };
  try {
    if (!(await waitUntil(() => isListening(port), STARTED_IN_MS)))
      throw new Error(`Vite does not listen: ${vite.failure() ?? vite.printed()}`);
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(`http://localhost:${port}/`);
    return {
      shown: async () => (await page.textContent('#root')) ?? '',
      said: () => said.join('\n'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
