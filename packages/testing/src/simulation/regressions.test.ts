// Scenarios that once broke a rule, cut down to what was needed. Files are added, never edited.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScenario } from './run.js';
import type { Scenario } from './scenario.js';

const folder = new URL('regressions/', import.meta.url);

describe('what was broken once', () => {
  it.each(readdirSync(folder))('%s stays mended', async (file) => {
    const scenario = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario;
    const { violations } = await runScenario(scenario);
    expect(violations).toEqual([]);
  });
});
