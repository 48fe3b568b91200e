// What the demo says of a command line that cannot work: one line that helps, and the exit code of its kind.
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const entry = fileURLToPath(new URL('../../examples/market-dashboard/src/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tickwire-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the demo to its end. */
function run(...flags: readonly string[]): Promise<{ readonly code: unknown; readonly lines: string[] }> {
  return new Promise((resolve) => {
    const args = ['--conditions=@tickwire/source', '--import', 'tsx', entry, ...flags];
    execFile(process.execPath, args, (error, _output, complaint) => {
      resolve({ code: error?.code ?? 0, lines: complaint.trimEnd().split('\n') });
    });
  });
}

test('a flag that is wrong: one sentence, the way to the help, and exit code 2', async () => {
  expect(await run('--rate', '-5')).toEqual({
    code: 2,
    lines: ['--rate -5: expected a whole number from 1 to 20000. See --help.'],
  });
  expect(await run('--replay=')).toEqual({ code: 2, lines: ['--replay wants a value. See --help.'] });
});

test('a file that is none, or no recording: one sentence that names it, and exit code 1', async () => {
  const missing = join(folder, 'missing.txt');
  expect(await run('--replay', missing)).toEqual({
    code: 1,
    lines: [`--replay ${missing}: There is no such file.`],
  });
  const garbage = join(folder, 'garbage.txt');
  writeFileSync(garbage, 'hello\nworld\n');
  const { code, lines } = await run('--replay', garbage);
  expect({ code, lines: lines.length }).toEqual({ code: 1, lines: 1 });
  expect(lines[0]).toContain('No line of it has the form of a capture.');
});

test('a port that is taken: says which, and what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : null;
  try {
    expect(await run('--port', String(port))).toEqual({
      code: 1,
      lines: [`Port ${port} is taken: try --port 0, which takes a free one.`],
    });
  } finally {
    other.close();
  }
});
