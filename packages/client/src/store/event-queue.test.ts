import { expect, test } from 'vitest';
import { createFakeClock } from '../test-support/fake-clock.js';
import { createEventQueue } from './event-queue.js';

test.each([0.5, 1, 60, 100, 101, 150, 199, 1_000])(
  'a rate of %d a second is kept and reached',
  async (maxPerSecond) => {
    const clock = createFakeClock();
    let told = 0;
    const queue = createEventQueue<number>(clock, { maxPerSecond, maxQueueSize: 100_000 }, () => told++);
    for (let item = 0; item < 20_000; item++) queue.push(item);
    await clock.advance(10_000);
    // The first round is at once.
    expect(told).toBeGreaterThanOrEqual(maxPerSecond * 10);
    expect(told).toBeLessThanOrEqual(maxPerSecond * 10.1 + 1);
  },
);

test('without a limit nothing waits', async () => {
  const clock = createFakeClock();
  let told = 0;
  const queue = createEventQueue<number>(clock, { maxPerSecond: Infinity }, () => told++);
  for (let round = 0; round < 3; round++) {
    for (let item = 0; item < 50; item++) queue.push(item);
    await clock.advance(20);
  }
  expect(told).toBe(150);
});
