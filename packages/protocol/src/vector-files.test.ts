// The files of vectors: of the form that schema.json says, each member of a step known, each id once.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';

const folder = new URL('../vectors/', import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));

interface File {
  readonly kind: string;
  readonly vectors: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
}

/** Members besides `id`, `rule` and `name`, by kind: what README.md explains. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  'channel-id': ['param', 'segment', 'decoded', 'refused', 'channel', 'canonical'],
  message: ['message', 'frames', 'count', 'refused', 'for'],
  frame: ['from', 'frame', 'outcome'],
  delta: ['channel', 'before', 'befores', 'frame', 'after', 'hole', 'unchanged'],
  touched: ['values', 'names', 'whole'],
  cursor: ['reader', 'steps'],
  recovery: ['channel', 'head', 'floor', 'cursor', 'mode', 'why', 'lost'],
  publication: ['head', 'publication', 'verdict'],
  subprotocol: ['offered', 'selected'],
  'close-code': ['code', 'policy', 'refusal'],
  error: ['error', 'again', 'executed', 'waitMs', 'data'],
  backoff: ['attempts', 'code', 'livedMs', 'retryAfterMs', 'betweenMs', 'leastMs'],
  identity: ['value', 'canonical', 'description', 'hash'],
  'client-script': ['tokens', 'script'],
  'server-script': ['needs', 'script'],
};

/** What a step can be, in scripts for clients and for servers. */
const STEPS: Readonly<Record<string, string>> = {
  'client-script':
    'opens greeted says on quiet answer answerText answerBinary end ended open stopped wait asleep hold last release shows told call abort outcome clock repeat steps',
  'server-script':
    'connect selected refused hello say sayText sayBinary hears hearsFirst heard hearsNone forMs withinMs closes betweenMs alive settled shows delivers resume do gives cut wait repeat steps on',
};

const schema = z.fromJSONSchema(read('schema.json') as Parameters<typeof z.fromJSONSchema>[0]);
const files = readdirSync(new URL('v1/', folder)).sort();
const readme = readFileSync(new URL('README.md', folder), 'utf8');

describe.each(files)('%s', (name) => {
  const file = read(`v1/${name}`) as File;

  test('has the form of schema.json', () => {
    expect(schema.safeParse(file).error?.issues).toBeUndefined();
  });

  test('has no member that the README does not explain', () => {
    const known = new Set(['id', 'rule', 'name', ...(MEMBERS[file.kind] ?? [])]);
    for (const vector of file.vectors)
      expect(Object.keys(vector).filter((member) => !known.has(member))).toEqual([]);
    const steps = new Set(STEPS[file.kind]?.split(' '));
    const unknown = (script: unknown): string[] =>
      (script as readonly Readonly<Record<string, unknown>>[]).flatMap((step) => [
        ...Object.keys(step).filter((member) => !steps.has(member)),
        ...(step['steps'] === undefined ? [] : unknown(step['steps'])),
      ]);
    for (const { script } of file.vectors) if (script !== undefined) expect(unknown(script)).toEqual([]);
  });
});

test('every id is there once', () => {
  const ids = files.flatMap((name) => (read(`v1/${name}`) as File).vectors.map(({ id }) => id));
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  expect(ids.length).toBeGreaterThan(600);
});

test('the README explains every kind, member and step', () => {
  const words = [
    ...Object.entries(MEMBERS).flat(2),
    ...Object.values(STEPS).flatMap((steps) => steps.split(' ')),
  ];
  expect([...new Set(words)].filter((word) => !readme.includes(`\`${word}\``))).toEqual([]);
});
