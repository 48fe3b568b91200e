import { describe, expect, test } from 'vitest';
import { createRandom } from './random.js';

describe('createRandom', () => {
  test('the same seed gives the same numbers, another seed gives others', () => {
    const draw = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('a fork is fixed by seed and label, and drawing from it leaves its parent alone', () => {
    const parent = createRandom(7);
    const fork = parent.fork('orders');
    const forked = [fork.next(), fork.next()];
    expect([createRandom(7).next()]).toEqual([parent.next()]);
    const again = createRandom(7).fork('orders');
    expect([again.next(), again.next()]).toEqual(forked);
    expect(createRandom(7).fork('cancels').next()).not.toBe(forked[0]);
  });

  test('next is uniform, exponential has mean 1/rate, normal has mean 0 and variance 1', () => {
    const random = createRandom(1);
    const count = 50_000;
    let sum = 0;
    let waits = 0;
    let normals = 0;
    let squares = 0;
    for (let index = 0; index < count; index++) {
      const value = random.next();
      expect(value >= 0 && value < 1).toBe(true);
      sum += value;
      waits += random.exponential(4);
      const normal = random.normal();
      normals += normal;
      squares += normal * normal;
    }
    expect(sum / count).toBeCloseTo(0.5, 1);
    expect(waits / count).toBeCloseTo(0.25, 1);
    expect(normals / count).toBeCloseTo(0, 1);
    expect(squares / count).toBeCloseTo(1, 1);
  });

  test('integer stays below its limit and reaches every value', () => {
    const random = createRandom(3);
    const seen = new Set(Array.from({ length: 500 }, () => random.integer(5)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
