// Every numbered rule of docs/PROTOCOL.md must have a conformance vector or be cited by a test, and every rule cited
// anywhere must exist. PROTOCOL.md defines a rule by its bold name, as in **P-SUB-4**; a test cites it by writing P-SUB-4; a
// vector names it as its `rule`. `--list` tells for each rule which vectors and tests it has.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const specification = 'docs/PROTOCOL.md';
const vectorFolder = 'packages/protocol/vectors/v1';
const roots = ['packages', 'e2e', 'examples', 'benchmarks', 'docs'];
const skipped = new Set(['node_modules', 'dist', 'api']);
const isText = /\.(tsx?|m?js|json|md|py)$/;
const isTest = /(\.test(-d)?\.tsx?$|^e2e\/)/;
const ruleName = /\bP-[A-Z]+-\d+[a-z]?\b/g;

interface Vector {
  readonly id?: unknown;
  readonly rule?: unknown;
  readonly name?: unknown;
}

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (isText.test(entry.name)) yield path;
  }
}

function add(map: Map<string, Set<string>>, rule: string, value: string): void {
  map.set(rule, (map.get(rule) ?? new Set()).add(value));
}

const cited = new Map<string, Set<string>>();
const tested = new Map<string, Set<string>>();
for (const root of roots.filter((root) => existsSync(root))) {
  for (const file of files(root)) {
    if (file.endsWith('PROTOCOL.md')) continue;
    for (const [name] of readFileSync(file, 'utf8').matchAll(ruleName)) {
      add(cited, name, file);
      if (isTest.test(file)) add(tested, name, file);
    }
  }
}

const complaints: string[] = [];
const covered = new Map<string, Set<string>>();
const seen = new Set<string>();
for (const file of files(vectorFolder)) {
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { readonly vectors: readonly Vector[] };
  for (const { id, rule, name } of vectors) {
    if (typeof id !== 'string' || typeof rule !== 'string' || typeof name !== 'string' || name === '') {
      complaints.push(
        `a vector in ${file} has no id, no rule or no name: ${JSON.stringify({ id, rule, name })}`,
      );
      continue;
    }
    if (seen.has(id)) complaints.push(`two vectors are called ${id}`);
    seen.add(id);
    add(covered, rule, id);
  }
}

const text = readFileSync(specification, 'utf8');
const definitions = [...text.matchAll(/\*\*(P-[A-Z]+-\d+[a-z]?)\*\*/g)].map((match) => match[1] ?? '');
const defined = new Set(definitions);
if (defined.size === 0) complaints.push(`${specification} defines no rule: write them as **P-AREA-1**`);
for (const name of new Set(definitions.filter((name, index) => definitions.indexOf(name) !== index)))
  complaints.push(`${name} is defined more than once in ${specification}`);
const bare = [...defined].filter((name) => !covered.has(name) && !tested.has(name));
if (bare.length > 0) complaints.push(`without a vector and without a test: ${bare.join(', ')}`);
for (const [name, where] of cited) {
  if (defined.has(name)) continue;
  complaints.push(`${name} is cited in ${[...where][0] ?? ''} but ${specification} does not define it`);
}

const { values } = parseArgs({ options: { list: { type: 'boolean', default: false } } });
if (values.list) {
  for (const name of defined) {
    const vectors = [...(covered.get(name) ?? [])];
    console.log(`${name}: ${vectors.length === 0 ? 'no vector' : vectors.join(', ')}`);
    for (const file of tested.get(name) ?? []) console.log(`  ${file}`);
  }
}
for (const complaint of complaints) console.error(complaint);
const byTestAlone = [...defined].filter((name) => !covered.has(name) && tested.has(name));
console.log(`${defined.size - bare.length} of ${defined.size} rules have a vector or a test`);
console.log(`${seen.size} vectors for ${defined.size - bare.length - byTestAlone.length} of them`);
if (byTestAlone.length > 0) console.log(`by tests alone: ${byTestAlone.join(', ')}`);
if (complaints.length > 0) process.exitCode = 1;
