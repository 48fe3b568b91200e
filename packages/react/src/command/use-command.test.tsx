import { act, renderHook } from '@testing-library/react';
import type { TickwireError } from '@tickwire/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { frame, restoreTime, setUp, stopTime } from '../test-support/rendering.js';

beforeEach(stopTime);
afterEach(restoreTime);

/** A hook on an open connection: commands are not queued unless they ask for it. */
async function connected() {
  const all = setUp();
  all.client.connect();
  await frame();
  return { ...all, ...renderHook(() => all.useCommand('placeOrder')) };
}

test('a call is pending, then a success with its output', async () => {
  const { server, result } = await connected();
  server.onRequest = (name, input) => ({ orderId: `${name}:${(input as { symbol: string }).symbol}` });
  expect(result.current).toMatchObject({ status: 'idle', data: undefined, error: null });
  let output: Promise<unknown> = Promise.resolve();
  act(() => {
    output = result.current.execute({ symbol: 'A' });
  });
  expect(result.current.status).toBe('pending');
  await frame();
  expect(result.current).toMatchObject({ status: 'success', data: { orderId: 'placeOrder:A' }, error: null });
  await expect(output).resolves.toEqual({ orderId: 'placeOrder:A' });
});

test('a declared error is told by its code and has its data', async () => {
  const { server, result } = await connected();
  server.onRequest = () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the wire form of an error is what the server says
    throw { c: 'app.insufficientFunds', m: 'poor', d: { needed: '10' }, x: 'no' };
  };
  let output: Promise<unknown> = Promise.resolve();
  act(() => {
    output = result.current.execute({ symbol: 'A' });
  });
  await frame();
  const { error, status, data } = result.current;
  expect({ status, data }).toEqual({ status: 'error', data: undefined });
  expect(error?.code === 'app.insufficientFunds' && error.data.needed).toBe('10');
  await expect(output).rejects.toBe(error);
});

test('without a connection it fails at once, and says that nothing was done', async () => {
  const { useCommand } = setUp({ connect: 'manual' });
  const { result } = renderHook(() => useCommand('placeOrder'));
  act(() => void result.current.execute({ symbol: 'A' }));
  await frame();
  expect(result.current.error).toMatchObject({ code: 'unavailable', executed: 'no' });
});

test('a rejection that nobody awaits is no unhandled rejection', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const { useCommand } = setUp({ connect: 'manual' });
  const { result } = renderHook(() => useCommand('placeOrder'));
  act(() => void result.current.execute({ symbol: 'A' }));
  await frame();
  vi.useRealTimers();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('of two calls the newer one is shown, whichever answer comes last; both promises settle', async () => {
  const { client, result } = await connected();
  const settle: ((value: { orderId: string }) => void)[] = [];
  vi.spyOn(client, 'command').mockImplementation(() => new Promise((resolve) => settle.push(resolve)));
  const outputs: Promise<unknown>[] = [];
  act(() => {
    outputs.push(result.current.execute({ symbol: 'A' }), result.current.execute({ symbol: 'B' }));
  });
  settle[1]?.({ orderId: 'B' });
  await frame();
  settle[0]?.({ orderId: 'A' });
  await frame();
  expect(result.current.data).toEqual({ orderId: 'B' });
  await expect(Promise.all(outputs)).resolves.toEqual([{ orderId: 'A' }, { orderId: 'B' }]);
});

test('reset shows idle again and forgets the call under way', async () => {
  const { server, result } = await connected();
  server.onRequest = () => ({ orderId: '1' });
  act(() => void result.current.execute({ symbol: 'A' }));
  act(() => result.current.reset());
  await frame();
  expect(result.current).toMatchObject({ status: 'idle', data: undefined });
});

test('options reach the client: a signal gives the call up, a key travels', async () => {
  const { server, result } = await connected();
  const abort = new AbortController();
  const before = server.received.length;
  let output: Promise<unknown> = Promise.resolve();
  act(() => {
    output = result.current.execute({ symbol: 'A' }, { key: 'k1', signal: abort.signal });
    abort.abort();
  });
  await frame();
  await expect(output).rejects.toMatchObject({ code: 'cancelled' });
  expect(result.current.error?.code).toBe('cancelled');
  act(() => void result.current.execute({ symbol: 'A' }, { key: 'k2' }));
  await frame();
  expect(server.received.slice(before)).toContainEqual(
    expect.objectContaining({ t: 'req', m: 'placeOrder', k: 'k2' }),
  );
});

test('execute and reset keep their identity, and unmounting gives up nothing', async () => {
  const { server, result, rerender, unmount } = await connected();
  server.onRequest = () => ({ orderId: '1' });
  const { execute, reset } = result.current;
  rerender();
  expect(result.current.execute).toBe(execute);
  expect(result.current.reset).toBe(reset);
  let output: Promise<unknown> = Promise.resolve();
  act(() => {
    output = execute({ symbol: 'A' });
  });
  unmount();
  await frame();
  await expect(output).resolves.toEqual({ orderId: '1' });
});

test('the error of a call is the error of the client', async () => {
  const { client, useCommand } = setUp({ connect: 'manual' });
  const { result } = renderHook(() => useCommand('cancelAll'));
  const refusal = await client.command('cancelAll', {}).catch((error: unknown) => error as TickwireError);
  act(() => void result.current.execute({}));
  await frame();
  expect(result.current.error?.message).toBe((refusal as TickwireError).message);
});

test('what is shown is of the command that is named', async () => {
  const { client, server, useCommand } = setUp();
  client.connect();
  await frame();
  server.onRequest = () => ({ orderId: 'o' });
  const { result, rerender } = renderHook(({ name }) => useCommand(name), {
    initialProps: { name: 'placeOrder' as 'placeOrder' | 'cancelAll' },
  });
  await act(async () => {
    await result.current.execute({ symbol: 'A' });
  });
  expect(result.current.status).toBe('success');
  rerender({ name: 'cancelAll' });
  expect(result.current).toMatchObject({ status: 'idle', data: undefined });
});
