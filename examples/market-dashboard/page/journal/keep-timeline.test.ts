import type { RecoveredEvent } from '@tickwire/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepTimeline } from './keep-timeline.js';
import { createTimeline } from './timeline.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client that tells what the test says. */
function setUp() {
  const listeners = new Map<string, (event: unknown) => void>();
  const client = { on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener) };
  const timeline = createTimeline(Date.now);
  keepTimeline(client as never, timeline);
  const tell = (name: string, event: unknown = {}) => listeners.get(name)!(event);
  const recovered = (channel: string, mode: RecoveredEvent['mode']) =>
    tell('recovered', { channel, mode, from: null, to: { epoch: 'e', offset: 1 }, replayed: 0 });
  const moment = (kind: string) => {
    vi.advanceTimersByTime(1_000);
    return timeline.get().find((other) => other.kind === kind);
  };
  return { tell, recovered, moment };
}

test('a channel resumes once: what it catches up on after that is a hole that was healed', () => {
  const { tell, recovered, moment } = setUp();
  tell('connected');
  tell('disconnected', { reason: null, willRetry: true });
  tell('connected');
  recovered('trades', 'range');
  recovered('trades', 'range');
  recovered('feed', 'full');
  expect(moment('resumed')?.text).toBe(
    '1 channel went on from where this tab stood; 1 channel began again from what the server holds now.',
  );
  expect(moment('healed')?.chips?.find(({ label }) => label === 'range')?.value).toBe('1');
});

test('what is lost and tried is said without codes, and a connection that is given up says why', () => {
  const { tell, moment } = setUp();
  tell('connected');
  tell('disconnected', { reason: { code: 'unavailable', message: 'gone' }, willRetry: true });
  expect(moment('stale')?.text).not.toContain('unavailable');
  tell('status', { status: 'connecting', attempt: 1 });
  expect(moment('reconnecting')?.text).toBe('Trying to reach the server.');
  tell('status', { status: 'connecting', attempt: 11 });
  expect(moment('reconnecting')?.text).toMatch(/^11 tries so far/);
  tell('connected');
  tell('disconnected', { reason: { code: 'forbidden', message: 'Not you.' }, willRetry: false });
  expect(moment('stale')?.text).toBe('It will not try again by itself. The server’s reason: Not you.');
});
