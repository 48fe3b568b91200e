import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFakeConnection } from '../test-support/fake-connection.js';
import { createIndicator, type IndicatorOptions } from './indicator.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(start: Parameters<typeof createFakeConnection>[0], options: IndicatorOptions = {}) {
  const connection = createFakeConnection(start);
  const indicator = createIndicator(connection, options);
  const seen: string[] = [indicator.getSnapshot().status];
  const stop = indicator.subscribe(() => {
    const { status } = indicator.getSnapshot();
    if (status !== seen.at(-1)) seen.push(status);
  });
  return { connection, indicator, seen, stop };
}

test('a blip shorter than afterMs is never shown', () => {
  const { connection, seen } = watch({ status: 'connected' });
  for (let blip = 0; blip < 3; blip += 1) {
    connection.set({ status: 'connecting', phase: 'backoff' });
    vi.advanceTimersByTime(1_999);
    connection.set({ status: 'connected' });
  }
  vi.advanceTimersByTime(60_000);
  expect(seen).toEqual(['live']);
});

test('a longer loss is connecting after afterMs, offline after offlineAfterMs, and live at once when it is over', () => {
  const { connection, seen } = watch({ status: 'connected' });
  connection.set({ status: 'connecting', phase: 'backoff' });
  vi.advanceTimersByTime(2_000);
  expect(seen).toEqual(['live', 'connecting']);
  connection.set({ status: 'connecting', phase: 'socket', attempt: 2 });
  vi.advanceTimersByTime(8_000);
  expect(seen).toEqual(['live', 'connecting', 'offline']);
  connection.set({ status: 'connecting', phase: 'handshake', attempt: 3 });
  connection.set({ status: 'connected' });
  expect(seen).toEqual(['live', 'connecting', 'offline', 'live']);
});

test('a stopped client and an offline browser are offline as soon as the loss is shown', () => {
  for (const lost of [{ status: 'disconnected' }, { status: 'connecting', online: false }] as const) {
    const { connection, seen } = watch({ status: 'connected' });
    connection.set(lost);
    vi.advanceTimersByTime(2_000);
    expect(seen).toEqual(['live', 'offline']);
  }
});

test('once the loss is shown, a change of its kind is shown at once', () => {
  const { connection, seen } = watch({ status: 'connected' }, { afterMs: 100, offlineAfterMs: 60_000 });
  connection.set({ status: 'connecting' });
  vi.advanceTimersByTime(100);
  connection.set({ status: 'connecting', online: false });
  connection.set({ status: 'connecting' });
  expect(seen).toEqual(['live', 'connecting', 'offline', 'connecting']);
});

test('before the first connection it is connecting at once, never live and never offline in a flash', () => {
  const { connection, seen } = watch({ status: 'disconnected' });
  connection.set({ status: 'connecting' });
  connection.set({ status: 'connected' });
  expect(seen).toEqual(['connecting', 'live']);

  const idle = watch({ status: 'disconnected' });
  vi.advanceTimersByTime(2_000);
  expect(idle.seen).toEqual(['connecting', 'offline']);
});

test('beside the calm status stands the truth of the moment, in one object until something changes', () => {
  const { connection, indicator } = watch({ status: 'connected' });
  const before = indicator.getSnapshot();
  expect(before).toEqual({ status: 'live', isConnected: true, error: null });
  connection.set({ status: 'connected', rttMs: 5 });
  expect(indicator.getSnapshot()).toBe(before);
  const reason = { code: 'connection_failed', message: 'lost' };
  connection.set({ status: 'connecting', reason });
  expect(indicator.getSnapshot()).toEqual({ status: 'live', isConnected: false, error: reason });
});

test('an unwatched indicator leaves no listener and no timer', () => {
  const { connection, stop } = watch({ status: 'connecting' });
  expect(vi.getTimerCount()).toBe(2);
  stop();
  expect(connection.listeners.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
