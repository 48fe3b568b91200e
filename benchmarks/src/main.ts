// `npm run bench`: measures fan-out against naive ws and Socket.IO, and bundle sizes. README.md tells how to read it.
import { parseArgs } from 'node:util';
import { measureBundleSizes } from './bundle-size.js';
import type { BundleSize } from './bundle-size.js';
import { measureFanOut } from './fan-out.js';
import type { FanOutOptions, FanOutResult } from './fan-out.js';
import { missedByStalled, missedLimits } from './limits.js';
import { assertMeasurable, SetupError } from './machine.js';
import { fanOutTable, sizeTable, stalledTable } from './report.js';
import { measureStalled } from './stalled.js';
import type { StalledResult } from './stalled-result.js';
import { WORKLOADS } from './workload.js';
import type { WorkloadName } from './workload.js';

const PARTS = ['hot', 'watchlist', 'size', 'stalled'] as const;
type Part = (typeof PARTS)[number];

const HELP = `Usage: npm run bench [-- options]

  --only PARTS   some of hot,watchlist,size,stalled (default: all but stalled, which takes two minutes)
  --rounds N     paired rounds of a workload, at least 5 unless --quick (default: 15)
  --quick        3 short rounds: whether it runs at all, not a figure to quote
  --seed N       which connection holds what, and the order in a round (default: 1)
  --check        exit with 1 and say by how much where a limit is missed
  --json         one JSON object as the last line of the output
  --help         this text

Fan-out needs Linux, two cores, taskset and gcc. benchmarks/README.md tells what is measured and how to read it.`;

interface Settings extends FanOutOptions {
  readonly parts: readonly Part[];
  readonly check: boolean;
  readonly json: boolean;
}

function readSettings(): Settings | null {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const parts = values.only?.split(',') ?? PARTS.filter((part) => part !== 'stalled');
  const unknown = parts.filter((part) => !PARTS.includes(part as Part));
  if (unknown.length > 0)
    throw new SetupError(`--only knows ${PARTS.join(', ')}, not ${unknown.join(', ')}.`);
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 15));
  const least = values.quick ? 1 : 5;
  if (!Number.isSafeInteger(rounds) || rounds < least)
    throw new SetupError(`--rounds must be a whole number from ${least}.`);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new SetupError('--seed must be a whole number.');
  return {
    parts: parts as Part[],
    rounds,
    seed,
    windowCpuMs: values.quick ? 200 : 400,
    warmUps: values.quick ? 1 : 3,
    check: values.check,
    json: values.json,
    progress: (line) => console.error(line),
  };
}

async function run(settings: Settings): Promise<number> {
  const workloads = settings.parts.filter((part): part is WorkloadName => part in WORKLOADS);
  if (workloads.length > 0 || settings.parts.includes('stalled')) assertMeasurable();
  const results: FanOutResult[] = [];
  let sizes: readonly BundleSize[] = [];
  for (const name of workloads) {
    const measured = await measureFanOut(WORKLOADS[name], settings);
    console.log(`\n${fanOutTable(name, measured)}`);
    results.push(...measured);
  }
  if (settings.parts.includes('size')) {
    sizes = await measureBundleSizes();
    console.log(`\n${sizeTable(sizes)}`);
  }
  let stalled: StalledResult | undefined;
  if (settings.parts.includes('stalled')) {
    stalled = await measureStalled(settings.progress);
    console.log(`\n${stalledTable(stalled)}`);
  }
  const missed = settings.check
    ? [...missedLimits(results, sizes), ...(stalled === undefined ? [] : missedByStalled(stalled))]
    : [];
  if (settings.check)
    console.log(
      missed.length === 0 ? '\nall limits kept' : `\n${missed.map((line) => `MISSED ${line}`).join('\n')}`,
    );
  if (settings.json)
    console.log(JSON.stringify({ results, sizes, stalled, ...(settings.check ? { missed } : {}) }));
  return missed.length === 0 ? 0 : 1;
}

try {
  const settings = readSettings();
  if (settings === null) console.log(HELP);
  else process.exitCode = await run(settings);
} catch (error) {
  // esbuild's message lists what is wrong; its stack and object add nothing.
  const toldInFull = error instanceof SetupError || (error instanceof Error && 'errors' in error);
  console.error(toldInFull ? error.message : error);
  process.exitCode = error instanceof SetupError ? 2 : 1;
}
