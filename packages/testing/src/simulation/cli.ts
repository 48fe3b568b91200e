// Command line of the simulation: `npm run simulate -- --help`. Progress on stderr, results on stdout.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS } from '../mutants/all.js';
import type { Violation } from './check/violation.js';
import { drawScenario, FAULT_NAMES } from './draw-scenario.js';
import { coverageProblems, type SimulationReport } from './report.js';
import { runScenario } from './run.js';
import { type MutantResult, runMutants } from './runner/run-mutants.js';
import { runSeeds } from './runner/run-seeds.js';
import type { Scenario } from './scenario.js';
import { shrinkScenario } from './shrink.js';

const HELP = `Runs the real client and server against each other in virtual time, with faults drawn from a seed, and checks
every promise on what happened.

npm run simulate -- [options]

  --seeds <n>     how many seeds to run                                  (100)
  --seed <n>      the first one; alone, that seed is run and its history told line by line   (1)
  --check         also fail where too little happened, or a fault or a kind of recovery was too rare to mean anything
  --shrink        with --seed: cut it down to the steps it needs to break a rule, and print them
  --node <list>   run some of the seeds on other releases of Node too, such as 22,24, and compare the histories
  --mutants       take one rule at a time out of the product, and see that the checker notices each
  --only <list>   the mutants whose names hold one of these texts
  --max-seeds <n> how many seeds a mutant may live                       (2000)
  --workers <n>   how many threads                                       (one a core)
  --json          end with one line of JSON
  --help          this text

The first seed that breaks a rule is cut down to the steps it needs and kept beside the other regressions.
Exit code: 0 all is well, 1 a rule was broken, a run was not reproducible, or a mutant lived; 2 the options are wrong.
`;

const PROGRESS_EVERY_MS = 5_000;
const MAX_PRINTED_VIOLATIONS = 5;
/** What is smaller after that time has to do. */
const MAX_SHRINK_MS = 60_000;
const REGRESSIONS = new URL('regressions/', import.meta.url);

interface Options {
  readonly seeds: number;
  readonly seed: number;
  readonly replay: boolean;
  readonly check: boolean;
  readonly shrink: boolean;
  readonly nodes: readonly string[];
  readonly mutants: boolean;
  readonly only: string;
  readonly maxSeeds: number;
  readonly workers: number;
  readonly json: boolean;
}

function readOptions(): Options | 'help' {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      check: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      node: { type: 'string', default: '' },
      mutants: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      'max-seeds': { type: 'string', default: '2000' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    seeds: wholeNumber('--seeds', values.seeds ?? '100', 1),
    seed: wholeNumber('--seed', values.seed ?? '1', 0),
    replay: values.seed !== undefined && values.seeds === undefined,
    check: values.check,
    shrink: values.shrink,
    nodes: values.node.split(',').filter((release) => release !== ''),
    mutants: values.mutants,
    only: values.only,
    maxSeeds: wholeNumber('--max-seeds', values['max-seeds'], 1),
    workers: wholeNumber('--workers', values.workers, 1),
    json: values.json,
  };
}

function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new TypeError(`${name} is "${text}": give a whole number, ${min} or more, such as ${name} 100.`);
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function sayViolations(violations: readonly Violation[]): void {
  for (const { rule, atMs, message } of violations.slice(0, MAX_PRINTED_VIOLATIONS))
    say(`  ${rule} at ${atMs} ms: ${message}`);
}

/** One scenario, told line by line. */
async function replay(scenario: Scenario): Promise<boolean> {
  const { steps, ...rest } = scenario;
  say(JSON.stringify(rest));
  for (const step of steps) say(JSON.stringify(step));
  const { history, historyHash, violations } = await runScenario(scenario);
  for (const event of history) say(JSON.stringify(event));
  sayViolations(violations);
  process.stdout.write(`seed ${scenario.seed}: ${violations.length} violations, history ${historyHash}\n`);
  return violations.length === 0;
}

/** The same rule must break: another one may be another fault. */
async function shrunk(scenario: Scenario): Promise<Scenario | null> {
  const broken = async (each: Scenario): Promise<readonly Violation[]> =>
    (await runScenario(each)).violations;
  const [first] = await broken(scenario);
  if (first === undefined) return null;
  const untilMs = performance.now() + MAX_SHRINK_MS;
  return shrinkScenario(
    scenario,
    async (each) =>
      performance.now() < untilMs && (await broken(each)).some(({ rule }) => rule === first.rule),
  );
}

