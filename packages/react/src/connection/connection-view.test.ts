import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createConnectionView } from './connection-view.js';
import { createFakeConnection } from '../test-support/fake-connection.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function watch(tickMs?: number) {
  const connection = createFakeConnection();
  const view = createConnectionView(connection, tickMs);
  const seen: (number | null)[] = [];
  const stop = view.subscribe(() => void seen.push(view.getSnapshot().retryInMs));
  return { connection, view, seen, stop };
}

test('without tickMs the time to the next try stands as it was when the connection changed', () => {
  const { connection, view, seen } = watch();
  connection.set({ status: 'connecting', phase: 'backoff', retryAtMs: 1_003_200 });
  const snapshot = view.getSnapshot();
  vi.advanceTimersByTime(2_000);
  expect(view.getSnapshot()).toBe(snapshot);
  expect(seen).toEqual([3_200]);
  expect(vi.getTimerCount()).toBe(0);
});

test('with tickMs it counts down in whole ticks to zero and stops', () => {
  const { connection, seen } = watch(1_000);
  connection.set({ status: 'connecting', phase: 'backoff', retryAtMs: 1_003_200 });
  vi.advanceTimersByTime(10_000);
  expect(seen).toEqual([3_200, 3_000, 2_000, 1_000, 0]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a try that begins ends the countdown, and an unwatched view leaves no timer', () => {
  const { connection, seen, stop } = watch(1_000);
  connection.set({ status: 'connecting', phase: 'backoff', retryAtMs: 1_009_000 });
  connection.set({ status: 'connecting', phase: 'socket' });
  expect(seen).toEqual([9_000, null]);
  expect(vi.getTimerCount()).toBe(0);
  connection.set({ status: 'connecting', phase: 'backoff', retryAtMs: 1_009_000 });
  stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(connection.listeners.size).toBe(0);
});
