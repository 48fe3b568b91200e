// `npm run check`: every static check, two at a time, each with its name and time. All run even when one fails.
// `npm run check -- --only lint,types` runs some of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const script = (file: string): string[] => ['--import', 'tsx', '--conditions=@tickwire/source', file];
const bin = (path: string, ...args: string[]): string[] => [`node_modules/${path}`, ...args];

/** Each step is one Node process; slow ones first, so that two at a time end together. */
const steps: Readonly<Record<string, readonly string[]>> = {
  lint: bin('eslint/bin/eslint.js', '.', '--max-warnings=0'),
  types: bin('typescript/bin/tsc', '-p', 'tsconfig.json'),
  packages: script('scripts/check-packages.ts'),
  core: bin('typescript/bin/tsc', '-p', 'tsconfig.core.json'),
  format: bin('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  knip: bin('knip/bin/knip.js', '--no-progress'),
  size: bin('size-limit/bin.js'),
  boundaries: script('scripts/boundaries.ts'),
  rules: script('scripts/rule-coverage.ts'),
};

/** Steps that look at what would be published. */
const afterBuild = new Set(['packages', 'size']);
const unbuilt = ['protocol', 'client', 'server', 'react', 'testing', 'tickwire'].filter(
  (name) => !existsSync(`packages/${name}/dist`),
);

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

function run(name: string, args: readonly string[]): Promise<Outcome> {
  if (afterBuild.has(name) && unbuilt.length > 0) {
    console.log(`FAIL ${name.padEnd(11)} no dist in ${unbuilt.join(', ')}: run \`npm run build\` first`);
    return Promise.resolve({ name, ok: false, seconds: 0 });
  }
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    const end = (ok: boolean, extra = ''): void => {
      const seconds = (performance.now() - started) / 1_000;
      const text = Buffer.concat(output).toString().trimEnd() + extra;
      console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(11)} ${seconds.toFixed(1)} s`);
      if (text !== '' && (!ok || ['boundaries', 'rules', 'size', 'packages'].includes(name))) {
        console.log(text.replace(/^/gm, '     '));
      }
      resolve({ name, ok, seconds });
    };
    child.on('error', (error) => end(false, String(error)));
    child.on('close', (code) => end(code === 0));
  });
}

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(steps);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`No step called ${unknown.join(', ')}. Steps: ${Object.keys(steps).join(', ')}.`);
  process.exit(2);
}

const queue = Object.entries(steps).filter(([name]) => wanted.includes(name));
const outcomes: Outcome[] = [];
async function worker(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) outcomes.push(await run(...next));
}
await Promise.all([worker(), worker()]);

const failed = outcomes.filter((outcome) => !outcome.ok).map((outcome) => outcome.name);
mkdirSync('.reports', { recursive: true });
writeFileSync('.reports/check.json', `${JSON.stringify(outcomes, null, 2)}\n`);
console.log(failed.length === 0 ? `all ${outcomes.length} checks passed` : `failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
