import { expectTypeOf, test } from 'vitest';
import { market } from '../test-support/market.js';
import { createFakeData } from './fake-data.js';

const fake = createFakeData(market, { seed: 7 });

test('what is made has the types of the contract', () => {
  expectTypeOf(fake.item('price/{symbol}')).toEqualTypeOf<{ bid: number; ask: number; currency: string }>();
  expectTypeOf(fake.items('alerts', 3)).toEqualTypeOf<{ text: string }[]>();
  expectTypeOf(fake.params('price/{symbol}')).toEqualTypeOf<{ readonly symbol: string }>();
  expectTypeOf(fake.input('placeOrder')).toEqualTypeOf<{ symbol: string; size?: number | undefined }>();
  expectTypeOf(fake.errorData('placeOrder', 'tooLarge')).toEqualTypeOf<{ largest: number }>();
  // @ts-expect-error TS2345 /'"prices"' is not assignable to parameter of type '"price\/\{symbol\}" \|/
  fake.item('prices');
  // @ts-expect-error TS2353 /'ticker' does not exist in type/
  fake.item('price/{symbol}', { ticker: 'A' });
  // @ts-expect-error TS2345 /'"tooSmall"' is not assignable to parameter of type '"tooLarge"'/
  fake.errorData('placeOrder', 'tooSmall');
});
