import { TickwireError } from '@tickwire/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFaults } from './faults.js';
import { createTimeline } from './journal/timeline.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client that answers when the test says so. */
function makeClient() {
  const calls: { name: string; input: unknown; settle: (error: Error | null) => void }[] = [];
  const connected: (() => void)[] = [];
  const client = {
    command: (name: string, input: unknown) =>
      new Promise((resolve, reject) => {
        calls.push({ name, input, settle: (error) => (error ? reject(error) : resolve({})) });
      }),
    on: (_name: string, listener: () => void) => {
      connected.push(listener);
      return () => undefined;
    },
  };
  return { client: client as never, calls, connect: () => connected.forEach((listener) => listener()) };
}

async function setUp() {
  const { client, calls, connect } = makeClient();
  const timeline = createTimeline(Date.now);
  const faults = createFaults(client, timeline);
  const titles = () => timeline.get().map(({ title }) => title);
  const answer = async (error: Error | null = null) => {
    calls.at(-1)!.settle(error);
    await vi.advanceTimersByTimeAsync(1);
  };
  return { faults, calls, connect, timeline, titles, answer };
}

const failure = (executed: 'no' | 'maybe') => new TickwireError('unavailable', 'not connected', { executed });

test('a fault is told and shown once the server has done it, and not before', async () => {
  const { faults, titles, answer } = await setUp();
  faults.trigger('drop', false);
  expect(faults.get().asked.has('drop')).toBe(true);
  expect(faults.get().spans.drop).toBeNull();
  expect(titles()).toEqual([]);
  await answer();
  expect(faults.get().asked.size).toBe(0);
  expect(faults.get().spans.drop?.endsMs).toBe(Infinity);
  expect(titles()).toEqual(['Messages dropped']);
});

test('what was refused is not told as done, and leaves nothing on', async () => {
  const { faults, titles, answer } = await setUp();
  for (const name of ['cable', 'server', 'drop', 'fast'] as const) {
    faults.trigger(name, false);
    await answer(failure('no'));
    expect(faults.get().spans[name]).toBeNull();
  }
  expect(titles()).toHaveLength(4);
  for (const title of titles()) expect(title).toMatch(/: not done$/);
});

test('what may have been done counts as done, from when it was asked and for as long as it lasts', async () => {
  const { faults, timeline, titles, answer } = await setUp();
  faults.trigger('cable', false);
  const askedMs = Date.now();
  await vi.advanceTimersByTimeAsync(20);
  timeline.add({ kind: 'stale', title: 'Stale' });
  await answer(failure('maybe'));
  expect(titles()).toEqual(['Stale', 'Cable cut']);
  expect(faults.get().spans.cable).toEqual({ startedMs: askedMs, endsMs: askedMs + 5_000 });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(faults.get().spans.cable).toBeNull();
});

test('while the server has not answered a second press asks nothing', async () => {
  const { faults, calls, titles, answer } = await setUp();
  faults.trigger('fast', false);
  faults.trigger('fast', false);
  await answer();
  expect(calls).toHaveLength(1);
  expect(titles()).toEqual(['10,000 updates/s']);
});

test('switching off leaves a trace, too', async () => {
  const { faults, titles, answer } = await setUp();
  faults.trigger('drop', true);
  await answer();
  faults.trigger('fast', true);
  await answer();
  faults.togglePause(false);
  await answer();
  faults.togglePause(true);
  await answer();
  faults.trigger('slow', false);
  faults.trigger('slow', true);
  expect(titles().reverse()).toEqual([
    'Messages arrive again',
    'Back to 200 updates/s',
    'Feed paused',
    'Feed resumed',
    'Tab slowed',
    'Tab at full speed',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a connection is told what the tab’s network should lose, whatever became of the server', async () => {
  const { faults, calls, connect, answer } = await setUp();
  connect();
  expect(calls).toEqual([]);
  faults.trigger('drop', false);
  await answer();
  connect();
  expect(calls.at(-1)).toMatchObject({ name: 'dropMessages', input: { percent: 10 } });
  await answer(failure('no'));
  expect(faults.get().spans.drop).not.toBeNull();
});
