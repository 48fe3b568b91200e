import { describe, expect, it } from 'vitest';
import { drawScenario, FAULT_NAMES } from './draw-scenario.js';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

describe('drawScenario', () => {
  it('draws the same for the same seed and something else for another', () => {
    expect(drawScenario(5)).toEqual(drawScenario(5));
    expect(drawScenario(5)).not.toEqual(drawScenario(6));
  });

  it('draws every fault, and none of them in every run', () => {
    for (const fault of FAULT_NAMES) {
      const runs = SEEDS.filter((seed) => drawScenario(seed).steps.some((step) => step.do === fault)).length;
      expect(runs, fault).toBeGreaterThan(0);
      expect(runs, fault).toBeLessThan(SEEDS.length);
    }
  });

  it('keeps its steps in order, within the active time, and ends only what it began', () => {
    for (const seed of SEEDS) {
      const { steps, activeMs } = drawScenario(seed);
      const open = new Set<number>();
      let lastMs = 0;
      for (const step of steps) {
        expect(step.atMs).toBeGreaterThanOrEqual(lastMs);
        expect(step.atMs).toBeLessThanOrEqual(activeMs);
        lastMs = step.atMs;
        if (step.do === 'subscribe') open.add(step.subscription);
        if (step.do === 'unsubscribe') expect(open.delete(step.subscription)).toBe(true);
      }
    }
  });

  it('numbers its publishes and calls, so that every payload is like no other', () => {
    for (const seed of SEEDS) {
      const { steps } = drawScenario(seed);
      const publishes = steps.flatMap((step) => (step.do === 'publish' ? [step.publish] : []));
      const calls = steps.flatMap((step) => (step.do === 'command' ? [step.call] : []));
      expect(new Set(publishes).size).toBe(publishes.length);
      expect(new Set(calls).size).toBe(calls.length);
    }
  });
});
