// The proofs that guarantees.md names exist: vectors, properties of the simulation, files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RULES } from '@tickwire/testing';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/guarantees.md'), 'utf8');
const vectorFolder = join(root, 'packages/protocol/vectors/v1');
const vectors = new Set(
  readdirSync(vectorFolder).flatMap((file) => {
    const text = readFileSync(join(vectorFolder, file), 'utf8');
    return (JSON.parse(text) as { vectors: readonly { id: string }[] }).vectors.map(({ id }) => id);
  }),
);

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\|[\s:|-]+\|$/.test(line) && !line.includes('| Proof'));
const proofsOf = (row: string): readonly string[] =>
  [...(row.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map(([, proof = '']) => proof);

test('every promise has a proof', () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((row) => proofsOf(row).length === 0)).toEqual([]);
});

test('every proof exists', () => {
  const exists = (proof: string): boolean => {
    if (proof.includes('/')) return existsSync(join(root, proof));
    return proof in RULES || vectors.has(proof);
  };
  expect(rows.flatMap(proofsOf).filter((proof) => !exists(proof))).toEqual([]);
});

test('every property that the simulation checks is promised', () => {
  const named = new Set(rows.flatMap(proofsOf));
  expect(Object.keys(RULES).filter((rule) => !named.has(rule))).toEqual([]);
});
