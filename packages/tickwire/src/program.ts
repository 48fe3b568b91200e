// Program: finds the command; each command reads its own options. Answers with the exit code.
import { readFileSync } from 'node:fs';
import { conformance } from './conformance/command.js';
import { conformanceServer } from './conformance/serve.js';
import { type Command, UsageError } from './usage.js';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['conformance', conformance],
  ['conformance-server', conformanceServer],
]);

const HELP = `tickwire <command> [options]

  conformance <url>     judge a server by the protocol's conformance vectors
  conformance-server    run a server that keeps the conformance contract

  --version, -v         the version of this program
  --help, -h            this text

tickwire <command> --help tells more.
`;

/** Runs `tickwire ...args`; what was asked wrongly is one sentence on stderr. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined)
    throw new UsageError(`There is no command "${name}". Commands: ${[...COMMANDS.keys()].join(', ')}.`);
  return command(args);
}

/** Read and not built in: the manifest lies one folder up, of the source as of the build. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
