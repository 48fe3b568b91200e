import type { Client } from '@tickwire/client';
import { describe, expectTypeOf, test } from 'vitest';
import { market } from '../test-support/market.js';
import { createTestServer } from './test-server.js';

const commands = { placeOrder: () => ({ id: '1', symbol: 'A', size: 1 }), ping: () => ({ pong: true }) };
const authorize = {
  'price/{symbol}': () => true,
  'orders/{owner}': () => true,
  'trades/{symbol}': () => true,
  alerts: () => true,
};

describe('a test server', () => {
  test('infers the principal for rules and handlers, as createServer does', () => {
    const server = createTestServer(market, {
      authenticate: ({ token }) => ({ principal: { id: token ?? 'nobody', isAdmin: false } }),
      authorize: {
        ...authorize,
        'orders/{owner}': ({ principal, params }) => {
          expectTypeOf(principal).toEqualTypeOf<{ id: string; isAdmin: boolean }>();
          return principal.isAdmin || principal.id === params.owner;
        },
      },
      commands,
      limits: { framesPerSecond: 10 },
    });
    expectTypeOf(server.connect({ token: 'alice' }).client).toEqualTypeOf<Client<typeof market>>();
    // @ts-expect-error TS2353 /'url' does not exist in type 'TestPeerSettings'/
    server.connect({ url: 'ws://elsewhere' });
  });

  test('wants every rule and every handler', () => {
    const { alerts, ...others } = authorize;
    // @ts-expect-error TS2741 /Property 'alerts' is missing in type/
    createTestServer(market, { authenticate: () => ({ principal: alerts }), authorize: others, commands });
    // @ts-expect-error TS2345 /Property 'commands' is missing in type/
    createTestServer(market, { authenticate: () => ({ principal: null }), authorize });
  });

  test('brings its own clock', () => {
    createTestServer(market, {
      authenticate: () => ({ principal: null }),
      authorize,
      commands,
      // @ts-expect-error TS2353 /'clock' does not exist in type/
      clock: null,
    });
  });
});
