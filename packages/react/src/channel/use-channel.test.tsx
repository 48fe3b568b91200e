import { act, render, renderHook } from '@testing-library/react';
import { StrictMode, useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTickwireHooks, skipToken } from '../index.js';
import type { market } from '../test-support/market.js';
import { frame, pass, PAST_GRACE_MS, restoreTime, setUp, stopTime } from '../test-support/rendering.js';

beforeEach(stopTime);
afterEach(restoreTime);

test('a channel is pending, then live with its value, and follows it', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 2 });
  const { result } = renderHook(() => useChannel('price/{symbol}', { symbol: 'A' }));
  expect(result.current).toMatchObject({ status: 'pending', data: undefined });
  await frame();
  expect(result.current).toMatchObject({ status: 'live', data: { bid: 1, ask: 2 }, position: { offset: 1 } });
  server.set('price/A', { bid: 3, ask: 4 });
  await frame();
  expect(result.current.data).toEqual({ bid: 3, ask: 4 });
});

test('collections are maps and streams are arrays, with and without parameters', async () => {
  const { server, useChannel } = setUp();
  server.upsert('positions/u', { a: { id: 'a', quantity: 1 } });
  const { result } = renderHook(() => ({
    positions: useChannel('positions/{userId}', { userId: 'u' }),
    alerts: useChannel('alerts'),
    isOpen: useChannel('status', { select: (status) => status.isOpen }),
  }));
  await frame();
  server.append('alerts', { text: 'x', level: 'info' });
  server.set('status', { isOpen: true });
  await frame();
  expect([...(result.current.positions.data ?? [])]).toEqual([['a', { id: 'a', quantity: 1 }]]);
  expect(result.current.alerts.data).toEqual([{ text: 'x', level: 'info' }]);
  expect(result.current.isOpen.data).toBe(true);
});

test('5,000 updates behind a rounding selector render twice: pending and live', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 100, ask: 101 });
  let renders = 0;
  const { result } = renderHook(() => {
    renders += 1;
    return useChannel('price/{symbol}', { symbol: 'A' }, { select: (price) => Math.floor(price.bid) });
  });
  await frame();
  expect(renders).toBe(2);
  for (let update = 0; update < 5_000; update += 1) {
    server.set('price/A', { bid: 100 + (update % 100) / 101, ask: 101 });
    if (update % 100 === 0) await frame();
  }
  await frame();
  expect(renders).toBe(2);
  server.set('price/A', { bid: 101, ask: 102 });
  await frame();
  expect(renders).toBe(3);
  expect(result.current.data).toBe(101);
});

test('without a selector updates of one frame render once, with an inline object selector only what differs', async () => {
  const { server, useChannel } = setUp({ scheduler: 'frame' });
  server.set('price/A', { bid: 0, ask: 0 });
  let whole = 0;
  let part = 0;
  renderHook(() => {
    whole += 1;
    return useChannel('price/{symbol}', { symbol: 'A' });
  });
  renderHook(() => {
    part += 1;
    return useChannel('price/{symbol}', { symbol: 'A' }, { select: ({ bid }) => ({ bid }) });
  });
  await frame();
  [whole, part] = [0, 0];
  for (let update = 1; update <= 5_000; update += 1) server.set('price/A', { bid: 0, ask: update });
  await frame();
  expect({ whole, part }).toEqual({ whole: 1, part: 0 });
});

test('maxUpdatesPerSecond holds the snapshot back, not only the render', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 0, ask: 0 });
  const { result, rerender } = renderHook(() =>
    useChannel('price/{symbol}', { symbol: 'A' }, { maxUpdatesPerSecond: 2 }),
  );
  await pass(600);
  server.set('price/A', { bid: 1, ask: 1 });
  await frame();
  expect(result.current.data?.bid).toBe(1);
  server.set('price/A', { bid: 2, ask: 2 });
  await frame();
  rerender();
  expect(result.current.data?.bid).toBe(1);
  await pass(500);
  expect(result.current.data?.bid).toBe(2);
});

test('inline parameters, selectors and options subscribe once', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 2 });
  const { rerender } = renderHook(() =>
    useChannel(
      'price/{symbol}',
      { symbol: 'A' },
      { select: (price) => ({ ...price }), isEqual: (a, b) => a.bid === b.bid },
    ),
  );
  await frame();
  for (let times = 0; times < 10; times += 1) rerender();
  await pass(PAST_GRACE_MS);
  expect(server.received.filter((sent) => sent.t === 'sub')).toHaveLength(1);
  expect(server.received.some((sent) => sent.t === 'unsub')).toBe(false);
});