async function keep(seed: number): Promise<void> {
  say(`cutting seed ${seed} down`);
  const scenario = await shrunk(drawScenario(seed));
  if (scenario === null) return;
  const file = new URL(`seed-${seed}.json`, REGRESSIONS);
  writeFileSync(file, `${JSON.stringify(scenario, null, 2)}\n`);
  say(`${scenario.steps.length} steps are left, kept in ${fileURLToPath(file)}`);
}

async function simulate({ seeds, seed, workers, nodes, check, json }: Options): Promise<boolean> {
  const startedMs = performance.now();
  let progressAtMs = startedMs + PROGRESS_EVERY_MS;
  let firstBroken = Infinity;
  let problems = 0;
  const onProblem = (text: string): void => {
    problems++;
    say(text);
  };
  const report = await runSeeds(
    { first: seed, count: seeds, workers, nodes },
    {
      onProblem,
      onBroken(broken, violations) {
        firstBroken = Math.min(firstBroken, broken);
        say(`seed ${broken}: ${violations.length} broken`);
        sayViolations(violations);
        say(`  again: npm run simulate -- --seed ${broken}`);
      },
      onProgress(done) {
        if (performance.now() < progressAtMs) return;
        progressAtMs = performance.now() + PROGRESS_EVERY_MS;
        say(`${done} of ${seeds} seeds`);
      },
    },
  );
  if (check) coverageProblems(report, FAULT_NAMES).forEach(onProblem);
  if (firstBroken < Infinity) await keep(firstBroken);
  process.stdout.write(describe(report, (performance.now() - startedMs) / 1_000));
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.violations === 0 && problems === 0;
}

function describe(report: SimulationReport, seconds: number): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return `${report.seeds} seeds, ${report.publishes} publishes, ${report.deliveries} deliveries in ${seconds.toFixed(1)} s
time:     ${report.simulatedHours} simulated hours, median seed ${report.medianSeconds} s, ${report.hourLongSeeds} of an hour or more
faults:   ${list(report.faults)}
recovery: ${list(report.recovery)}
${report.violations} violations, history ${report.historyHash}
`;
}

async function hunt({ only, maxSeeds, workers, json }: Options): Promise<boolean> {
  const startedMs = performance.now();
  const mutants = MUTANTS.filter(({ name }) => only.split(',').some((text) => name.includes(text)));
  const results = await runMutants({ mutants, maxSeeds, workers, onResult: printMutant });
  const seeds = results.flatMap(({ caught }) => (caught === null ? [] : [caught.seed])).sort((a, b) => a - b);
  const report = {
    mutants: mutants.length,
    caught: seeds.length,
    medianSeeds: seeds[Math.floor((seeds.length - 1) / 2)] ?? 0,
  };
  const seconds = (performance.now() - startedMs) / 1_000;
  process.stdout.write(
    `${report.caught} of ${report.mutants} mutants caught, half of them within ${report.medianSeeds} seeds, in ${seconds.toFixed(1)} s\n`,
  );
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.caught === report.mutants;
}

function printMutant({ name, rule, caught, seeds, crashes, problem }: MutantResult): void {
  const verdict =
    caught === null
      ? `LIVES after ${seeds} seeds`
      : `caught by ${caught.invariant} in seed ${caught.seed} (${caught.message.slice(0, 100)})`;
  const crashed = crashes === 0 ? '' : `; ${crashes} crashes`;
  process.stdout.write(
    `${name} [${rule}]: ${verdict}${crashed}${problem === null ? '' : `\n  ${problem}`}\n`,
  );
}

async function run(options: Options): Promise<boolean> {
  if (options.mutants) return hunt(options);
  if (!options.replay) return simulate(options);
  const scenario = drawScenario(options.seed);
  if (!options.shrink) return replay(scenario);
  return replay((await shrunk(scenario)) ?? scenario);
}

try {
  const options = readOptions();
  if (options === 'help') process.stdout.write(HELP);
  else if (!(await run(options))) process.exitCode = 1;
} catch (error) {
  const isUsage = error instanceof TypeError;
  const text =
    error instanceof Error ? (isUsage ? error.message : (error.stack ?? error.message)) : String(error);
  say(`${text}\n${isUsage ? 'See npm run simulate -- --help.\n' : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
