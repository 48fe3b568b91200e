// The program around its commands: what it is and which commands it has.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tickwire } from './test-support/run-program.js';

describe('tickwire', () => {
  test.each(['--version', '-v'])('%s prints the version of the package', async (option) => {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await tickwire(option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('--help names the commands and --version', async () => {
    const { code, stdout } = await tickwire('--help');
    expect(stdout).toContain('conformance <url>');
    expect(stdout).toContain('--version');
    expect(code).toBe(0);
  });

  test('a command that does not exist: one sentence, exit code 2', async () => {
    const { code, stdout, stderr } = await tickwire('conform');
    expect(stderr).toBe('There is no command "conform". Commands: conformance, conformance-server.\n');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
