// Builds the page when its sources are newer than what was built: a second or two, once.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const example = fileURLToPath(new URL('../../', import.meta.url));
const workspace = join(example, '../..');

/** What the built page depends on. */
const SOURCES = [
  join(example, 'page'),
  join(example, 'src/contract.ts'),
  join(example, 'vite.config.ts'),
  ...['protocol', 'client', 'react'].map((name) => join(workspace, 'packages', name, 'src')),
];

/** Where the built page lies. */
export const PAGE_FOLDER = join(example, 'dist/page');

function newestMs(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

/** Whether there is a page, and it is newer than its sources. */
export function isPageFresh(): boolean {
  const built = join(PAGE_FOLDER, 'index.html');
  return existsSync(built) && statSync(built).mtimeMs > Math.max(...SOURCES.map(newestMs));
}

export async function buildPage(): Promise<void> {
  const { build } = await import('vite');
  // A test runner or a shell may have set it to something else, and React would be built for development.
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ configFile: join(example, 'vite.config.ts'), logLevel: 'warn' });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}
