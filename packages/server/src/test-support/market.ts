// Market: the server most tests talk to, in virtual time.
import { collection, command, defineContract, state, stream, type Logger } from '@tickwire/protocol';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import * as z from 'zod';
import {
  type BrokerFactory,
  createMemoryBroker,
  createServer,
  type Server,
  type ServerSettings,
} from '../index.js';
import { Peer, textEncoder } from './peer.js';

const text = z.string().max(100_000);

export const Quote = z.object({ bid: z.number(), ask: z.number(), venue: text.optional() });
export const Order = z.object({ id: z.string().max(20), size: z.number(), note: text.optional() });

export const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: {
    'quote/{symbol}': state(Quote),
    'feed/{symbol}': state(Quote, { staleAfterMs: 5_000 }),
    'orders/{owner}': collection(Order, { key: 'id' }),
    'tape/{symbol}': stream(z.object({ n: z.number(), pad: text.optional() }), {
      history: { size: 5, ttlMs: 60_000 },
    }),
  },
  commands: {
    add: command({
      input: z.object({ a: z.number(), b: z.number().default(1) }),
      output: z.object({ sum: z.number() }),
      errors: { negative: z.object({ which: z.string().max(10) }) },
    }),
    wait: command({ input: z.object({}), output: z.object({}), timeoutMs: 1_000 }),
  },
});

export interface Principal {
  readonly id: string;
}

/** Everything a test of the server needs. */
export class Market {
  readonly clock = new VirtualClock();
  readonly server: Server<typeof market>;
  /** Ends the handlers of `wait` that run. */
  readonly waiting: { finish: () => void; readonly signal: AbortSignal }[] = [];
  readonly logs: string[] = [];
  /** What rules say of a channel; absent means yes. */
  readonly rules = new Map<string, () => boolean | Promise<boolean>>();
  readonly broker: BrokerFactory;
  /** What `authenticate` does with a token beyond naming the principal. */
  login: (token: string | undefined) => object | Promise<object> = (token) => ({
    principal: { id: token ?? 'nobody' },
  });
  added = 0;

  constructor(settings: ServerSettings = {}) {
    const random = new SeededRandom('market');
    const { clock } = this;
    const logger: Logger = (level, message) => this.logs.push(`${level} ${message}`);
    this.broker = settings.broker ?? createMemoryBroker({ clock, random }).connect;
    const rule = (context: { readonly params: Readonly<Record<string, string>> }) =>
      this.rules.get(Object.values(context.params)[0] ?? '')?.() ?? true;
    this.server = createServer(market, {
      authenticate: ({ token }) =>
        this.login(token) as { principal: Principal } | Promise<{ principal: Principal }>,
      authorize: {
        'quote/{symbol}': rule,
        'feed/{symbol}': rule,
        'orders/{owner}': rule,
        'tape/{symbol}': rule,
      },
      commands: {
        add: ({ a, b }, { fail }) => {
          this.added++;
          if (a < 0) throw fail('negative', { which: 'a' });
          return { sum: a + b };
        },
        wait: (_input, { signal }) =>
          new Promise((resolve) => this.waiting.push({ finish: () => resolve({}), signal })),
      },
      clock,
      random,
      logger,
      frameEncoder: textEncoder,
      ...settings,
      broker: this.broker,
    });
  }

  /** A client that has said `hello` and read its `welcome`. */
  async peer(token = 'ann', more: object = {}): Promise<Peer> {
    const peer = new Peer(this.server);
    peer.hello(token, more);
    await this.clock.settle();
    peer.take();
    return peer;
  }

  /** A client that reads channels; what came with the acks is read. */
  async reader(...channels: readonly string[]): Promise<Peer> {
    const peer = await this.peer();
    peer.send({ t: 'sub', id: 1, ch: channels.map((c) => ({ c })) });
    await this.clock.settle();
    peer.take();
    return peer;
  }

  /** Clients, one after another: virtual time moves for one at a time. */
  async many(count: number, make: () => Promise<Peer>): Promise<Peer[]> {
    const peers: Peer[] = [];
    while (peers.length < count) peers.push(await make());
    return peers;
  }

  quote(symbol: string) {
    return this.server.channel('quote/{symbol}', { symbol });
  }

  orders(owner: string) {
    return this.server.channel('orders/{owner}', { owner });
  }

  tape(symbol: string) {
    return this.server.channel('tape/{symbol}', { symbol });
  }
}