test('new parameters show nothing of the old ones and give them up after the grace', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  server.set('price/B', { bid: 2, ask: 2 });
  const seen: unknown[] = [];
  const { rerender } = renderHook(
    ({ symbol }) => {
      const { data, status } = useChannel('price/{symbol}', { symbol }, { select: (price) => price.bid });
      seen.push([symbol, status, data]);
    },
    { initialProps: { symbol: 'A' } },
  );
  await frame();
  rerender({ symbol: 'B' });
  await frame();
  expect(seen).toEqual([
    ['A', 'pending', undefined],
    ['A', 'live', 1],
    ['B', 'pending', undefined],
    ['B', 'live', 2],
  ]);
  expect([...server.subscribed]).toEqual(['price/A', 'price/B']);
  await pass(PAST_GRACE_MS);
  expect([...server.subscribed]).toEqual(['price/B']);
});

test('keepPreviousData bridges the change of parameters and says so', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  server.set('price/B', { bid: 2, ask: 2 });
  const seen: unknown[] = [];
  const { rerender } = renderHook(
    ({ symbol }) => {
      const { data, isPrevious } = useChannel('price/{symbol}', { symbol }, { keepPreviousData: true });
      seen.push([data?.bid, isPrevious]);
    },
    { initialProps: { symbol: 'A' } },
  );
  await frame();
  rerender({ symbol: 'B' });
  await frame();
  expect(seen).toEqual([
    [undefined, false],
    [1, false],
    [1, true],
    [2, false],
  ]);
});

test('skipToken subscribes nothing, opens nothing, and can come and go', async () => {
  const { server, client, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  const { result, rerender } = renderHook(
    ({ symbol }: { symbol?: string }) => ({
      price: useChannel('price/{symbol}', symbol === undefined ? skipToken : { symbol }),
      alerts: useChannel('alerts', skipToken),
    }),
    { initialProps: {} },
  );
  await frame();
  expect(result.current.price).toMatchObject({ status: 'idle', data: undefined });
  expect(result.current.alerts.status).toBe('idle');
  expect(server.counts.opened).toBe(0);
  rerender({ symbol: 'A' });
  await frame();
  expect(result.current.price).toMatchObject({ status: 'live', data: { bid: 1 } });
  rerender({});
  await pass(PAST_GRACE_MS);
  expect(result.current.price).toMatchObject({ status: 'idle', data: undefined });
  expect(client.stats().subscriptions).toEqual([]);
});

test('every status is reached: idle, pending, live, stale for each reason, closed', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  const seen: string[] = [];
  const { rerender } = renderHook(
    ({ isOn }) => {
      const { status, reason, data } = useChannel('price/{symbol}', isOn ? { symbol: 'A' } : skipToken);
      seen.push([status, reason, data && 'data'].filter(Boolean).join(' '));
    },
    { initialProps: { isOn: false } },
  );
  rerender({ isOn: true });
  await frame();
  server.feed('price/A', 'stale');
  await frame();
  server.feed('price/A', 'live');
  await frame();
  server.drop();
  await frame();
  await pass(1_000);
  server.refuse('price/A', { c: 'forbidden', m: 'not yours' });
  await frame();
  const distinct = [...new Set(seen)];
  expect(distinct).toEqual(
    expect.arrayContaining(['idle', 'live data', 'stale feed data', 'stale connecting data', 'closed error']),
  );
  expect(distinct.some((text) => text.startsWith('pending'))).toBe(true);
});

test('a refusal is an error with its code, and no data stays', async () => {
  const { server, useChannel } = setUp();
  server.refuse('price/A', { c: 'forbidden', m: 'not yours' });
  const { result } = renderHook(() => useChannel('price/{symbol}', { symbol: 'A' }));
  await frame();
  expect(result.current).toMatchObject({ status: 'closed', reason: 'error', data: undefined });
  expect(result.current.error?.code).toBe('forbidden');
});

