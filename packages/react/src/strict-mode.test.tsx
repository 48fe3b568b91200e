import { act } from '@testing-library/react';
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import { createTestClient } from '@tickwire/testing';
import { StrictMode, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createTickwireHooks } from './index.js';

const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(z.object({ bid: z.number(), ask: z.number() })),
    'positions/{userId}': collection(z.object({ id: z.string() }), { key: 'id' }),
    alerts: stream(z.object({ text: z.string() }), { history: { size: 10, ttlMs: 60_000 } }),
  },
  commands: { cancelAll: command({ input: z.object({}), output: z.object({ count: z.number() }) }) },
});

const ROUNDS = 500;
const DASHBOARDS = 20;
/** Longer than the client's release grace. */
const PAST_GRACE_MS = 2_000;

/** Members that take a listener, or hold something, and return what ends it. */
const BEGINNINGS: ReadonlySet<unknown> = new Set(['subscribe', 'retain', 'on', 'onEvent', 'onChange']);

/** The same object, with every beginning and end of a listener counted, also in what its methods return. */
function counted<T extends object>(target: T, count: (by: 1 | -1) => void): T {
  return new Proxy(target, {
    get(of, name) {
      const member = Reflect.get(of, name) as unknown;
      if (typeof member !== 'function') {
        return typeof member === 'object' && member !== null ? counted(member, count) : member;
      }
      return (...args: unknown[]) => {
        const result = Reflect.apply(member, of, args) as unknown;
        if (BEGINNINGS.has(name)) {
          count(1);
          let isOver = false;
          return () => {
            if (!isOver) count(-1);
            isOver = true;
            (result as () => void)();
          };
        }
        return ['channel', 'view', 'with'].includes(String(name)) ? counted(result as object, count) : result;
      };
    },
  });
}

/** How many listeners the page has more than at the start. */
function countPageListeners(): () => number {
  let more = 0;
  for (const target of [window, document]) {
    const { addEventListener, removeEventListener } = target;
    vi.spyOn(target, 'addEventListener').mockImplementation(
      (...args: Parameters<typeof addEventListener>) => {
        more++;
        addEventListener.apply(target, args);
      },
    );
    vi.spyOn(target, 'removeEventListener').mockImplementation(
      (...args: Parameters<typeof removeEventListener>) => {
        more--;
        removeEventListener.apply(target, args);
      },
    );
  }
  return () => more;
}

function setUp() {
  let listeners = 0;
  let most = 0;
  const double = createTestClient(market, { act });
  const client = counted(double.client, (by) => {
    listeners += by;
    most = Math.max(most, listeners);
  });
  const { useChannel, useChannelEvent, useCommand, useConnection, ConnectionStatus } = createTickwireHooks(
    market,
    { client },
  );

  function Dashboard({ symbol }: { readonly symbol: string }): ReactElement {
    const price = useChannel('price/{symbol}', { symbol });
    const spread = useChannel('price/{symbol}', { symbol }, { select: ({ bid, ask }) => ask - bid });
    const slow = useChannel('positions/{userId}', { userId: 'u' }, { maxUpdatesPerSecond: 5 });
    useChannelEvent('alerts', () => undefined);
    const { execute } = useCommand('cancelAll');
    const { status } = useConnection();
    return (
      <button type="button" onClick={() => void execute({})}>
        {status} {price.data?.bid} {spread.data} {slow.data?.size}
      </button>
    );
  }

  return { double, Dashboard, ConnectionStatus, listeners: () => listeners, most: () => most };
}

describe('under StrictMode', () => {
  let container: HTMLElement;
  beforeEach(() => {
    container = document.body.appendChild(document.createElement('div'));
  });
  afterEach(() => {
    container.remove();
    vi.restoreAllMocks();
  });

  test(`dashboards that are mounted and unmounted ${ROUNDS * DASHBOARDS} times leave nothing behind`, async () => {
    const pageListeners = countPageListeners();
    const { double, Dashboard, ConnectionStatus, listeners, most } = setUp();
    const root = createRoot(container);
    const show = (child: ReactElement | null): void =>
      act(() => root.render(<StrictMode>{child}</StrictMode>));

    // Once, so that everything that is made once is there.
    show(<Dashboard symbol="A" />);
    await double.push('price/{symbol}', { symbol: 'A' }, { bid: 1, ask: 3 });
    expect(container.textContent).toContain('connected 1 2');
    show(null);
    await double.advance(PAST_GRACE_MS);
    const base = {
      holdings: double.holdings(),
      page: pageListeners(),
      elements: container.childElementCount,
    };
    expect(double.client.stats().subscriptions).toEqual([]);

    for (let round = 0; round < ROUNDS; round++) {
      const symbols = Array.from({ length: DASHBOARDS }, (_, at) => `${at % 3}.${round % 2}`);
      show(
        <>
          {symbols.map((symbol, at) => (
            <Dashboard key={at} symbol={symbol} />
          ))}
          <ConnectionStatus />
        </>,
      );
      show(null);
      // Now and then time passes: within the grace, beyond it, and not at all.
      if (round % 10 === 0) await double.advance(round % 50 === 0 ? PAST_GRACE_MS : 300);
    }
    await double.advance(PAST_GRACE_MS);

    expect(most()).toBeGreaterThan(DASHBOARDS * 4);
    expect(listeners()).toBe(0);
    expect(double.client.stats()).toMatchObject({
      connected: true,
      reconnects: 0,
      subscriptions: [],
      pendingUpdates: 0,
      queueSize: 0,
      cacheSize: 0,
    });
    expect({
      holdings: double.holdings(),
      page: pageListeners(),
      elements: container.childElementCount,
    }).toEqual(base);

    act(() => root.unmount());
    await double.close();
    expect(double.holdings()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
    expect(double.clock.nextInMs).toBe(null);
  });

  test('one mount is one subscription, and the connection outlives it', async () => {
    const { double, Dashboard } = setUp();
    const root = createRoot(container);
    act(() => root.render(<StrictMode>{<Dashboard symbol="A" />}</StrictMode>));
    await double.settle();
    expect([...double.client.stats().subscriptions].sort()).toEqual(['alerts', 'positions/u', 'price/A']);
    expect(double.holdings().sockets).toBe(1);
    act(() => root.unmount());
    await double.advance(PAST_GRACE_MS);
    expect(double.client.stats()).toMatchObject({ subscriptions: [], connected: true });
    await double.close();
  });
});
