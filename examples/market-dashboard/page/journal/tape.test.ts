import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Trade } from '../../src/contract.js';
import { createTape, type TapeEntry } from './tape.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const trade = (product: string, id: number): Trade => ({
  product,
  id: String(id),
  price: '1',
  size: '1',
  side: 'buy',
  timeMs: 0,
});
const short = (entry: TapeEntry): string => (entry.kind === 'gap' ? entry.why : entry.trade.id);

test('lines are newest first, by product or all, and a gap stands where it was in both', () => {
  const tape = createTape();
  tape.push([trade('A', 1), trade('B', 2)]);
  tape.gap('epoch', 2, 7);
  tape.push([trade('A', 8)]);
  expect(tape.lines(null).map(short)).toEqual(['8', 'epoch', '2', '1']);
  expect(tape.lines('A').map(short)).toEqual(['8', 'epoch', '1']);
  expect(tape.lines('B').map(short)).toEqual(['epoch', '2']);
});

test('shows the last lines only, and remembers every trade', () => {
  const tape = createTape();
  for (let id = 0; id < 1_000; id++) tape.push([trade('A', id)]);
  expect(tape.lines('A').map(short)).toEqual(Array.from({ length: 60 }, (_, index) => String(999 - index)));
  expect(tape.received()).toHaveLength(1_000);
  expect(tape.received()[0]).toEqual({ product: 'A', id: '0' });
});

test('a burst is one notification', () => {
  const tape = createTape();
  const listener = vi.fn();
  tape.subscribe(listener);
  for (let id = 0; id < 50; id++) tape.push([trade('A', id)]);
  vi.advanceTimersByTime(1_000);
  expect(listener).toHaveBeenCalledTimes(1);
  expect(tape.version()).toBe(50);
});
