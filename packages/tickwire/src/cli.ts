#!/usr/bin/env node
// Command line: `tickwire <command>`. Finds the command; each command reads its own options.
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

tickwire <command> --help tells more.
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined)
    throw new UsageError(`There is no command "${name}". Commands: ${[...COMMANDS.keys()].join(', ')}.`);
  return command(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
