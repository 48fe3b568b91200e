// Build: what a run needs compiled. The servers are bundled to plain JavaScript first, as users run them.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { SetupError } from './machine.js';

const root = join(import.meta.dirname, '..');

/** Git-ignored; everything a run compiles lies here. */
export const BUILD_DIRECTORY = join(root, 'dist');

/** Compiles the load generator for this machine; returns the program's path. */
export function buildLoadgen(): string {
  const program = join(BUILD_DIRECTORY, 'loadgen');
  mkdirSync(BUILD_DIRECTORY, { recursive: true });
  try {
    execFileSync('gcc', ['-O3', '-march=native', '-o', program, join(root, 'loadgen', 'loadgen.c')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new SetupError(
        'The load generator is a small C program compiled by gcc, which is not installed. Debian, Ubuntu: apt-get install gcc libc6-dev. Without it: npm run bench -- --only size',
      );
    }
    throw new SetupError(
      `gcc could not compile the load generator:\n${String((error as { stderr?: unknown }).stderr)}`,
    );
  }
  return program;
}

/** Bundles one server from its TypeScript source; libraries from the registry stay outside, as in an application. */
export async function bundleServer(entry: string): Promise<string> {
  const outfile = join(BUILD_DIRECTORY, `${entry}.mjs`);
  await build({
    entryPoints: [join(root, 'servers', `${entry}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['@tickwire/source'],
    external: ['ws', 'socket.io', 'zod'],
    logLevel: 'silent',
  });
  return outfile;
}
