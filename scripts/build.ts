// `npm run build`: builds every package, two at a time and in any order: none reads what another has built, types come from
// source and code stays outside.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const packages = readdirSync('packages').filter((name) => existsSync(`packages/${name}/tsup.config.ts`));

function build(name: string): Promise<boolean> {
  const tsup = spawn(process.execPath, ['../../node_modules/tsup/dist/cli-default.js'], {
    cwd: `packages/${name}`,
    stdio: 'inherit',
  });
  return new Promise((resolve) => {
    tsup.on('error', () => resolve(false));
    tsup.on('close', (code) => resolve(code === 0));
  });
}

async function worker(): Promise<void> {
  for (let next = packages.shift(); next !== undefined; next = packages.shift()) {
    if (await build(next)) continue;
    console.error(`FAIL ${next}`);
    process.exitCode = 1;
  }
}
await Promise.all([worker(), worker()]);
