// Command line of the simulation: `npm run simulate -- --help`. Progress on stderr, results on stdout.
import { parseArgs } from 'node:util';
import { drawScenario, FAULT_NAMES } from './draw-scenario.js';
import { coverageProblems, ReportBuilder, type SimulationReport } from './report.js';
import { runScenario, runSeed, type RunResult } from './run.js';
import type { Scenario } from './scenario.js';
import { shrinkScenario } from './shrink.js';

const HELP = `Runs the real client and server against each other in virtual time, with faults drawn from a seed, and checks
every promise on what happened.

npm run simulate -- [options]

  --seeds <n>   how many seeds to run                                  (100)
  --seed <n>    the first one                                          (1)
  --check       also fail where a fault never happened or a kind of recovery was rare
  --json        end with one line of JSON
  --shrink      cut the first seed that breaks a rule down to the steps it needs, and print them
  --trace       print the history of every seed that breaks a rule; with --seeds 1, of any
  --help        this text

Exit code: 0 nothing was broken, 1 a rule was broken or a run was not reproducible, 2 the options are wrong.
`;

/** One in so many seeds runs twice: the histories must be equal. */
const REPEAT_EVERY = 100;
const PROGRESS_EVERY_MS = 2_000;
const MAX_PRINTED_VIOLATIONS = 5;

interface Options {
  readonly seeds: number;
  readonly seed: number;
  readonly check: boolean;
  readonly json: boolean;
  readonly trace: boolean;
  readonly shrink: boolean;
}

function readOptions(): Options | 'help' {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      check: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    seeds: wholeNumber('--seeds', values.seeds, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    check: values.check,
    json: values.json,
    trace: values.trace,
    shrink: values.shrink,
  };
}

function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new TypeError(`${name} is "${text}": give a whole number, ${min} or more, such as ${name} 100.`);
}

function print(run: RunResult, options: Options): void {
  const broken = run.violations.length > 0;
  if (options.trace && (broken || options.seeds === 1)) {
    for (const event of run.history) process.stderr.write(`${JSON.stringify(event)}\n`);
  }
  if (!broken) return;
  process.stderr.write(`seed ${run.seed}: ${run.violations.length} broken\n`);
  for (const { rule, atMs, message } of run.violations.slice(0, MAX_PRINTED_VIOLATIONS)) {
    process.stderr.write(`  ${rule} at ${atMs} ms: ${message}\n`);
  }
  process.stderr.write(`  again: npm run simulate -- --seed ${run.seed} --seeds 1 --trace\n`);
}

/** The same rule must break: another one may be another fault. */
async function printShrunk({ seed, violations: [first] }: RunResult): Promise<void> {
  const breaks = async (scenario: Scenario): Promise<RunResult | null> => {
    const run = await runScenario(scenario);
    return run.violations.some(({ rule }) => rule === first?.rule) ? run : null;
  };
  const { steps, ...rest } = await shrinkScenario(
    drawScenario(seed),
    async (each) => (await breaks(each)) !== null,
  );
  process.stderr.write(
    `${JSON.stringify(rest)}\n${steps.map((step) => `${JSON.stringify(step)}\n`).join('')}`,
  );
  const run = await breaks({ ...rest, steps });
  for (const event of run?.history ?? []) process.stderr.write(`${JSON.stringify(event)}\n`);
  for (const { rule, atMs, message } of run?.violations ?? [])
    process.stderr.write(`${rule} at ${atMs} ms: ${message}\n`);
}

async function simulate(options: Options): Promise<boolean> {
  const builder = new ReportBuilder();
  const startedMs = performance.now();
  let progressAtMs = startedMs + PROGRESS_EVERY_MS;
  let reproducible = true;
  for (let i = 0; i < options.seeds; i++) {
    const seed = options.seed + i;
    const run = await runSeed(seed);
    if (i % REPEAT_EVERY === 0) {
      const again = await runSeed(seed);
      if (again.historyHash !== run.historyHash) {
        reproducible = false;
        process.stderr.write(`seed ${seed}: two runs differ (${run.historyHash}, ${again.historyHash})\n`);
      }
    }
    builder.add(run);
    print(run, options);
    if (options.shrink && run.violations.length > 0) {
      await printShrunk(run);
      break;
    }
    if (performance.now() >= progressAtMs) {
      progressAtMs += PROGRESS_EVERY_MS;
      process.stderr.write(`${i + 1} of ${options.seeds} seeds\n`);
    }
  }
  const report = builder.build();
  const problems = options.check ? coverageProblems(report, FAULT_NAMES) : [];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(describe(report, (performance.now() - startedMs) / 1_000));
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.violations === 0 && reproducible && problems.length === 0;
}

function describe(report: SimulationReport, seconds: number): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return `${report.seeds} seeds, ${report.publishes} publishes, ${report.deliveries} deliveries, ${report.simulatedHours} simulated hours in ${seconds.toFixed(1)} s
faults:   ${list(report.faults)}
recovery: ${list(report.recovery)}
${report.violations} violations, history ${report.historyHash}
`;
}

try {
  const options = readOptions();
  if (options === 'help') process.stdout.write(HELP);
  else if (!(await simulate(options))) process.exitCode = 1;
} catch (error) {
  const isUsage = error instanceof TypeError;
  const text =
    error instanceof Error ? (isUsage ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n${isUsage ? 'See npm run simulate -- --help.\n' : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
