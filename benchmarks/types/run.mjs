// What a contract costs the compiler: type instantiations of tsc for a generated contract, against the same schemas
// inferred without one. Usage: node benchmarks/types/run.mjs [--check] [--json]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contractSource, importsSource, schemasSource } from './generate.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');
const LIMITS = { overSchemas: 2, growth: 2.1 };
const SIZES = [200, 400];

/** Runs tsc over one generated module and returns how many type instantiations it took. */
function instantiations(directory, name, source) {
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, 'main.ts'), source);
  writeFileSync(
    join(directory, name, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../../tsconfig.base.json',
      include: ['main.ts'],
      compilerOptions: { noUnusedLocals: false },
    }),
  );
  const output = execFileSync(
    process.execPath,
    [tsc, '-p', join(directory, name), '--noEmit', '--extendedDiagnostics'],
    {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const found = /^Instantiations:\s+(\d+)/m.exec(output);
  if (found === null) throw new Error(`tsc printed no instantiations:\n${output}`);
  return Number(found[1]);
}

const directory = mkdtempSync(join(here, '.run-'));
const counts = {};
try {
  // What loading the libraries alone costs is not the contract's doing: taken off on both sides.
  const idle = instantiations(directory, 'imports', importsSource());
  for (const size of SIZES) {
    counts[size] = {
      schemas: instantiations(directory, `schemas-${size}`, schemasSource(size)) - idle,
      contract: instantiations(directory, `contract-${size}`, contractSource(size)) - idle,
    };
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const [small, large] = SIZES;
const result = {
  instantiations: counts,
  overSchemas: counts[small].contract / counts[small].schemas,
  growth: counts[large].contract / counts[small].contract,
  limits: LIMITS,
};
const passed = result.overSchemas <= LIMITS.overSchemas && result.growth <= LIMITS.growth;

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ ...result, passed }, null, 2));
} else {
  console.log(`${small} schemas alone:      ${counts[small].schemas} instantiations`);
  console.log(
    `contract of ${small}:        ${counts[small].contract} (${result.overSchemas.toFixed(2)} times, limit ${LIMITS.overSchemas})`,
  );
  console.log(
    `contract of ${large}:        ${counts[large].contract} (${result.growth.toFixed(2)} times that of ${small}, limit ${LIMITS.growth})`,
  );
}
if (process.argv.includes('--check') && !passed) {
  console.error('The contract costs the compiler more than its limit.');
  process.exitCode = 1;
}
