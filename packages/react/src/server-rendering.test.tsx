import { act } from '@testing-library/react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { skipToken } from './index.js';
import { frame, pass, PAST_GRACE_MS, restoreTime, setUp, stopTime } from './test-support/rendering.js';

beforeEach(stopTime);
afterEach(restoreTime);

function app() {
  const all = setUp();
  const { useChannel, useConnection, FloatingConnectionStatus, ConnectionBadge, ConnectionStatus } = all;
  function Price({ initialData }: { readonly initialData?: { bid: number; ask: number } }) {
    const { data, status } = useChannel(
      'price/{symbol}',
      { symbol: 'A' },
      { initialData, select: (price) => price.bid },
    );
    const skipped = useChannel('alerts', skipToken);
    const { status: link, attempt } = useConnection();
    return (
      <p>
        {status} {data} {skipped.status} {link} {attempt}
      </p>
    );
  }
  function Page({ initialData }: { readonly initialData?: { bid: number; ask: number } }) {
    return (
      <main>
        <Price {...(initialData === undefined ? {} : { initialData })} />
        <ConnectionStatus />
        <ConnectionStatus>{({ label }) => <i>{label}</i>}</ConnectionStatus>
        <FloatingConnectionStatus />
        <ConnectionBadge />
      </main>
    );
  }
  return { ...all, Page };
}

function textOf(html: string): string {
  const element = document.createElement('div');
  element.innerHTML = html;
  return element.querySelector('p')?.textContent ?? '';
}

test('a server renders pending, or the initial data as stale, and opens nothing', async () => {
  const { server, client, Page } = app();
  expect(textOf(renderToString(<Page />))).toBe('pending  idle disconnected 0');
  expect(textOf(renderToString(<Page initialData={{ bid: 5, ask: 6 }} />))).toBe(
    'stale 5 idle disconnected 0',
  );
  await pass(PAST_GRACE_MS);
  expect(server.counts.opened).toBe(0);
  expect(client.stats().subscriptions).toEqual([]);
});

test('a server renders the same whatever its client knows', async () => {
  const { server, client, Page } = app();
  const before = renderToString(<Page />);
  server.set('price/A', { bid: 1, ask: 1 });
  const stop = client.channel('price/{symbol}', { symbol: 'A' }).retain();
  await frame();
  expect(client.connection.getSnapshot().status).toBe('connected');
  expect(renderToString(<Page />)).toBe(before);
  stop();
});

test('server-rendered HTML has no style attribute, so that a strict policy blocks nothing', () => {
  const { Page } = app();
  const html = renderToString(<Page />);
  expect(html).not.toMatch(/style=|<style/);
  expect(html).toContain('Connecting...');
});

test('hydration finds what the server rendered, even on an open connection, and then goes live', async () => {
  for (const initialData of [undefined, { bid: 5, ask: 6 }]) {
    const { server, client, Page } = app();
    const page = <Page {...(initialData === undefined ? {} : { initialData })} />;
    const container = document.createElement('div');
    container.innerHTML = renderToString(page);
    server.set('price/A', { bid: 7, ask: 8 });
    client.connect();
    await frame();
    const complaints = vi.spyOn(console, 'error');
    const recovered = vi.fn();
    const root = await act(async () => hydrateRoot(container, page, { onRecoverableError: recovered }));
    expect(recovered).not.toHaveBeenCalled();
    expect(complaints).not.toHaveBeenCalled();
    await frame();
    expect(container.querySelector('p')?.textContent).toBe('live 7 idle connected 0');
    expect(container.querySelector<HTMLElement>('[role=status]')?.style.display).toBe('inline-flex');
    expect(server.counts.opened).toBe(1);
    complaints.mockRestore();
    act(() => root.unmount());
  }
});
