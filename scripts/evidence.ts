// `npm run evidence`: runs what proves the guarantees and writes down what came of it, into docs/evidence.md.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

const PAGE = 'docs/evidence.md';
/** As `npm run simulate` does. */
const fromSource = ['--single-threaded-gc', '--conditions=@tickwire/source', '--import', 'tsx'];
const commandLine = 'packages/tickwire/src/cli.ts';

const HELP = `npm run evidence -- [options]

  --seeds <n>   seeds of the simulation   (1000)
  --print       write to stdout instead of ${PAGE}
  --help        this text

Exit code: 0 nothing was broken, 1 something was: then nothing is written.
`;

interface Simulation {
  readonly seeds: number;
  readonly publishes: number;
  readonly deliveries: number;
  readonly simulatedHours: number;
  readonly violations: number;
  readonly historyHash: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly recovery: Readonly<Record<string, number>>;
}

interface Mutants {
  readonly mutants: number;
  readonly caught: number;
  readonly medianSeeds: number;
}

interface Conformance {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly rules: Readonly<Record<string, unknown>>;
}

interface Output {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs a script of this repository; what it says on stderr is shown. */
function run(...args: readonly string[]): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...fromSource, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout }));
  });
}

function firstLineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
    });
    child.on('close', (code) => reject(new Error(`the server ended with ${String(code)}`)));
  });
}

async function simulate<Result>(...options: readonly string[]): Promise<Result> {
  const { stdout } = await run('packages/testing/src/simulation/cli.ts', ...options, '--json');
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
}

async function judge(): Promise<Conformance> {
  const server = spawn(process.execPath, [...fromSource, commandLine, 'conformance-server', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const { stdout } = await run(commandLine, 'conformance', await firstLineOf(server), '--json');
    return JSON.parse(stdout) as Conformance;
  } finally {
    server.kill();
  }
}

const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
const count = (value: number): string => value.toLocaleString('en');
const table = (head: readonly [string, string], record: Readonly<Record<string, number>>): string =>
  [
    `| ${head.join(' | ')} |`,
    '| --- | ---: |',
    ...Object.entries(record).map(([name, value]) => `| \`${name}\` | ${count(value)} |`),
  ].join('\n');

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    print: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  const simulation = await simulate<Simulation>('--seeds', values.seeds, '--check');
  const mutants = await simulate<Mutants>('--mutants');
  const conformance = await judge();
  const rules = await run('scripts/rule-coverage.ts');
  const isClean = git('status', '--porcelain', '--', 'packages') === '';
  const page = `# Evidence

Made by \`npm run evidence\`; do not edit. What it is evidence of is in [guarantees.md](guarantees.md).

Commit \`${git('rev-parse', '--short=12', 'HEAD')}\`${isClean ? '' : ', with changes'}, Node ${process.versions.node}, ${availableParallelism()} cores.

## Simulation

Clients, servers, a broker and the network between them, all real but for the network and the time. \`npm run simulate -- --seeds ${simulation.seeds}\` gives the same again.

| | |
| --- | ---: |
| seeds | ${count(simulation.seeds)} |
| simulated hours | ${count(simulation.simulatedHours)} |
| publishes | ${count(simulation.publishes)} |
| deliveries | ${count(simulation.deliveries)} |
| broken promises | ${count(simulation.violations)} |
| hash of all histories | \`${simulation.historyHash}\` |

${table(['Fault', 'times'], simulation.faults)}

${table(['Answer to a subscription', 'times'], simulation.recovery)}

## Mutants

${count(mutants.mutants)} rules, each taken out of the product by itself: the simulation noticed ${count(mutants.caught)}, half of them within ${count(mutants.medianSeeds)} seeds. \`npm run simulate -- --mutants\` names them.

## Conformance

\`npx tickwire conformance\` against this project's own server over real sockets: ${count(conformance.passed)} vectors passed, ${count(conformance.failed)} failed, ${count(conformance.skipped)} skipped, for ${Object.keys(conformance.rules).length} rules.

${rules.stdout
  .trim()
  .split('\n')
  .map((line) => `- ${line}`)
  .join('\n')}
`;
  if (values.print) process.stdout.write(page);
  const isBroken =
    simulation.violations + conformance.failed > 0 || mutants.caught < mutants.mutants || rules.code !== 0;
  if (isBroken) {
    console.error('Something is broken: see above.');
    process.exitCode = 1;
  } else if (!values.print) {
    writeFileSync(PAGE, page);
    execFileSync(process.execPath, [
      'node_modules/prettier/bin/prettier.cjs',
      '--write',
      '--log-level=warn',
      PAGE,
    ]);
    console.log(`${PAGE} is written.`);
  }
}
