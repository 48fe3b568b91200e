// What the compiler says to users of a server: everything inferred from contract and authenticate, each wrong use by its
// error.
import { collection, command, defineContract, state, stream, type Position } from '@tickwire/protocol';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import {
  anonymous,
  createMemoryBroker,
  createPublisher,
  createServer,
  type BarePublisher,
  type CollectionPublisher,
  type Listening,
  type Server,
  type ServerStats,
  type StatePublisher,
  type StreamPublisher,
} from './index.js';

const Price = z.object({ bid: z.number(), ask: z.number().default(0) });
const Holding = z.object({ id: z.string(), size: z.number(), note: z.string().optional() });

const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(Price),
    'positions/{userId}': collection(Holding, { key: 'id' }),
    alerts: stream(z.object({ text: z.string() }), { history: { size: 100, ttlMs: 3_600_000 } }),
  },
  commands: {
    placeOrder: command({
      input: z.object({ symbol: z.string(), size: z.number().default(1) }),
      output: z.object({ orderId: z.string() }),
      errors: { insufficientFunds: z.object({ needed: z.string() }) },
    }),
  },
});
const readOnly = defineContract({ name: 'read', version: '1.0.0', channels: market.channels });

interface User {
  readonly id: string;
  readonly isAdmin: boolean;
}
declare function verify(token: string | undefined): Promise<User>;
declare const maybe: string | undefined;

const open = { 'price/{symbol}': () => true, 'positions/{userId}': () => true, alerts: () => true } as const;
const server = createServer(market, {
  authenticate: async ({ token }) => ({ principal: await verify(token), limits: { maxSubscriptions: 5 } }),
  authorize: {
    'price/{symbol}': () => true,
    'positions/{userId}': ({ principal, params }) => principal.isAdmin || principal.id === params.userId,
    alerts: async ({ principal }) => principal.isAdmin,
  },
  commands: {
    placeOrder: async ({ size }, { principal, idempotencyKey, signal, fail }) => {
      expectTypeOf(size).toEqualTypeOf<number>();
      expectTypeOf(principal).toEqualTypeOf<User>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      if (size > 5) throw fail('insufficientFunds', { needed: '1' });
      return { orderId: idempotencyKey ?? principal.id };
    },
  },
});

describe('right uses', () => {
  test('a server is of its contract', () => {
    expectTypeOf(server).toExtend<Server<typeof market>>();
    expectTypeOf(server.listen({ port: 0 })).toEqualTypeOf<Promise<Listening>>();
    expectTypeOf(server.stats()).toEqualTypeOf<ServerStats>();
    expectTypeOf(server.close()).toEqualTypeOf<Promise<void>>();
  });

  test('anonymous is a principal of its own', () => {
    createServer(readOnly, {
      authenticate: anonymous,
      authorize: {
        ...open,
        alerts: ({ principal }) => {
          expectTypeOf(principal.id).toEqualTypeOf<string>();
          expectTypeOf(principal.anonymous).toEqualTypeOf<true>();
          return true;
        },
      },
    });
  });

  test('authenticate is told of the request', () => {
    createServer(readOnly, {
      authenticate: ({ token, request }) => {
        expectTypeOf(token).toEqualTypeOf<string | undefined>();
        return { principal: { address: request.address } };
      },
      authorize: {
        ...open,
        alerts: ({ principal }) => {
          expectTypeOf(principal.address).toEqualTypeOf<string | undefined>();
          return true;
        },
      },
      allowedOrigins: ['https://app.example.com'],
      ping: 'fast',
    });
  });

  test('a publisher follows the kind of its channel, and takes what the schema takes', () => {
    const price = server.channel('price/{symbol}', { symbol: 'A' });
    const positions = server.channel('positions/{userId}', { userId: 'u' });
    const alerts = server.channel('alerts');
    expectTypeOf(price).toEqualTypeOf<StatePublisher<z.input<typeof Price>, z.output<typeof Price>>>();
    expectTypeOf(positions).toEqualTypeOf<
      CollectionPublisher<z.input<typeof Holding>, z.output<typeof Holding>>
    >();
    expectTypeOf(alerts).toEqualTypeOf<StreamPublisher<{ text: string }, { text: string }>>();
    expectTypeOf(price.set({ bid: 1 })).toEqualTypeOf<Promise<Position>>();
    void positions.update({
      upsert: [{ id: 'a', size: 1 }],
      patch: { b: { note: undefined } },
      remove: ['c'],
    });
    void alerts.append({ text: 'a' }, { text: 'b' });
  });

  test('what is read is of its kind', async () => {
    const price = await server.channel('price/{symbol}', { symbol: 'A' }).read();
    expectTypeOf(price.data).toEqualTypeOf<{ bid: number; ask: number } | undefined>();
    const positions = await server.channel('positions/{userId}', { userId: 'u' }).read();
    expectTypeOf(positions.data.get('a')?.size).toEqualTypeOf<number | undefined>();
    expectTypeOf((await server.channel('alerts').read()).data).toEqualTypeOf<readonly { text: string }[]>();
  });

  test('a bare publisher opens the same channels', () => {
    const publisher = createPublisher(market, { broker: createMemoryBroker().connect });
    expectTypeOf(publisher).toExtend<BarePublisher<typeof market>>();
    expectTypeOf(publisher.channel('alerts')).toEqualTypeOf<
      StreamPublisher<{ text: string }, { text: string }>
    >();
  });
});

