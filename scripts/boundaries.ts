// Import boundaries: the real tree must break no rule, and a red fixture must break every one of them,
// because a rule whose pattern no longer matches anything is silent.
import { existsSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { cruiseOptions, forbidden, resolveOptions } from './boundary-rules.js';

const fixture = 'scripts/fixtures/boundaries';
const roots = ['packages', 'examples', 'benchmarks', 'e2e'].filter((root) => existsSync(root));

async function summary(paths: string[]): Promise<ICruiseResult['summary']> {
  const { output } = await cruise(
    paths,
    { ...cruiseOptions, exclude: { path: ['/dist/', '/\\.run-'] }, ruleSet: { forbidden }, validate: true },
    resolveOptions,
    { tsConfig: extractTSConfig('tsconfig.json') },
  );
  if (typeof output === 'string')
    throw new Error('dependency-cruiser answered with text instead of an object');
  return output.summary;
}

const real = await summary(roots);
const red = await summary([fixture]);

const broken = new Set(red.violations.map((violation) => violation.rule.name));
const silent = forbidden.filter((rule) => !broken.has(rule.name));

for (const { rule, from, to } of real.violations) console.error(`${rule.name}: ${from} -> ${to}`);
for (const { name } of silent)
  console.error(`${name}: no file of ${fixture} breaks this rule; it may match nothing`);
if (real.totalCruised === 0) console.error('nothing was cruised');

console.log(
  `${real.totalCruised} modules, ${real.violations.length} violations; ` +
    `${forbidden.length - silent.length} of ${forbidden.length} rules proven by the red fixture`,
);
if (real.violations.length > 0 || silent.length > 0 || real.totalCruised === 0) process.exitCode = 1;
