import { describe, expect, test } from 'vitest';
import { VirtualClock } from '@tickwire/testing';
import { Authorizer } from './authorize.js';

/** A clock on which work takes time: rules say how much. */
class WorkingClock extends VirtualClock {
  workedMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.workedMs;
  }
}

function setUp(rule: (n: number) => boolean | Promise<boolean>, costMs: number) {
  const clock = new WorkingClock();
  let asked = 0;
  const authorizer = new Authorizer(
    {
      a: () => {
        clock.workedMs += costMs;
        return rule(++asked);
      },
    },
    clock,
    5_000,
    () => undefined,
  );
  const ann = {};
  const ask = (count: number, asker: object = ann) =>
    Array.from({ length: count }, () => authorizer.may('ann', { name: 'a', params: {} }, asker));
  return { clock, authorizer, ann, ask, asked: () => asked };
}

const resolved = (verdicts: readonly (boolean | Promise<boolean>)[]): Promise<boolean[]> =>
  Promise.all(verdicts.map((verdict) => Promise.resolve(verdict)));

describe('rules that answer at once', () => {
  test('are asked at once while they are quick', () => {
    const { ask, asked } = setUp(() => true, 0.01);
    expect(ask(200)).toEqual(Array.from({ length: 200 }, () => true));
    expect(asked()).toBe(200);
  });

  test('work at most ten milliseconds a turn; the others wait their turn, and each is answered', async () => {
    const { ask, asked, clock } = setUp((n) => n % 2 === 0, 4);
    const verdicts = ask(200);
    expect(asked()).toBe(3);
    await clock.settle();
    expect(await resolved(verdicts)).toEqual(Array.from({ length: 200 }, (_, n) => n % 2 === 1));
    // Every turn of three took twelve milliseconds: nobody was held up for longer.
    expect(clock.workedMs).toBe(800);
  });

  test('whoever comes while others wait does not overtake them', async () => {
    const order: number[] = [];
    const { ask, clock } = setUp((n) => {
      order.push(n);
      return true;
    }, 20);
    const first = ask(2);
    const second = ask(1);
    await clock.settle();
    await resolved([...first, ...second]);
    expect(order).toEqual([1, 2, 3]);
  });

  test('whoever has many waiting makes others wait for one of them, not for all', async () => {
    const { ask, asked, clock } = setUp(() => true, 20);
    const many = ask(50);
    const other = ask(1, {})[0];
    let after = 0;
    void Promise.resolve(other).then(() => (after = asked()));
    await clock.settle();
    await resolved(many);
    expect(after).toBeLessThanOrEqual(4);
    expect(asked()).toBe(51);
  });

  test('of one who is gone nothing more is asked, and the others go on', async () => {
    const { authorizer, ann, ask, asked, clock } = setUp(() => true, 20);
    const gone = ask(50);
    const others = ask(3, {});
    authorizer.forget(ann);
    await clock.settle();
    expect(await resolved(others)).toEqual([true, true, true]);
    expect(gone[0]).toBe(true);
    expect(asked()).toBe(4);
  });

  test('a new turn has all its time', async () => {
    const { ask, asked, clock } = setUp(() => true, 20);
    expect(ask(1)).toEqual([true]);
    await clock.settle();
    expect(ask(1)).toEqual([true]);
    expect(asked()).toBe(2);
  });

  test('that throw in a later turn refuse, and stop nobody', async () => {
    const { ask, clock } = setUp((n) => {
      if (n === 2) throw new Error('no');
      return true;
    }, 20);
    const verdicts = ask(3);
    await clock.settle();
    expect(await resolved(verdicts)).toEqual([true, false, true]);
  });
});
