import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Leftovers } from './leak-program.js';

/** More than is left where nothing leaks; far less than what a leak of twelve rounds leaves. */
const ALLOWED_GROWTH_BYTES = 400 * 1_024;

async function run(...words: readonly string[]): Promise<readonly Leftovers[]> {
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      // Optimised code is compiled anew for every closure and counts as heap: it would hide what is looked for.
      '--no-opt',
      '--conditions=@tickwire/source',
      '--import',
      'tsx',
      resolve(import.meta.dirname, 'leak-program.ts'),
      ...words,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const code = await new Promise((ended) => child.on('close', ended));
  if (code !== 0) throw new Error(`The program ended with ${String(code)}: ${complaints}`);
  return JSON.parse(printed) as readonly Leftovers[];
}

describe('client and server, after lives that end', () => {
  test('give back their memory, and hold nothing that was let go of', { timeout: 180_000 }, async () => {
    const results = await run();
    expect(results.map(({ scenario }) => scenario)).toEqual([
      'channels',
      'reconnects',
      'commands',
      'lives',
      'sockets',
    ]);
    for (const { scenario, grownBytes, watched, collected } of results) {
      expect.soft(grownBytes, `growth of ${scenario}`).toBeLessThan(ALLOWED_GROWTH_BYTES);
      expect.soft(collected, `collected of ${scenario}`).toBe(watched);
    }
  });

  test.each(['channels', 'reconnects', 'commands', 'lives', 'sockets'])(
    'a leak that is put in on purpose is found: %s',
    { timeout: 180_000 },
    async (name) => {
      const [result] = await run('--leak', name);
      expect(result?.scenario).toBe(name);
      expect(
        (result?.grownBytes ?? 0) > ALLOWED_GROWTH_BYTES || (result?.collected ?? 0) < (result?.watched ?? 0),
      ).toBe(true);
    },
  );
});
