import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { createTestClient } from '../test-client/test-client.js';
import { market } from '../test-support/market.js';
import { type Act, Instants } from './instants.js';

/** What a test runner would be told of while `run` is under way. */
async function unhandledIn(run: () => Promise<void>): Promise<readonly string[]> {
  const runners = process.listeners('unhandledRejection');
  const told: string[] = [];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => told.push((reason as Error).message));
  try {
    await run();
    // Node tells of rejections at the end of a turn.
    await setImmediate();
    await setImmediate();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of runners) process.on('unhandledRejection', listener);
  }
  return told;
}

/** Fails so many times before anything has happened. */
const failing = (times: number): Act => {
  let calls = 0;
  return async (run) => {
    if (++calls <= times) throw new Error('render');
    await run();
  };
};

function setUp(act?: Act) {
  const clock = new VirtualClock();
  const instants = new Instants(clock, act);
  return { instants, clock: instants.clock(clock) };
}

test('where `act` fails once, that is reported, and a plain command is answered all the same', async () => {
  const unhandled = await unhandledIn(async () => {
    const { client, answer, close } = createTestClient(market, { act: failing(1) });
    answer('ping', { pong: true });
    expect(await client.command('ping', {})).toEqual({ pong: true });
    await close();
  });
  expect(unhandled).toEqual(['render']);
});

test('where `act` fails again and again, each failure is reported and no step is repeated for ever', async () => {
  let isRun = false;
  const { instants, clock } = setUp(failing(3));
  const unhandled = await unhandledIn(async () => {
    clock.setTimer(0, () => (isRun = true));
    await setImmediate();
    expect(isRun).toBe(false);
    clock.setTimer(0, () => undefined);
    await setImmediate();
    clock.setTimer(0, () => undefined);
    await instants.step(() => undefined);
  });
  expect(unhandled).toEqual(['render', 'render', 'render']);
  expect(isRun).toBe(true);
});

test('what throws in the clock is reported, and what is due beside it happens', async () => {
  const happened: string[] = [];
  const { clock } = setUp();
  const unhandled = await unhandledIn(async () => {
    clock.setTimer(0, () => {
      throw new Error('in a timer');
    });
    clock.setTimer(0, () => happened.push('beside it'));
    await setImmediate();
    clock.setTimer(0, () => happened.push('later'));
    await setImmediate();
  });
  expect(unhandled).toEqual(['in a timer']);
  expect(happened).toEqual(['beside it', 'later']);
});

test('a step that fails tells its caller alone, and the next one is taken', async () => {
  const { instants } = setUp();
  const unhandled = await unhandledIn(async () => {
    const [first, second] = [
      instants.step(() => Promise.reject(new Error('no'))),
      instants.step(() => 'taken'),
    ];
    await expect(first).rejects.toThrow('no');
    expect(await second).toBe('taken');
  });
  expect(unhandled).toEqual([]);
});

test('a step that fails and that nobody awaits is reported', async () => {
  const { instants } = setUp();
  const unhandled = await unhandledIn(async () => {
    void instants.step(() => Promise.reject(new Error('no')));
    await setImmediate();
  });
  expect(unhandled).toEqual(['no']);
});

test('what `act` sets off at its end happens by itself', async () => {
  let isRun = false;
  let isFirst = true;
  const world = setUp(async (run) => {
    await run();
    // As effects of a component do, which React flushes when the work of `act` is over.
    if (isFirst) world.clock.setTimer(0, () => (isRun = true));
    isFirst = false;
  });
  await world.instants.step(() => undefined);
  await setImmediate();
  expect(isRun).toBe(true);
});
