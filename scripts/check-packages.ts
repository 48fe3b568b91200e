// What would be published: publint and attw over the tarball of every package. Needs a build (see check.ts).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  /** There where the package can be imported. */
  readonly types?: string;
}

const folders = ['protocol', 'client', 'server', 'react', 'testing', 'tickwire'].map(
  (name) => `packages/${name}`,
);
const directory = mkdtempSync(join(tmpdir(), 'tickwire-pack-'));
let failures = 0;

function run(folder: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) {
    failures += 1;
    console.error(`${folder}: ${command} ${args[0] ?? ''} failed\n${stdout}${stderr}`);
  }
  return stdout;
}

try {
  for (const folder of folders) {
    const { name, types } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const packed = run(folder, 'npm', [
      'pack',
      '--json',
      '--loglevel=error',
      '--pack-destination',
      directory,
    ]);
    if (packed === '') continue;
    const [tarball] = JSON.parse(packed.slice(packed.indexOf('['))) as { filename: string; size: number }[];
    if (tarball === undefined) continue;
    const path = join(directory, tarball.filename);
    run(folder, process.execPath, ['../../node_modules/publint/src/cli.js', path, '--strict']);
    if (types !== undefined) {
      run(folder, process.execPath, [
        '../../node_modules/@arethetypeswrong/cli/dist/index.js',
        path,
        '--no-emoji',
        '--format=ascii',
      ]);
    }
    console.log(`${name}: ${(tarball.size / 1_024).toFixed(0)} kB packed`);
  }
} finally {
  rmSync(directory, { recursive: true });
}
if (failures > 0) process.exitCode = 1;
