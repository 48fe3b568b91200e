import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Trade } from '../../src/contract.js';
import { createLedger } from './ledger.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const trade = (product: string, id: number | string): Trade => ({
  product,
  id: String(id),
  price: '1',
  size: '1',
  side: 'buy',
  timeMs: 0,
});

function counts(ledger: ReturnType<typeof createLedger>) {
  vi.advanceTimersByTime(1_000);
  return ledger.get();
}

test('ids of one market: a skipped id is missing, a repeated one came twice', () => {
  const ledger = createLedger();
  ledger.setRule('market');
  ledger.add([trade('A', 5), trade('B', 6), trade('A', 9), trade('B', 9), trade('A', 9)]);
  expect(counts(ledger)).toEqual({ received: 5, missing: 2, twice: 1, gaps: 0 });
});

test('ids of each product: products do not count for each other', () => {
  const ledger = createLedger();
  ledger.setRule('product');
  ledger.add([trade('A', 5), trade('B', 100), trade('A', 6), trade('B', 102)]);
  expect(counts(ledger)).toEqual({ received: 4, missing: 1, twice: 0, gaps: 0 });
});

test('what an announced gap explains is not missing', () => {
  const ledger = createLedger();
  ledger.setRule('market');
  ledger.add([trade('A', 5)]);
  ledger.gap();
  ledger.add([trade('A', 500), trade('A', 501)]);
  expect(counts(ledger)).toEqual({ received: 3, missing: 0, twice: 0, gaps: 1 });
});

test('ids without an order are only compared with those seen', () => {
  const ledger = createLedger();
  ledger.add([trade('A', '2002.5-0'), trade('A', '99.1-0'), trade('A', '2002.5-0')]);
  expect(counts(ledger)).toEqual({ received: 3, missing: 0, twice: 1, gaps: 0 });
});
