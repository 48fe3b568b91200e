import { describe, expect, it } from 'vitest';
import { SeededRandom } from './seeded-random.js';

describe('SeededRandom', () => {
  it('draws the same for the same seed and something else for another', () => {
    const draw = (seed: number | string) => {
      const random = new SeededRandom(seed);
      return [random.float(), random.id(), random.int(1, 1_000), random.float()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7)).toEqual(draw('7'));
  });

  it('never changes: these draws are fixtures of every recorded seed', () => {
    const random = new SeededRandom(1);
    expect([random.int(0, 999_999), random.int(0, 999_999), random.int(0, 999_999), random.id()])
      .toMatchInlineSnapshot(`
      [
        55280,
        495896,
        775545,
        "gvPRhKqNld7XnDQ-jNafpZ",
      ]
    `);
  });

  it('keeps within its ranges and reaches both ends', () => {
    const random = new SeededRandom('ranges');
    const seen = new Set<number>();
    for (let i = 0; i < 10_000; i++) {
      const float = random.float();
      expect(float >= 0 && float < 1).toBe(true);
      seen.add(random.int(3, 6));
    }
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });

  it('gives ids of 22 url-safe characters', () => {
    const random = new SeededRandom('ids');
    const ids = Array.from({ length: 1_000 }, () => random.id());
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  });

  it('forks sources that do not disturb each other', () => {
    const undisturbed = new SeededRandom(1).fork('a').float();
    const random = new SeededRandom(1);
    random.fork('b').float();
    expect(random.fork('a').float()).toBe(undisturbed);
    expect(new SeededRandom(1).fork('a').float()).not.toBe(new SeededRandom(1).fork('b').float());
  });

  it('says what is wrong where there is nothing to pick from', () => {
    expect(() => new SeededRandom(1).pick([])).toThrow(RangeError);
  });
});
