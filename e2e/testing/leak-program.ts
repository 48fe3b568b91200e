// Leak program: lives a client's and a server's life over and over, and prints what is left of it as one line of JSON.
// Run by Node with `--expose-gc`. With `--leak <name>` it forgets on purpose to let go of one thing.
import { createClient } from '@tickwire/client';
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import { anonymous, createServer } from '@tickwire/server';
import { createTestClient, createTestServer } from '@tickwire/testing';
import * as z from 'zod';

/** What is left after a scenario. */
export interface Leftovers {
  readonly scenario: string;
  /** Heap in use after the first rounds, and by how much it has grown after the last, in bytes. */
  readonly baseBytes: number;
  readonly grownBytes: number;
  /** Objects that were let go of and watched, and how many of them the collector has taken. */
  readonly watched: number;
  readonly collected: number;
}

const { gc } = globalThis as { readonly gc?: () => void };
const leak = process.argv[process.argv.indexOf('--leak') + 1];

const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'price/{symbol}': state(z.object({ bid: z.number(), note: z.string() })),
    'orders/{owner}': collection(z.object({ id: z.string(), size: z.number() }), { key: 'id' }),
    'trades/{symbol}': stream(z.object({ id: z.number() }), { history: { size: 50, ttlMs: 60_000 } }),
  },
  commands: {
    place: command({
      input: z.object({ size: z.number() }),
      output: z.object({ id: z.string() }),
      errors: { tooLarge: z.object({ largest: z.number() }) },
    }),
  },
});
const rules = {
  'price/{symbol}': () => true,
  'orders/{owner}': () => true,
  'trades/{symbol}': () => true,
};
const place = ({ size }: { readonly size: number }): { readonly id: string } => ({ id: `o-${size}` });

/** What would be kept if somebody kept it. */
const kept: unknown[] = [];
const NOTE = 'x'.repeat(500);
const WARM_UP_ROUNDS = 4;
const ROUNDS = Number(process.env['ROUNDS'] ?? 12);

/** Watches what should be let go of, in one round: what it needs itself must not count as growth. */
class Watch {
  readonly #refs: WeakRef<object>[] = [];
  isOpen = false;

  see<T extends object>(object: T): T {
    if (this.isOpen) this.#refs.push(new WeakRef(object));
    return object;
  }