test('StrictMode and fifty mounts open one connection, close none early, and leave nothing', async () => {
  const { server, client, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  function Price() {
    return <>{useChannel('price/{symbol}', { symbol: 'A' }).data?.bid}</>;
  }
  const tree = (
    <StrictMode>
      <Price />
      <Price />
    </StrictMode>
  );
  for (let times = 0; times < 50; times += 1) {
    const { unmount } = render(tree);
    await pass(times % 2);
    unmount();
  }
  const last = render(tree);
  await frame();
  expect(last.container.textContent).toBe('11');
  expect(client.stats().subscriptions).toEqual(['price/A']);
  expect(server.received.filter((sent) => sent.t === 'sub')).toHaveLength(1);
  last.unmount();
  await pass(PAST_GRACE_MS);
  expect(client.stats().subscriptions).toEqual([]);
  expect(server.subscribed.size).toBe(0);
  expect(server.counts).toEqual({ opened: 1, closedByClient: 0 });
});

test('a hot reload, with new hooks over the same client, neither connects nor subscribes again', async () => {
  const { server, client, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  function Before() {
    return <>{useChannel('price/{symbol}', { symbol: 'A' }).status}</>;
  }
  const reloaded = createTickwireHooks<typeof market>({ client });
  function After() {
    return <>{reloaded.useChannel('price/{symbol}', { symbol: 'A' }).status}</>;
  }
  const { container, rerender } = render(<Before />);
  await frame();
  rerender(<After />);
  await pass(PAST_GRACE_MS);
  expect(container.textContent).toBe('live');
  expect(server.received.map((sent) => sent.t)).toEqual(['hello', 'sub']);
  expect(server.counts).toEqual({ opened: 1, closedByClient: 0 });
});

test('components that read the same channel share one subscription, whoever leaves first', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  const first = renderHook(() => useChannel('price/{symbol}', { symbol: 'A' }));
  const second = renderHook(() =>
    useChannel('price/{symbol}', { symbol: 'A' }, { select: (price) => price.ask }),
  );
  await frame();
  first.unmount();
  await pass(PAST_GRACE_MS);
  server.set('price/A', { bid: 1, ask: 7 });
  await frame();
  expect(second.result.current).toMatchObject({ status: 'live', data: 7 });
  expect(server.received.filter((sent) => sent.t === 'sub')).toHaveLength(1);
});

test('a selector that sees props of its component is never a render behind', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 10, ask: 11 });
  const { result, rerender } = renderHook(
    ({ factor }) => useChannel('price/{symbol}', { symbol: 'A' }, { select: (price) => price.bid * factor }),
    { initialProps: { factor: 1 } },
  );
  await frame();
  rerender({ factor: 3 });
  expect(result.current.data).toBe(30);
});

test('data outlives a lost connection, marked stale, and is live again', async () => {
  const { server, useChannel } = setUp();
  server.set('price/A', { bid: 1, ask: 1 });
  const { result } = renderHook(() => useChannel('price/{symbol}', { symbol: 'A' }));
  await frame();
  server.drop();
  await frame();
  expect(result.current).toMatchObject({ status: 'stale', reason: 'connecting', data: { bid: 1 } });
  server.set('price/A', { bid: 2, ask: 2 });
  await pass(2_000);
  expect(result.current).toMatchObject({ status: 'live', data: { bid: 2 } });
});

test('a wrong parameter throws bad_params while rendering', () => {
  const { useChannel } = setUp();
  const silent = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => renderHook(() => useChannel('price/{symbol}', { symbol: '' }))).toThrow(
    expect.objectContaining({ code: 'bad_params' }),
  );
  silent.mockRestore();
});

test('a missing client is named with both remedies', () => {
  const { useChannel } = createTickwireHooks<typeof market>();
  const silent = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => renderHook(() => useChannel('alerts'))).toThrow(
    /createTickwireHooks\(\{ client \}\).*<TickwireProvider client=\{client\}>/,
  );
  silent.mockRestore();
});

test('a provider gives a subtree its client, and another client takes over', async () => {
  const one = setUp();
  const two = setUp();
  one.server.set('status', { isOpen: true });
  two.server.set('status', { isOpen: false });
  const { TickwireProvider, useChannel, useClient } = one;
  let change: (client: typeof one.client) => void = () => undefined;
  function Status() {
    const isKnown = [one.client, two.client].includes(useClient());
    const { data } = useChannel('status');
    return <>{data === undefined ? 'none' : isKnown && (data.isOpen ? 'open' : 'closed')}</>;
  }
  function Tree() {
    const [client, setClient] = useState(two.client);
    change = setClient;
    return (
      <TickwireProvider client={client}>
        <Status />
      </TickwireProvider>
    );
  }
  const { container } = render(<Tree />);
  expect(container.textContent).toBe('none');
  await frame();
  expect(container.textContent).toBe('closed');
  act(() => change(one.client));
  await frame();
  expect(container.textContent).toBe('open');
});
