// `npm run recovery`: how fast real clients are back on real sockets, measured and held against what is promised.
import { parseArgs } from 'node:util';
import { measureHalfOpen, type HalfOpen } from './half-open.js';
import { type LiveShare, measureLiveShare } from './live-share.js';
import { measureOutages } from './outage.js';
import { measureResets } from './reset.js';
import { measureServerStall, type ServerStall } from './server-stall.js';
import type { Times } from './times.js';

const HELP = `Usage: npm run recovery -- [options]

Measures on real sockets and in real time, in about three minutes:

  resets       connections that are cut while the server is well: the time until live again
  outage       a server that was away for a second: the time from its listening until live again
  halfOpen     links that are dead and do not say so: the time until either end notices, with the usual server and
               with \`ping: 'fast'\`
  serverStall  a server that stands still for less than that: how many connections were dropped
  live         the share of the time that readers are live under a schedule of faults

  --only LIST  some of them, separated by commas
  --seed N     of every delay and fault that is drawn (1)
  --json       end with one line of JSON
  --check      exit 1 unless all bounds hold: resets p50 150 ms, p99 500 ms; outage p99 2 s; half-open 35 s, and
               8 s where fast; no false kill; live 99.9 %
  --help       this text`;

/** What was measured; what was not asked for is not there. */
interface Report {
  resets?: Times;
  outage?: Times;
  halfOpen?: { readonly usual: HalfOpen; readonly fast: HalfOpen };
  serverStall?: { readonly usual: ServerStall; readonly fast: ServerStall };
  live?: LiveShare;
}

/** Timers of a busy machine are late. */
const LATE_MS = 500;

/** What has to hold, as sentences about what does not. */
function failures({ resets, outage, halfOpen, serverStall, live }: Report): readonly string[] {
  const bounds: readonly (readonly [what: string, measured: number | undefined, bound: number])[] = [
    ['resets: p50 in ms', resets?.p50Ms, 150],
    ['resets: p99 in ms', resets?.p99Ms, 500],
    ['outage: p99 in ms', outage?.p99Ms, 2_000],
    ['half-open, noticed by the client after ms', halfOpen?.usual.client.maxMs, 35_000],
    ['half-open, noticed by the client of a fast server after ms', halfOpen?.fast.client.maxMs, 8_000],
    ['half-open, noticed by the server after ms', halfOpen?.usual.server.maxMs, 35_000 + LATE_MS],
    ['half-open, noticed by a fast server after ms', halfOpen?.fast.server.maxMs, 8_000 + LATE_MS],
    ['server that stalls: connections dropped', serverStall?.usual.falseKills, 0],
    ['fast server that stalls: connections dropped', serverStall?.fast.falseKills, 0],
    ['share of the time not live', live === undefined ? undefined : 1 - live.share, 0.001],
  ];
  return bounds
    .filter(([, measured, bound]) => measured !== undefined && !(measured <= bound))
    .map(([what, measured, bound]) => `${what}: ${String(measured)}, bound ${String(bound)}`);
}

const say = (text: string) => process.stderr.write(`${text}\n`);

const MEASUREMENTS: Readonly<Record<keyof Report, (report: Report, seed: number) => Promise<void>>> = {
  resets: async (report, seed) => {
    report.resets = await measureResets(seed);
  },
  outage: async (report, seed) => {
    report.outage = await measureOutages(seed);
  },
  halfOpen: async (report) => {
    // They wait most of the time, so they wait together.
    const [usual, fast] = await Promise.all([measureHalfOpen('default'), measureHalfOpen('fast')]);
    report.halfOpen = { usual, fast };
  },
  serverStall: async (report) => {
    const [usual, fast] = await Promise.all([
      measureServerStall('default', 1, 32_000),
      measureServerStall('fast', 4, 7_000),
    ]);
    report.serverStall = { usual, fast };
  },
  live: async (report, seed) => {
    report.live = await measureLiveShare(seed);
  },
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(MEASUREMENTS).join(',') },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed takes a whole number, not "${values.seed}".`);
  const report: Report = {};
  for (const name of values.only.split(',')) {
    if (!Object.hasOwn(MEASUREMENTS, name))
      throw new Error(`--only knows ${Object.keys(MEASUREMENTS).join(', ')}, not "${name}".`);
    say(`${name} …`);
    await MEASUREMENTS[name as keyof Report](report, seed);
  }
  const failed = failures(report);
  for (const sentence of failed) say(`failed: ${sentence}`);
  if (values.json) console.log(JSON.stringify(report));
  else console.dir(report, { depth: 4 });
  return values.check && failed.length > 0 ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(`recovery: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  },
);
