// Every numbered rule of docs/PROTOCOL.md must be cited by a test, and every rule cited anywhere must exist.
// PROTOCOL.md defines a rule by its bold name, as in **P-SUB-4**; a test cites it by writing P-SUB-4.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const specification = 'docs/PROTOCOL.md';
const roots = ['packages', 'e2e', 'examples', 'benchmarks', 'docs'];
const skipped = new Set(['node_modules', 'dist', 'api']);
const isText = /\.(tsx?|m?js|json|md|py)$/;
const isTest =
  /(\.test(-d)?\.tsx?$|^e2e\/|^packages\/testing\/src\/conformance\/|^packages\/protocol\/vectors\/)/;
const ruleName = /\bP-[A-Z]+-\d+[a-z]?\b/g;

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (isText.test(entry.name)) yield path;
  }
}

const cited = new Map<string, string>();
const tested = new Set<string>();
for (const root of roots.filter((root) => existsSync(root))) {
  for (const file of files(root)) {
    if (file.endsWith('PROTOCOL.md')) continue;
    for (const [name] of readFileSync(file, 'utf8').matchAll(ruleName)) {
      if (!cited.has(name)) cited.set(name, file);
      if (isTest.test(file)) tested.add(name);
    }
  }
}

if (!existsSync(specification)) {
  console.log(`${specification} does not exist yet; ${cited.size} rules are cited already.`);
} else {
  const text = readFileSync(specification, 'utf8');
  const definitions = [...text.matchAll(/\*\*(P-[A-Z]+-\d+[a-z]?)\*\*/g)].map((match) => match[1] ?? '');
  const defined = new Set(definitions);
  const twice = definitions.filter((name, index) => definitions.indexOf(name) !== index);
  const untested = [...defined].filter((name) => !tested.has(name));
  const unknown = [...cited].filter(([name]) => !defined.has(name));
  for (const name of new Set(twice)) console.error(`${name} is defined more than once in ${specification}`);
  if (untested.length > 0) console.error(`cited by no test: ${untested.join(', ')}`);
  for (const [name, file] of unknown)
    console.error(`${name} is cited in ${file} but ${specification} does not define it`);
  if (defined.size === 0) console.error(`${specification} defines no rule: write them as **P-AREA-1**`);
  console.log(`${defined.size - untested.length} of ${defined.size} rules are cited by a test`);
  if (untested.length + unknown.length + twice.length > 0 || defined.size === 0) process.exitCode = 1;
}
