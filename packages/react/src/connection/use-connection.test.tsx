import { act, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFakeConnection } from '../test-support/fake-connection.js';
import { frame, pass, restoreTime, setUp, stopTime } from '../test-support/rendering.js';
import { createIndicator } from './indicator.js';

beforeEach(stopTime);
afterEach(restoreTime);

test('the connection is read through all its statuses, and reading it opens nothing', async () => {
  const { server, useConnection } = setUp();
  const { result } = renderHook(() => useConnection(), { wrapper: StrictMode });
  await frame();
  expect(result.current).toMatchObject({ status: 'disconnected', reason: null, retryInMs: null });
  expect(server.counts.opened).toBe(0);
  act(() => result.current.connect());
  expect(result.current.status).toBe('connecting');
  await frame();
  expect(result.current).toMatchObject({ status: 'connected', reason: null });
  server.isUp = false;
  act(() => server.drop());
  expect(result.current).toMatchObject({ status: 'connecting', phase: 'backoff' });
  expect(result.current.reason?.message).not.toBe('');
  act(() => result.current.disconnect());
  expect(result.current.status).toBe('disconnected');
});

test('retryInMs counts down where asked, and only there', async () => {
  const { server, useConnection } = setUp({ reconnect: { initialDelayMs: 4_500, jitter: 0 } });
  let rendersAtRest = 0;
  const ticking = renderHook(() => useConnection({ tickMs: 1_000 }));
  const resting = renderHook(() => {
    rendersAtRest += 1;
    return useConnection();
  });
  act(() => ticking.result.current.connect());
  await frame();
  server.isUp = false;
  act(() => server.drop());
  const planned = resting.result.current.retryInMs;
  expect(planned).toBe(4_500);
  expect(ticking.result.current.retryInMs).toBe(planned);
  const rendersBefore = rendersAtRest;
  await pass(1_500);
  expect(ticking.result.current.retryInMs).toBe(3_000);
  expect(resting.result.current.retryInMs).toBe(planned);
  expect(rendersAtRest).toBe(rendersBefore);
});

test.each([{ afterMs: 0, offlineAfterMs: Infinity }, { afterMs: 30 * 86_400_000 }])(
  'an indicator with the delays %j does not hurry',
  (delays) => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const connection = createFakeConnection({ status: 'connected' });
    const stop = createIndicator(connection, delays).subscribe(() => undefined);
    connection.set({ status: 'connecting' });
    // A browser and Node take a longer delay for none.
    for (const [, delayMs] of setTimer.mock.calls) expect(delayMs).toBeLessThan(2 ** 31);
    expect(setTimer).toHaveBeenCalled();
    stop();
    setTimer.mockRestore();
  },
);
