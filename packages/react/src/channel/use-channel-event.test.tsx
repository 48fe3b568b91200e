import { act, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { skipToken } from '../index.js';
import { frame, pass, PAST_GRACE_MS, restoreTime, setUp, stopTime } from '../test-support/rendering.js';

beforeEach(stopTime);
afterEach(restoreTime);

test('every event of a stream is heard once, in order, and nothing renders', async () => {
  const { server, useChannelEvent } = setUp();
  const heard: unknown[] = [];
  let renders = 0;
  renderHook(
    () => {
      renders += 1;
      useChannelEvent('trades/{venue}/{symbol}', { venue: 'X', symbol: 'A' }, (trade, { offset }) => {
        heard.push([trade.price, offset]);
      });
    },
    { wrapper: StrictMode },
  );
  await frame();
  const rendersBefore = renders;
  for (let price = 1; price <= 500; price += 1) server.append('trades/X/A', { price });
  await frame();
  expect(heard).toEqual(Array.from({ length: 500 }, (_, index) => [index + 1, index + 1]));
  expect(renders).toBe(rendersBefore);
});

test('a collection tells what changed, a state each new value until it is gone', async () => {
  const { server, useChannelEvent } = setUp();
  const changes: unknown[] = [];
  const values: unknown[] = [];
  renderHook(() => {
    useChannelEvent('positions/{userId}', { userId: 'u' }, ({ upserted, whole }) =>
      changes.push([[...upserted.keys()], whole]),
    );
    useChannelEvent('price/{symbol}', { symbol: 'A' }, (price, snapshot) =>
      values.push([price?.bid, snapshot.status]),
    );
  });
  await frame();
  changes.length = values.length = 0;
  server.upsert('positions/u', { a: { id: 'a', quantity: 1 } });
  server.upsert('positions/u', { b: { id: 'b', quantity: 2 } });
  server.set('price/A', { bid: 1, ask: 1 });
  server.set('price/A', { bid: 2, ask: 2 });
  server.set('price/A', undefined);
  expect(changes).toEqual([
    [['a'], false],
    [['b'], false],
  ]);
  expect(values).toEqual([
    [1, 'live'],
    [2, 'live'],
    [undefined, 'live'],
  ]);
});

test('a state whose value is an array, or stays as it is over a reconnect, is told as a value and once', async () => {
  const { server, useChannelEvent } = setUp();
  const values: unknown[] = [];
  renderHook(() => useChannelEvent('status', (value) => values.push(value)));
  await frame();
  server.set('status', [1]);
  server.feed('status', 'stale');
  await frame();
  expect(values).toEqual([[1]]);
});

test('what another component already shows is not told again', async () => {
  const { server, useChannel, useChannelEvent } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  renderHook(() => useChannel('price/{symbol}', { symbol: 'A' }));
  await frame();
  const listener = vi.fn();
  renderHook(() => useChannelEvent('price/{symbol}', { symbol: 'A' }, listener));
  await frame();
  expect(listener).not.toHaveBeenCalled();
  server.set('price/A', { bid: 2, ask: 2 });
  expect(listener).toHaveBeenCalledTimes(1);
});

test('the listener of the last commit is called, and an inline one does not subscribe again', async () => {
  const { server, useChannelEvent } = setUp();
  const heard: string[] = [];
  const { rerender } = renderHook(
    ({ name }) => useChannelEvent('alerts', (alert) => heard.push(`${name}:${alert.text}`)),
    { initialProps: { name: 'first' } },
  );
  await frame();
  server.append('alerts', { text: 'a', level: 'info' });
  rerender({ name: 'second' });
  server.append('alerts', { text: 'b', level: 'info' });
  expect(heard).toEqual(['first:a', 'second:b']);
  expect(server.received.filter((sent) => sent.t === 'sub')).toHaveLength(1);
});

test('unmounting inside a listener ends it there, and others go on', async () => {
  const { server, client, useChannelEvent } = setUp();
  const heard: string[] = [];
  const first = renderHook(() =>
    useChannelEvent('alerts', (alert) => {
      heard.push(`first:${alert.text}`);
      act(() => first.unmount());
    }),
  );
  const second = renderHook(() => useChannelEvent('alerts', (alert) => heard.push(`second:${alert.text}`)));
  await frame();
  server.append('alerts', { text: 'a', level: 'info' }, { text: 'b', level: 'info' });
  expect(heard).toEqual(['first:a', 'second:a', 'second:b']);
  second.unmount();
  await pass(PAST_GRACE_MS);
  expect(client.stats().subscriptions).toEqual([]);
  expect(client.stats().errors).toBe(0);
});

test('a listener that throws is reported and stops nobody', async () => {
  const { server, client, useChannelEvent } = setUp();
  const errors = vi.fn();
  client.on('error', errors);
  const heard = vi.fn();
  renderHook(() => {
    useChannelEvent('alerts', () => {
      throw new Error('mine');
    });
    useChannelEvent('alerts', heard);
  });
  await frame();
  server.append('alerts', { text: 'a', level: 'info' });
  expect(heard).toHaveBeenCalledTimes(1);
  expect(errors).toHaveBeenCalledTimes(1);
});

test('skipToken hears nothing and subscribes nothing', async () => {
  const { server, useChannelEvent } = setUp();
  const listener = vi.fn();
  const { rerender } = renderHook(
    ({ isOn }) => {
      useChannelEvent('alerts', isOn ? listener : skipToken);
      useChannelEvent('price/{symbol}', isOn ? { symbol: 'A' } : skipToken, listener);
    },
    { initialProps: { isOn: false } },
  );
  await frame();
  expect(server.counts.opened).toBe(0);
  rerender({ isOn: true });
  await frame();
  server.append('alerts', { text: 'a', level: 'info' });
  expect(listener).toHaveBeenCalledTimes(1);
  rerender({ isOn: false });
  server.append('alerts', { text: 'b', level: 'info' });
  expect(listener).toHaveBeenCalledTimes(1);
});

test('a rate bounds how fast events are handled and announces what it drops', async () => {
  const { server, useChannelEvent } = setUp();
  const heard: string[] = [];
  const dropped: number[] = [];
  renderHook(() =>
    useChannelEvent('alerts', (alert) => heard.push(alert.text), {
      maxPerSecond: 10,
      maxQueueSize: 3,
      onOverflow: (count) => dropped.push(count),
    }),
  );
  await frame();
  for (let number = 0; number < 10; number += 1)
    server.append('alerts', { text: String(number), level: 'info' });
  await pass(1_000);
  expect(heard.length + dropped.reduce((sum, count) => sum + count, 0)).toBe(10);
  expect(heard.at(-1)).toBe('9');
  expect(dropped.length).toBeGreaterThan(0);
});

test('every change of a state is heard, whatever the pace of renders', async () => {
  const { server, useChannelEvent } = setUp({ maxUpdatesPerSecond: 4 });
  const bids: unknown[] = [];
  renderHook(() => useChannelEvent('price/{symbol}', { symbol: 'A' }, (price) => bids.push(price?.bid)));
  await frame();
  for (let bid = 1; bid <= 5; bid++) server.set('price/A', { bid, ask: 1 });
  await pass(2_000);
  expect(bids).toEqual([1, 2, 3, 4, 5]);
});

test('a state that may not be read any more is told as gone', async () => {
  const { server, useChannelEvent } = setUp();
  const bids: unknown[] = [];
  renderHook(() => useChannelEvent('price/{symbol}', { symbol: 'A' }, (price) => bids.push(price?.bid)));
  await frame();
  server.set('price/A', { bid: 1, ask: 1 });
  await frame();
  server.refuse('price/A', { c: 'forbidden' });
  await frame();
  expect(bids).toEqual([1, undefined]);
});
