// Whether every mutant still fits the source: the fast half of the proof. `npm run simulate -- --mutants` is the other.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './all.js';

const packages = new URL('../../../', import.meta.url);

describe('the mutants', () => {
  it('are at least forty, each with a name of its own', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each(MUTANTS)('$name fits one place of $file, and changes it', ({ file, find, replace }) => {
    const text = readFileSync(new URL(file, packages), 'utf8');
    expect(text.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });
});
