import type { ChannelSnapshot } from '@tickwire/client';
import { expect, test, vi } from 'vitest';
import { createSelection, type SelectionOptions, type Shown } from './selection.js';

interface Price {
  readonly bid: number;
  readonly ask: number;
}

const PENDING: ChannelSnapshot<Price> = {
  status: 'pending',
  data: undefined,
  position: null,
  error: null,
  updatedAtMs: null,
  feed: null,
};

function live(bid: number, offset = 1): ChannelSnapshot<Price> {
  return {
    ...PENDING,
    status: 'live',
    data: { bid, ask: bid + 1 },
    position: { epoch: 'e', offset },
    updatedAtMs: offset,
  };
}

/** A component as the selection sees it: renders make selections, commits fill the box. */
function component<S = Price>() {
  let snapshot = PENDING;
  const shown: Shown<Price, S> = {};
  return {
    push(next: ChannelSnapshot<Price>) {
      snapshot = next;
    },
    render(id: string | null, options: SelectionOptions<Price, S> = {}) {
      const selection = createSelection(id, () => snapshot, options, shown);
      return {
        ...selection,
        commit() {
          const result = selection.getResult();
          if (shown.initialData !== options.initialData) {
            shown.initialData = options.initialData;
            shown.initialId = id;
          }
          shown.id = id;
          shown.result = result;
          return result;
        },
      };
    },
  };
}

test('the same snapshot is the same result, and an inline selector runs once for a render and once for a change', () => {
  const { push, render } = component<number>();
  push(live(10));
  const select = vi.fn((price: Price) => Math.floor(price.bid));
  const first = render('price/A', { select });
  const result = first.commit();
  expect(first.getResult()).toBe(result);
  push(live(10.5, 2));
  expect(first.getResult()).toBe(result);
  expect(select).toHaveBeenCalledTimes(2);

  const again = render('price/A', { select: (price) => Math.floor(price.bid) });
  expect(again.getResult()).toBe(result);
});

test('a change of status alone does not run the selector and keeps the data the same object', () => {
  const { push, render } = component<{ bid: number }>();
  const select = vi.fn((price: Price) => ({ bid: price.bid }));
  const snapshot = live(10);
  push(snapshot);
  const selection = render('price/A', { select });
  const before = selection.commit();
  push({ ...snapshot, status: 'stale', reason: 'connecting' });
  const after = selection.getResult();
  expect(after).toMatchObject({ status: 'stale', reason: 'connecting' });
  expect(after.data).toBe(before.data);
  expect(select).toHaveBeenCalledTimes(1);
});

test('selected objects are compared one level deep unless isEqual says otherwise', () => {
  const { push, render } = component<{ bid: number }>();
  push(live(10));
  const selection = render('price/A', { select: ({ bid }) => ({ bid }) });
  const result = selection.commit();
  push(live(10, 2));
  expect(selection.getResult()).toBe(result);
  push(live(11, 3));
  expect(selection.getResult()).toMatchObject({ data: { bid: 11 }, position: { offset: 3 }, updatedAtMs: 3 });

  const coarse = component();
  coarse.push(live(10));
  const tenths = coarse.render('price/A', { isEqual: (a, b) => Math.trunc(a.bid) === Math.trunc(b.bid) });
  const shown = tenths.commit();
  coarse.push(live(10.9, 2));
  expect(tenths.getResult()).toBe(shown);
  coarse.push(live(11, 3));
  expect(tenths.getResult().data?.bid).toBe(11);
});

test('without a selector every new value is a new result', () => {
  const { push, render } = component();
  push(live(10));
  const selection = render('price/A');
  const result = selection.commit();
  push(live(10, 2));
  expect(selection.getResult()).not.toBe(result);
});

test('a handle that nobody holds yet is pending, a skipped channel is idle', () => {
  const { push, render } = component();
  push({ ...PENDING, status: 'idle' });
  expect(render('price/A').getResult().status).toBe('pending');
  expect(render(null).getResult()).toMatchObject({ status: 'idle', data: undefined });
});

