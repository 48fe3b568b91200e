import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { type AnyContract, defineContract } from './contract.js';
import { command, state } from './definition.js';
import type { Authentication, PrincipalNotKnownYet, ServerRules } from './server-options.js';

const Price = z.object({ bid: z.number() });
const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: { 'price/{symbol}': state(Price), 'positions/{userId}': state(Price), alerts: state(Price) },
  commands: {
    place: command({ input: z.object({ size: z.number() }), output: z.object({ id: z.string() }) }),
  },
});
const readOnly = defineContract({ name: 'read', version: '1.0.0', channels: market.channels });

interface User {
  readonly id: string;
}
declare function verify(token: string | undefined): Promise<User>;
declare function createServer<C extends AnyContract, Auth extends Authentication = PrincipalNotKnownYet>(
  contract: C,
  options: ServerRules<C, Auth> & { readonly maxConnections?: number },
): Auth['principal'];

describe('right uses', () => {
  test('authenticate first: everything is inferred', () => {
    const principal = createServer(market, {
      authenticate: async ({ token }) => ({ principal: await verify(token), expiresAtMs: 5 }),
      authorize: {
        'price/{symbol}': () => true,
        'positions/{userId}': ({ principal, params }) => principal.id === params.userId,
        alerts: async () => true,
      },
      commands: {
        place: async ({ size }, { principal, signal }) => ({ id: `${principal.id}${size}${signal.aborted}` }),
      },
      maxConnections: 5,
    });
    expectTypeOf(principal).toEqualTypeOf<User>();
  });

  test('rules that look at nothing do not hide the principal from handlers', () => {
    createServer(market, {
      authenticate: ({ token }) => ({ principal: { tab: token ?? '' } }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
      commands: {
        place: ({ size }, { principal }) => {
          expectTypeOf(principal).toEqualTypeOf<{ tab: string }>();
          return { id: `${principal.tab}${size}` };
        },
      },
    });
  });

  test('a contract without commands needs none', () => {
    const principal = createServer(readOnly, {
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
    });
    expectTypeOf(principal).toEqualTypeOf<User>();
  });

  test('a principal that is a union stays one', () => {
    const principal = createServer(readOnly, {
      authenticate: ({ token }) =>
        token === undefined
          ? { principal: { role: 'guest' as const } }
          : { principal: { role: 'user' as const, id: token } },
      authorize: {
        'price/{symbol}': () => true,
        'positions/{userId}': ({ principal, params }) =>
          principal.role === 'user' && principal.id === params.userId,
        alerts: ({ principal }) => principal.role === 'guest',
      },
    });
    expectTypeOf(principal.role).toEqualTypeOf<'guest' | 'user'>();
  });

  test('authenticate last is right where no rule looks at its context', () => {
    const principal = createServer(readOnly, {
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
    });
    expectTypeOf(principal).toEqualTypeOf<User>();
  });

  test('authenticate last is right where it needs no inference itself', () => {
    createServer(readOnly, {
      authorize: {
        'price/{symbol}': () => true,
        'positions/{userId}': ({ principal, params }) => principal === params.userId,
        alerts: ({ principal }) => {
          expectTypeOf(principal).toEqualTypeOf<string>();
          return true;
        },
      },
      authenticate: () => ({ principal: 'everybody' }),
    });
  });

  test('commands first is right where no handler looks at its context', () => {
    const principal = createServer(market, {
      commands: { place: async ({ size }) => ({ id: String(size) }) },
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
      authorize: {
        'price/{symbol}': () => true,
        'positions/{userId}': ({ principal: { id }, params }) => id === params.userId,
        alerts: () => true,
      },
    });
    expectTypeOf(principal).toEqualTypeOf<User>();
  });

  test('anonymous is written out', () => {
    const principal = createServer(readOnly, {
      authenticate: () => ({ principal: null }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => false, alerts: () => true },
    });
    expectTypeOf(principal).toEqualTypeOf<null>();
  });
});

describe('wrong uses', () => {
  test('authorize before authenticate', () => {
    createServer(readOnly, {
      authorize: {
        'price/{symbol}': () => true,
        // @ts-expect-error TS2339 /'id' does not exist on type 'CompileError<"write authenticate before authorize and commands/
        'positions/{userId}': ({ principal, params }) => principal.id === params.userId,
        alerts: () => true,
      },
      // @ts-expect-error TS2322 /write authenticate before authorize and commands/
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
    });
  });

  test('authorize before authenticate, though no rule uses the principal', () => {
    createServer(readOnly, {
      authorize: {
        'price/{symbol}': ({ params }) => params.symbol !== 'secret',
        'positions/{userId}': () => true,
        alerts: () => true,
      },
      // @ts-expect-error TS2322 /write authenticate before authorize and commands/
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
    });
  });

  test('commands before authenticate', () => {
    createServer(market, {
      commands: { place: async ({ size }, { idempotencyKey }) => ({ id: `${idempotencyKey}${size}` }) },
      // @ts-expect-error TS2322 /write authenticate before authorize and commands/
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
    });
  });

  test('no authenticate', () => {
    // @ts-expect-error TS2345 /Property 'authenticate' is missing/
    createServer(readOnly, {
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
    });
  });

  test('a rule left out, a rule too many', () => {
    createServer(readOnly, {
      authenticate: () => ({ principal: null }),
      // @ts-expect-error TS2741 /Property 'alerts' is missing/
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true },
    });
    createServer(readOnly, {
      authenticate: () => ({ principal: null }),
      authorize: {
        'price/{symbol}': () => true,
        'positions/{userId}': () => true,
        alerts: () => true,
        // @ts-expect-error TS2353 /'alarms' does not exist in type 'AuthorizeRules/
        alarms: () => true,
      },
    });
  });

  test('commands left out, one handler left out', () => {
    // @ts-expect-error TS2345 /Property 'commands' is missing/
    createServer(market, {
      authenticate: () => ({ principal: null }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
    });
    createServer(market, {
      authenticate: () => ({ principal: null }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
      // @ts-expect-error TS2322 /Property 'place' is missing/
      commands: {},
    });
  });

  test('a handler with the wrong reply', () => {
    createServer(market, {
      authenticate: () => ({ principal: null }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
      // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
      commands: { place: () => ({ id: 5 }) },
    });
  });

  test('an authentication without a principal', () => {
    createServer(readOnly, {
      // @ts-expect-error TS2322 /is not assignable to type 'Authentication</
      authenticate: () => ({ user: 'a' }),
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true },
    });
  });
});
