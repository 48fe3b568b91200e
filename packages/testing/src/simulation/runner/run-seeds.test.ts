import { describe, expect, it } from 'vitest';
import type { Mutant } from '../../mutants/mutant.js';
import { runSeed } from '../run.js';
import { runMutants } from './run-mutants.js';
import { runSeeds } from './run-seeds.js';

describe('runSeeds', () => {
  it('runs a bundle in threads to the same histories as the source here', async () => {
    const problems: string[] = [];
    const listener = {
      onProgress: () => undefined,
      onBroken: () => undefined,
      onProblem: (text: string) => void problems.push(text),
    };
    const report = await runSeeds({ first: 7, count: 1, workers: 2, nodes: [] }, listener);
    expect(report.historyHash).toBe((await runSeed(7)).historyHash);
    expect(report.seeds).toBe(1);
    expect(problems).toEqual([]);
  });
});

describe('runMutants', () => {
  const mutant = (name: string, find: string, replace: string): Mutant => ({
    name,
    rule: 'a rule',
    file: 'protocol/src/delta/collection-delta.ts',
    find,
    replace,
  });

  it('tells caught, living, crashing and unfitting mutants apart', async () => {
    const results = await runMutants({
      mutants: [
        mutant('noticed', 'removed.push(key);', ''),
        mutant('harmless', 'removed.push(key);', 'removed.push(`${key}`);'),
        mutant('crashing', 'removed.push(key);', "throw new Error('boom');"),
        mutant('unfitting', 'no such text', ''),
      ],
      maxSeeds: 2,
      workers: 1,
      onResult: () => undefined,
    });
    const [noticed, harmless, crashing, unfitting] = results;
    expect(noticed).toMatchObject({ caught: { seed: 1 }, problem: null });
    expect(harmless).toMatchObject({ caught: null, seeds: 2, crashes: 0 });
    expect(crashing?.name).toBe('crashing');
    expect(unfitting?.problem).toContain('0 times');
  });
});