test('old parameters: their data is never shown for new ones', () => {
  const { push, render } = component();
  push(live(10));
  render('price/A').commit();
  push(PENDING);
  expect(render('price/B').getResult()).toMatchObject({
    status: 'pending',
    data: undefined,
    isPrevious: false,
  });
});

test('keepPreviousData shows the data of the old parameters, marked, until the new ones have some', () => {
  const { push, render } = component();
  push(live(10));
  render('price/A', { keepPreviousData: true }).commit();
  push(PENDING);
  const switched = render('price/B', { keepPreviousData: true });
  expect(switched.commit()).toMatchObject({
    status: 'pending',
    data: { bid: 10 },
    isPrevious: true,
    updatedAtMs: null,
  });
  expect(render('price/B', { keepPreviousData: true }).commit()).toMatchObject({
    data: { bid: 10 },
    isPrevious: true,
  });
  expect(render('price/C', { keepPreviousData: true }).commit()).toMatchObject({
    data: { bid: 10 },
    isPrevious: true,
  });
  push(live(20));
  expect(render('price/C', { keepPreviousData: true }).commit()).toMatchObject({
    status: 'live',
    data: { bid: 20 },
    isPrevious: false,
  });
});

test('keepPreviousData keeps nothing over a skip or a refusal', () => {
  const { push, render } = component();
  push(live(10));
  render('price/A', { keepPreviousData: true }).commit();
  push({ ...PENDING, status: 'closed' });
  expect(render('price/B', { keepPreviousData: true }).getResult()).toMatchObject({
    status: 'closed',
    data: undefined,
  });
  push({ ...PENDING, status: 'idle' });
  render(null, { keepPreviousData: true }).commit();
  push(PENDING);
  expect(render('price/B', { keepPreviousData: true }).getResult().data).toBeUndefined();
});

test('initialData is stale until the first value, the same on a server, and goes through the selector', () => {
  const { push, render } = component<number>();
  const selection = render('price/A', { select: (price) => price.bid, initialData: { bid: 5, ask: 6 } });
  const onServer = selection.getServerResult();
  expect(onServer).toMatchObject({ status: 'stale', reason: 'connecting', data: 5 });
  expect(selection.getServerResult()).toBe(onServer);
  // Hydration ends in the browser's own snapshot: no second render if it says the same.
  push({ ...PENDING, status: 'idle' });
  expect(selection.getResult()).toBe(onServer);
  push(live(10));
  expect(selection.getResult()).toMatchObject({ status: 'live', data: 10 });
});

test('initialData belongs to the parameters it came with, and a refusal removes it', () => {
  const { push, render } = component();
  const initialData = { bid: 5, ask: 6 };
  render('price/A', { initialData }).commit();
  const other = render('price/B', { initialData });
  expect(other.getResult()).toMatchObject({ status: 'pending', data: undefined });
  other.commit();
  expect(render('price/B', { initialData }).getResult().data).toBeUndefined();
  expect(render('price/B', { initialData: { bid: 7, ask: 8 } }).getResult().data?.bid).toBe(7);
  push({ ...PENDING, status: 'closed' });
  expect(render('price/A', { initialData }).getResult()).toMatchObject({ status: 'closed', data: undefined });
});

test('on a server a channel is pending and its snapshot is not looked at', () => {
  const getSnapshot = vi.fn(() => live(1));
  expect(createSelection('price/A', getSnapshot, {}, {}).getServerResult()).toMatchObject({
    status: 'pending',
    data: undefined,
  });
  expect(getSnapshot).not.toHaveBeenCalled();
});

test('a cleared channel has no data, and the next value is selected again', () => {
  const { push, render } = component<number>();
  const selection = render('price/A', { select: (price) => price.bid });
  push(live(10));
  expect(selection.commit().data).toBe(10);
  push({ ...live(10, 2), data: undefined });
  expect(selection.commit()).toMatchObject({ status: 'live', data: undefined });
  push(live(12, 3));
  expect(selection.commit().data).toBe(12);
});