describe('wrong uses', () => {
  test('rules: one left out, one too many, one that answers no boolean', () => {
    createServer(readOnly, {
      authenticate: anonymous,
      // @ts-expect-error TS2741 /Property 'alerts' is missing/
      authorize: { 'price/{symbol}': () => true, 'positions/{userId}': () => true },
    });
    createServer(readOnly, {
      authenticate: anonymous,
      // @ts-expect-error TS2353 /'alarms' does not exist in type 'AuthorizeRules/
      authorize: { ...open, alarms: () => true },
    });
    createServer(readOnly, {
      authenticate: anonymous,
      // @ts-expect-error TS2322 /'string' is not assignable to type 'boolean/
      authorize: { ...open, alerts: () => 'yes' },
    });
  });

  test('a field the principal does not have, a parameter the channel does not have', () => {
    createServer(readOnly, {
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
      authorize: {
        ...open,
        // @ts-expect-error TS2339 /Property 'role' does not exist on type 'User'/
        alerts: ({ principal }) => principal.role === 'admin',
        // @ts-expect-error TS2339 /Property 'symbol' does not exist/
        'positions/{userId}': ({ params }) => params.symbol === 'A',
      },
    });
  });

  test('authorize before authenticate, no authenticate, an authentication without a principal', () => {
    createServer(readOnly, {
      authorize: {
        ...open,
        // @ts-expect-error TS2339 /'isAdmin' does not exist on type 'CompileError<"write authenticate before authorize/
        alerts: ({ principal }) => principal.isAdmin,
      },
      // @ts-expect-error TS2322 /write authenticate before authorize and commands/
      authenticate: async ({ token }) => ({ principal: await verify(token) }),
    });
    // @ts-expect-error TS2345 /Property 'authenticate' is missing/
    createServer(readOnly, { authorize: open });
    createServer(readOnly, {
      // @ts-expect-error TS2322 /Property 'principal' is missing|is not assignable to type 'Server?Authentication/
      authenticate: () => ({ user: 'a' }),
      authorize: open,
    });
  });

  test('handlers: left out, another output, an error nobody declared, other data of an error', () => {
    // @ts-expect-error TS2345 /Property 'commands' is missing/
    createServer(market, { authenticate: anonymous, authorize: open });
    createServer(market, {
      authenticate: anonymous,
      authorize: open,
      // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
      commands: { placeOrder: () => ({ orderId: 5 }) },
    });
    createServer(market, {
      authenticate: anonymous,
      authorize: open,
      commands: {
        placeOrder: ({ size }, { fail }) => {
          // @ts-expect-error TS2345 /'"poor"' is not assignable to parameter of type '"insufficientFunds"'/
          if (size > 5) throw fail('poor', {});
          // @ts-expect-error TS2322 /'number' is not assignable to type 'string'/
          throw fail('insufficientFunds', { needed: 5 });
        },
      },
    });
  });

  test('options that do not exist or are of another kind', () => {
    createServer(readOnly, {
      authenticate: anonymous,
      authorize: open,
      // @ts-expect-error TS2353 /'origins' does not exist in type/
      origins: ['https://app.example.com'],
    });
    createServer(readOnly, {
      authenticate: anonymous,
      authorize: open,
      // @ts-expect-error TS2322 /'"slow"' is not assignable to type/
      ping: 'slow',
    });
    // @ts-expect-error TS2345 /Property 'port' is missing/
    void server.listen({});
  });

  test('channels: names, parameters', () => {
    // @ts-expect-error TS2345 /'"prices"' is not assignable to parameter of type '"price\/\{symbol\}" \| /
    server.channel('prices');
    // @ts-expect-error TS2554 /Expected 2 arguments, but got 1/
    server.channel('price/{symbol}');
    // @ts-expect-error TS2353 /'sym' does not exist in type/
    server.channel('price/{symbol}', { sym: 'A' });
    // @ts-expect-error TS2322 /'string \| undefined' is not assignable to type 'string'/
    server.channel('price/{symbol}', { symbol: maybe });
  });

  test('publishers: methods of another kind, data that does not fit', () => {
    // @ts-expect-error TS2339 /Property 'append' does not exist on type 'StatePublisher</
    void server.channel('price/{symbol}', { symbol: 'A' }).append({ bid: 1 });
    // @ts-expect-error TS2339 /Property 'set' does not exist on type 'StreamPublisher</
    void server.channel('alerts').set({ text: 'a' });
    // @ts-expect-error TS2339 /Property 'append' does not exist on type 'CollectionPublisher</
    void server.channel('positions/{userId}', { userId: 'u' }).append({ id: 'a', size: 1 });
    // @ts-expect-error TS2345 /Property 'bid' is missing/
    void server.channel('price/{symbol}', { symbol: 'A' }).set({ ask: 1 });
    // @ts-expect-error TS2322 /'string' is not assignable to type 'number'/
    void server.channel('positions/{userId}', { userId: 'u' }).patch('a', { size: '5' });
    // @ts-expect-error TS2353 /'title' does not exist in type/
    void server.channel('alerts').append({ text: 'a', title: 'b' });
  });
});
