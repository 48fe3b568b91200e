import type { Position } from '@tickwire/protocol';
import { setupServer } from 'msw/node';
import { expectTypeOf, test } from 'vitest';
import { createMswServer } from '../msw.js';
import { market } from '../test-support/market.js';

const mocked = createMswServer(market);

test('the handlers are what msw takes, and the verbs are typed by the contract', () => {
  setupServer(...mocked.handlers);
  expectTypeOf(mocked.push('alerts', { text: 'a' })).toEqualTypeOf<Promise<Position>>();
  mocked.answer('placeOrder', ({ size }) => ({ id: '1', symbol: 'A', size }));
  // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
  void mocked.push('alerts', { text: 1 });
  // @ts-expect-error TS2345 /'"alarms"' is not assignable to parameter of type/
  void mocked.push('alarms', { text: 'a' });
  // @ts-expect-error TS2345 /Type 'string' is not assignable to type 'number'/
  mocked.answer('placeOrder', () => ({ id: '1', symbol: 'A', size: '1' }));
});
