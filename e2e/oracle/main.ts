// `npm run oracle`: a recorded exchange, a link that breaks, and the exchange's own checksums as the judge.
import { parseArgs } from 'node:util';
import { type FaultReport, runFaults } from './fault-run.js';
import { generateCapture } from './generated-capture.js';
import { createProgramOracleClient } from './program-client.js';
import { runOracle } from './run.js';
import { readSource, readSourceFile, type Source } from './source.js';
import { tickwireOracleClient } from './tickwire-client.js';
import type { OracleReport } from './verdict.js';

const HELP = `Usage: npm run oracle -- [options]

Sends a recorded exchange through a server and a client over a link that is torn at random times, and compares
every state the client holds with the exchange's own checksum.

  --capture FILE   capture to replay (Kraken's format); without it a generated one
  --speed N        times the recorded speed (1)
  --cuts N         how often the link is torn (50)
  --seed N         of the cuts and the generated capture (1)
  --client CMD     judge another program, called with the URL; see e2e/oracle/program-client.ts
  --faults         instead of cuts alone: many clients, each behind a proxy that loses, doubles, delays, truncates and
                   stalls what passes, closes, resets, throttles or silences connections, by a schedule of its own
  --schedules N    how many of them (200); --speed is 20 then, or as fast as the machine can
  --json           end with one line of JSON
  --check          exit 1 unless nothing is wrong, every book is right, at least 47 % of the checksums were
                   checked and at least 80 % of the cuts ended in a resume by range; with --faults unless nothing is
                   wrong under any schedule, every kind of fault happened and 25 % of the checksums were checked
  --help           this text`;

/** What has to hold, as sentences about what does not. */
function failures(report: OracleReport): readonly string[] {
  const { checksums, checked, wrong, books, booksRight, cuts, recovery, events } = report;
  const told: readonly [boolean, string][] = [
    [wrong > 0, `${String(wrong)} states were wrong`],
    [booksRight < books, `${String(books - booksRight)} of ${String(books)} books were wrong at the end`],
    [checked < checksums * 0.47, `only ${String(checked)} of ${String(checksums)} checksums were checked`],
    [
      recovery.range < cuts * 0.8,
      `only ${String(recovery.range)} resumes by range after ${String(cuts)} cuts`,
    ],
    [
      events.wrong > 0 || events.received + events.lost < events.published,
      'events were repeated, out of order or lost untold',
    ],
  ];
  return told.filter(([failed]) => failed).map(([, sentence]) => sentence);
}

/** The same for a run under faults. */
function faultFailures(report: FaultReport): readonly string[] {
  const { checksums, checked, wrong, books, booksRight, schedules, schedulesRight, faults, events } = report;
  const never = Object.entries(faults).filter(([, times]) => times === 0);
  const told: readonly [boolean, string][] = [
    [wrong > 0, `${String(wrong)} states were wrong`],
    [booksRight < books, `${String(books - booksRight)} of ${String(books)} books were wrong at the end`],
    [
      schedulesRight < schedules,
      `something was wrong under ${String(schedules - schedulesRight)} of ${String(schedules)} schedules`,
    ],
    [checked < checksums * 0.25, `only ${String(checked)} of ${String(checksums)} checksums were checked`],
    // A few schedules cannot hold everything.
    [schedules >= 20 && never.length > 0, `no ${never.map(([name]) => name).join(', ')} ever happened`],
    [
      events.wrong > 0 || events.received + events.lost < events.published,
      'events were repeated, out of order or lost untold',
    ],
  ];
  return told.filter(([failed]) => failed).map(([, sentence]) => sentence);
}

/** A whole number from the command line. */
function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least)
    throw new Error(`--${name} takes a number from ${String(least)}, not "${text}".`);
  return value;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      capture: { type: 'string' },
      speed: { type: 'string' },
      cuts: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      client: { type: 'string' },
      faults: { type: 'boolean', default: false },
      schedules: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = number('seed', values.seed, 0);
  const source =
    values.capture === undefined
      ? await readSource(
          generateCapture({ seed, pairs: 10, updates: 4_000, updatesPerSecond: 140, depth: 200 }),
        )
      : await readSourceFile(values.capture);
  const run = values.faults ? await judgeFaults(values, source, seed) : await judgeCuts(values, source, seed);
  for (const problem of run.problems.slice(0, 20)) process.stderr.write(`wrong: ${problem}\n`);
  for (const sentence of run.failed) process.stderr.write(`failed: ${sentence}\n`);
  console.log(values.json ? JSON.stringify(run.report) : run.report);
  return values.check && run.failed.length > 0 ? 1 : 0;
}

interface Judgement {
  readonly report: OracleReport;
  readonly problems: readonly string[];
  /** What has not held, as sentences. */
  readonly failed: readonly string[];
}

interface Flags {
  readonly client?: string | undefined;
  readonly speed?: string | undefined;
  readonly cuts: string;
  readonly schedules: string;
}

async function judgeCuts(flags: Flags, source: Source, seed: number): Promise<Judgement> {
  let shown = 0;
  const { report, problems } = await runOracle({
    source,
    createClient:
      flags.client === undefined
        ? tickwireOracleClient()
        : createProgramOracleClient(flags.client.split(' ')),
    speed: number('speed', flags.speed ?? '1', 0.01),
    cuts: number('cuts', flags.cuts, 0),
    seed,
    onProgress: (share) => {
      const tenth = Math.floor(share * 10);
      if (tenth > shown) process.stderr.write(`${String(tenth * 10)} % published\n`);
      shown = Math.max(shown, tenth);
    },
  });
  return { report, problems, failed: failures(report) };
}

async function judgeFaults(flags: Flags, source: Source, seed: number): Promise<Judgement> {
  if (flags.client !== undefined)
    throw new Error(
      '--faults judges our own client, whose deadlines are shortened for it: leave --client away.',
    );
  const { report, problems } = await runFaults({
    source,
    schedules: number('schedules', flags.schedules, 1),
    speed: number('speed', flags.speed ?? '20', 0.01),
    seed,
    onProgress: (schedules) => process.stderr.write(`${String(schedules)} schedules\n`),
  });
  return { report, problems, failed: faultFailures(report) };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`oracle: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
