import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ATTRIBUTION_STYLE_HASH, SECURITY_HEADERS } from './security-headers.js';

test("the allowed inline sheet is the chart library's attribution, as it is installed", () => {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('lightweight-charts/package.json'));
  const source = readFileSync(join(folder, 'dist/lightweight-charts.production.mjs'), 'utf8');
  const sheet = /`?(a#tv-attr-logo\{[^`"']+\})[`"']/.exec(source)?.[1] ?? '';
  expect(`sha256-${createHash('sha256').update(sheet).digest('base64')}`).toBe(ATTRIBUTION_STYLE_HASH);
});

test('nothing inline and nothing from elsewhere is allowed', () => {
  const policy = SECURITY_HEADERS['content-security-policy'] ?? '';
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(policy).toContain("script-src 'self'");
});
