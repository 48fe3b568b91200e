// `npm run oracle`: a recorded exchange, a link that breaks, and the exchange's own checksums as the judge.
import { parseArgs } from 'node:util';
import { generateCapture } from './generated-capture.js';
import { createProgramOracleClient } from './program-client.js';
import { runOracle } from './run.js';
import { readSource, readSourceFile } from './source.js';
import { createTickwireOracleClient } from './tickwire-client.js';
import type { OracleReport } from './verdict.js';

const HELP = `Usage: npm run oracle -- [options]

Sends a recorded exchange through a server and a client over a link that is torn at random times, and compares
every state the client holds with the exchange's own checksum.

  --capture FILE   capture to replay (Kraken's format); without it a generated one
  --speed N        times the recorded speed (1)
  --cuts N         how often the link is torn (50)
  --seed N         of the cuts and the generated capture (1)
  --client CMD     judge another program, called with the URL; see e2e/oracle/program-client.ts
  --json           end with one line of JSON
  --check          exit 1 unless nothing is wrong, every book is right, at least 47 % of the checksums were
                   checked and at least 80 % of the cuts ended in a resume by range
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
      speed: { type: 'string', default: '1' },
      cuts: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      client: { type: 'string' },
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
  let shown = 0;
  const { report, problems } = await runOracle({
    source,
    createClient:
      values.client === undefined
        ? createTickwireOracleClient
        : createProgramOracleClient(values.client.split(' ')),
    speed: number('speed', values.speed, 0.01),
    cuts: number('cuts', values.cuts, 0),
    seed,
    onProgress: (share) => {
      const tenth = Math.floor(share * 10);
      if (tenth > shown) process.stderr.write(`${String(tenth * 10)} % published\n`);
      shown = Math.max(shown, tenth);
    },
  });
  for (const problem of problems.slice(0, 20)) process.stderr.write(`wrong: ${problem}\n`);
  const failed = failures(report);
  for (const sentence of failed) process.stderr.write(`failed: ${sentence}\n`);
  console.log(values.json ? JSON.stringify(report) : report);
  return values.check && failed.length > 0 ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`oracle: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
