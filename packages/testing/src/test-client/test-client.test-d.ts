import type { Client } from '@tickwire/client';
import { type Clock, type Position, TickwireError } from '@tickwire/protocol';
import { describe, expectTypeOf, test } from 'vitest';
import type { market } from '../test-support/market.js';
import type { TestClient } from './test-client.js';

declare const double: TestClient<typeof market>;
const BTC = { symbol: 'BTC-USD' };

describe('what a test may push', () => {
  test('parameters where the channel has some, and what the contract takes', () => {
    expectTypeOf(double.push('price/{symbol}', BTC, { bid: 1, ask: 2 })).toEqualTypeOf<Promise<Position>>();
    void double.push('alerts', { text: 'a' }, { text: 'b' });
    void double.push('orders/{owner}', { owner: 'me' }, { id: '1', symbol: 'A', size: 1 });
    // @ts-expect-error TS2345 /'"prices"' is not assignable to parameter of type '"price\/\{symbol\}" \|/
    void double.push('prices', { bid: 1, ask: 2 });
    // @ts-expect-error TS2554 /Expected 3 arguments, but got 2/
    void double.push('price/{symbol}', BTC);
    // @ts-expect-error TS2353 /'ticker' does not exist in type/
    void double.push('price/{symbol}', { ticker: 'A' }, { bid: 1, ask: 2 });
    // @ts-expect-error TS2345 /Property 'ask' is missing in type/
    void double.push('price/{symbol}', BTC, { bid: 1 });
    // @ts-expect-error TS2322 /'string' is not assignable to type 'number'/
    void double.push('price/{symbol}', BTC, { bid: '1', ask: 2 });
    // @ts-expect-error TS2554 /Expected 3 arguments, but got 4/
    void double.push('price/{symbol}', BTC, { bid: 1, ask: 2 }, { bid: 1, ask: 2 });
  });

  test('the publisher of a channel is of its kind', () => {
    void double.channel('orders/{owner}', { owner: 'me' }).patch('1', { size: 2 });
    // @ts-expect-error TS2339 /Property 'set' does not exist on type/
    void double.channel('alerts').set({ text: 'a' });
  });
});

describe('what commands answer', () => {
  test('an output or a handler of the contract', () => {
    double.answer('placeOrder', { id: '1', symbol: 'A', size: 1 });
    double.answer('placeOrder', (input, { principal, fail, signal }) => {
      expectTypeOf(input).toEqualTypeOf<{ symbol: string; size: number }>();
      expectTypeOf(principal.token).toEqualTypeOf<string | undefined>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      // @ts-expect-error TS2345 /'"tooSmall"' is not assignable to parameter of type '"tooLarge"'/
      throw fail('tooSmall', {});
    });
    // @ts-expect-error TS2345 /'"place"' is not assignable to parameter of type '"placeOrder" \| "ping"'/
    double.answer('place', {});
    // @ts-expect-error TS2353 /'ping' does not exist in type/
    double.answer('ping', { ping: true });
  });

  test('errors that the command declares, or of the protocol', () => {
    double.fail('placeOrder', 'tooLarge', { largest: 1 });
    double.fail('ping', new TickwireError('unavailable', 'busy'));
    // @ts-expect-error TS2345 /'"tooSmall"' is not assignable to parameter of type '"tooLarge"'/
    double.fail('placeOrder', 'tooSmall', { largest: 1 });
    // @ts-expect-error TS2322 /'string' is not assignable to type 'number'/
    double.fail('placeOrder', 'tooLarge', { largest: '1' });
  });

  test('calls are parsed inputs', () => {
    expectTypeOf(double.calls('placeOrder')).toEqualTypeOf<readonly { symbol: string; size: number }[]>();
  });
});

test('the client is one of the contract', () => {
  expectTypeOf(double.client).toEqualTypeOf<Client<typeof market>>();
  // @ts-expect-error TS2554 /Expected 1 arguments, but got 2/
  void double.refuse('alerts', BTC);
});

test('time is moved by the double, not by its clock', () => {
  void double.advance(1_000);
  expectTypeOf(double.clock).toExtend<Clock>();
  // @ts-expect-error TS2339 /Property 'advance' does not exist on type/
  void double.clock.advance(1_000);
  // @ts-expect-error TS2339 /Property 'settle' does not exist on type/
  void double.clock.settle();
});