  get counts(): { readonly watched: number; readonly collected: number } {
    const gone = this.#refs.filter((ref) => ref.deref() === undefined).length;
    return { watched: this.#refs.length, collected: gone };
  }
}

async function heapBytes(): Promise<number> {
  for (let pass = 0; pass < 4; pass++) {
    gc?.();
    // Weak references and finalizers are seen to between turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

/** One scenario: set up once, lived many times, and left. */
interface Life {
  readonly round: (number: number, watch: Watch) => Promise<void>;
  readonly end: () => Promise<void>;
}

async function live(scenario: string, begin: () => Life | Promise<Life>): Promise<Leftovers> {
  const watch = new Watch();
  const { round, end } = await begin();
  let baseBytes = 0;
  for (let number = 0; number < WARM_UP_ROUNDS + ROUNDS; number++) {
    if (number === WARM_UP_ROUNDS) baseBytes = await heapBytes();
    await round(number, watch);
  }
  const grownBytes = (await heapBytes()) - baseBytes;
  watch.isOpen = true;
  await round(WARM_UP_ROUNDS + ROUNDS, watch);
  watch.isOpen = false;
  // Its last traces may hang in what the next one replaces.
  await round(WARM_UP_ROUNDS + ROUNDS + 1, watch);
  await heapBytes();
  const { watched, collected } = watch.counts;
  await end();
  return { scenario, baseBytes, grownBytes, watched, collected };
}

/** Longer than the client's release grace and the server's linger together. */
const FORGOTTEN_MS = 15_000;

const scenarios: Readonly<Record<string, () => Life | Promise<Life>>> = {
  /** Channels of ever new names are opened by all their verbs, and released. */
  channels: () => {
    const { client, advance, close } = createTestClient(market);
    return {
      round: async (number, watch) => {
        const stops: (() => void)[] = [];
        for (let at = 0; at < 200; at++) {
          const symbol = `${number}.${at}`;
          const price = watch.see(client.channel('price/{symbol}', { symbol }));
          const orders = watch.see(client.channel('orders/{owner}', { owner: symbol }));
          const trades = watch.see(client.channel('trades/{symbol}', { symbol }));
          const view = watch.see(price.view({ select: ({ bid }) => bid, maxUpdatesPerSecond: 5 }));
          stops.push(
            price.subscribe(() => undefined),
            view.subscribe(() => undefined),
            orders.onChange(() => undefined),
            trades.onEvent(() => undefined, { maxPerSecond: 10 }),
            trades.on('gap', () => undefined),
            orders.retain(),
          );
        }
        await advance(100);
        if (leak === 'channels') kept.push(...stops);
        else for (const stop of stops) stop();
        await advance(FORGOTTEN_MS);
      },
      end: close,
    };
  },

  /** A few channels change while the line breaks and is mended, again and again. */
  reconnects: async () => {
    const { client, push, disconnect, reconnect, advance, close } = createTestClient(market, {
      maxEvents: 20,
    });
    const symbols = ['A', 'B', 'C'];
    for (const symbol of symbols) {
      client.channel('price/{symbol}', { symbol }).subscribe(() => undefined);
      client.channel('trades/{symbol}', { symbol }).subscribe(() => undefined);
    }
    await push('price/{symbol}', { symbol: 'A' }, { bid: 0, note: NOTE });
    return {
      round: async (number) => {
        for (let time = 0; time < 25; time++) {
          await disconnect();
          for (const symbol of symbols) {
            await push('price/{symbol}', { symbol }, { bid: number * 100 + time, note: NOTE });
            await push('trades/{symbol}', { symbol }, { id: number * 100 + time });
          }
          await advance(1_000);
          await reconnect();
          const weight = leak === 'reconnects' ? Array.from({ length: 500 }, () => number) : [];
          const stop = client.on('gap', () => kept.push(weight));
          if (leak !== 'reconnects') stop();
        }
      },
      end: close,
    };
  },

  /** Commands succeed, are refused, are given up and are cut off. */
  commands: () => {
    // No scripted server: it remembers what it was called with.
    const server = createTestServer(market, {
      authenticate: () => ({ principal: null }),
      authorize: rules,
      commands: {
        place: ({ size }, { fail }) => {
          if (size === 7) throw fail('tooLarge', { largest: 5 });
          return size === 9 ? new Promise<never>(() => undefined) : place({ size });
        },
      },
      limits: { maxCommandsInFlight: 1_000, frameBurst: 1_000, framesPerSecond: 1_000 },
    });
    const { client, disconnect, reconnect } = server.connect();
    const { advance, close } = server;
    return {
      round: async (_, watch) => {
        const outcomes = Array.from({ length: 300 }, async (_unused, at) => {
          const input = watch.see({ size: at % 10 });
          const giveUp = new AbortController();
          const call = client.command('place', input, { signal: giveUp.signal, timeoutMs: 500 });
          if (at % 10 === 3) giveUp.abort();
          const outcome = await call.catch((error: unknown) => error);
          if (leak === 'commands') kept.push(input);
          return watch.see(outcome as object) !== undefined;
        });
        await advance(1_000);
        await Promise.all(outcomes);
        const cut = client.command('place', { size: 9 }).catch(() => undefined);
        await advance(10);
        await disconnect();
        await cut;
        await reconnect();
      },
      end: close,
    };
  },

  /** Clients and servers of their own are made, used and closed. */
  lives: () => ({
    round: async (_, watch) => {
      for (let life = 0; life < 5; life++) {
        const server = watch.see(
          createTestServer(market, {
            authenticate: () => ({ principal: null }),
            authorize: rules,
            commands: { place },
          }),
        );
        for (let at = 0; at < 3; at++) {
          const { client } = watch.see(server.connect());
          watch
            .see(client)
            .channel('price/{symbol}', { symbol: 'A' })
            .subscribe(() => undefined);
        }
        await server.push('price/{symbol}', { symbol: 'A' }, { bid: life, note: NOTE });
        await server.advance(30_000);
        if (leak === 'lives') kept.push(server);
        else await server.close();
      }
    },
    end: () => Promise.resolve(),
  }),

  /** Real sockets: many clients come, read, call and go. */
  sockets: async () => {
    const server = createServer(market, {
      authenticate: anonymous,
      authorize: rules,
      commands: { place },
      limits: { frameBurst: 100_000, framesPerSecond: 100_000 },
      lingerMs: 1,
    });
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    await server.channel('price/{symbol}', { symbol: 'A' }).set({ bid: 1, note: NOTE });
    return {
      round: async (_, watch) => {
        await Promise.all(
          Array.from({ length: 40 }, async () => {
            const client = watch.see(
              createClient(market, { url, logger: () => undefined, releaseGraceMs: 0 }),
            );
            const price = client.channel('price/{symbol}', { symbol: 'A' });
            await new Promise<void>((resolve) => {
              price.subscribe(({ data }) => {
                if (data !== undefined) resolve();
              });
            });
            await client.command('place', { size: 1 });
            if (leak === 'sockets') kept.push(client);
            client.close();
          }),
        );
        while (server.stats().connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      end: () => server.close({ drainMs: 0 }),
    };
  },
};

if (gc === undefined) throw new Error('Start this program with --expose-gc.');
const results: Leftovers[] = [];
for (const [name, begin] of Object.entries(scenarios)) {
  if (leak === undefined || !(leak in scenarios) || leak === name) results.push(await live(name, begin));
}
console.log(JSON.stringify(results));
