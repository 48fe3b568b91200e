// Trading desk: several servers that share one store of keys, each on a machine that can be killed, in virtual time.
import { collection, command, defineContract } from '@tickwire/protocol';
import { SeededRandom, VirtualClock, type VirtualMachine } from '@tickwire/testing';
import * as z from 'zod';
import {
  type CommandKey,
  type CommittedCommand,
  createMemoryBroker,
  createMemoryIdempotencyStore,
  createServer,
  type IdempotencyStore,
  type KnownCommand,
  type MemoryBroker,
  type Server,
} from '../index.js';
import { Peer, textEncoder } from './peer.js';

const text = z.string().max(100);
const Order = z.object({ id: text, symbol: text });

export const desk = defineContract({
  name: 'desk',
  version: '1.0.0',
  channels: {
    'orders/{owner}': collection(Order, { key: 'id' }),
    'audit/{owner}': collection(Order, { key: 'id' }),
  },
  commands: {
    /** Takes `workMs`, and then the order is placed. */
    place: command({
      input: z.object({ symbol: text, workMs: z.number().default(0) }),
      output: z.object({ orderId: text }),
      timeoutMs: 1_000,
    }),
    /** Places it in a transaction of its own, and then does `then`. */
    placeInTransaction: command({
      input: z.object({ symbol: text, then: z.enum(['return', 'fail', 'hang', 'rollBack']) }),
      output: z.object({ orderId: text }),
      timeoutMs: 1_000,
    }),
    /** Twice is the same as once. */
    refresh: command({
      input: z.object({ workMs: z.number().default(0) }),
      output: z.object({ runs: z.number() }),
      idempotent: true,
      timeoutMs: 1_000,
    }),
    /** Publishes the order, well or badly. */
    publish: command({
      input: z.object({ badly: z.boolean().default(false) }),
      output: z.object({ orderId: text }),
    }),
  },
});

/** A server, the machine it lives on, and its way to the store. */
export interface DeskServer {
  readonly server: Server<typeof desk>;
  readonly machine: VirtualMachine;
}

const nameOf = ({ principal, command, key }: CommandKey): string => `${principal} ${command} ${key}`;

/** A desk: servers, and what they have in common. */
export class TradingDesk {
  readonly clock = new VirtualClock();
  readonly memory: IdempotencyStore = createMemoryIdempotencyStore({ clock: this.clock });
  /** Orders that were placed, by symbol, as the exchange knows them. */
  readonly placed: string[] = [];
  /** Rows that transactions have committed. */
  readonly rows = new Map<string, CommittedCommand>();
  /** How long an answer of the store takes; 0 answers within the turn. */
  latencyMs = 0;
  /** What the store does instead of answering. */
  fault: 'none' | 'rejects' | 'hangs' = 'none';
  refreshes = 0;
  readonly logs: string[] = [];
  readonly #random: SeededRandom;
  readonly #broker: MemoryBroker;

  constructor(seed = 0) {
    this.#random = new SeededRandom(`desk ${seed}`);
    this.#broker = createMemoryBroker({ clock: this.clock, random: this.#random });
  }

  /** One more server. */
  start(): DeskServer {
    const machine = this.clock.machine();
    const pause = (ms: number): Promise<void> =>
      ms === 0 ? Promise.resolve() : new Promise((resolve) => void machine.setTimer(ms, resolve));
    const place = (symbol: string): string => {
      this.placed.push(symbol);
      return `o-${this.placed.length}`;
    };
    const server = createServer(desk, {
      authenticate: ({ token }) => ({ principal: { id: token ?? 'nobody' } }),
      authorize: { 'orders/{owner}': () => true, 'audit/{owner}': () => false },
      commands: {
        place: async ({ symbol, workMs }) => {
          await pause(workMs);
          return { orderId: place(symbol) };
        },
        placeInTransaction: async ({ symbol, then }, { commit }) => {
          let row: CommittedCommand | undefined;
          const output = await commit({ orderId: symbol }, (record) => {
            row = record;
          });
          if (then === 'rollBack') throw new Error('deadlock');
          place(symbol);
          if (row !== undefined) this.rows.set(nameOf(row), row);
          if (then === 'fail') throw new Error('connection lost during COMMIT');
          if (then === 'hang') await pause(1_000_000);
          return output;
        },
        refresh: async ({ workMs }) => {
          await pause(workMs);
          return { runs: ++this.refreshes };
        },
        publish: async ({ badly }, { principal, channel }) => {
          const order = { id: place('P'), symbol: 'P' };
          const owner = principal.id;
          await channel('audit/{owner}', { owner }).upsert(order);
          await channel('orders/{owner}', { owner }).upsert({ ...order, symbol: 'first' });
          await channel('orders/{owner}', { owner }).upsert(badly ? ({ id: 1 } as never) : order);
          return { orderId: order.id };
        },
      },
      idempotency: { store: this.#storeFor(machine) },
      broker: this.#broker.connect,
      clock: machine,
      random: this.#random.fork(`server ${this.#random.float()}`),
      logger: (level, message) => this.logs.push(`${level} ${message}`),
      frameEncoder: textEncoder,
    });
    return { server, machine };
  }

  /** A client of a server that has said `hello` and read its `welcome`. */
  async peer({ server }: DeskServer, token = 'ann'): Promise<Peer> {
    const peer = new Peer(server);
    peer.hello(token);
    await this.clock.settle();
    peer.take();
    return peer;
  }

  /** The store over a network: what a machine sent before it died may arrive or not, and the answer never does. */
  #storeFor(machine: VirtualMachine): IdempotencyStore {
    const over = <Answer>(run: () => Answer): Promise<Answer> =>
      new Promise((resolve, reject) => {
        if (this.fault === 'rejects') {
          reject(new Error('ECONNRESET'));
          return;
        }
        const arrive = (): void => {
          const answer = run();
          if (this.fault === 'hangs') return;
          machine.setTimer(this.latencyMs / 2, () => resolve(answer));
        };
        if (this.latencyMs === 0) arrive();
        else (this.#random.chance(0.5) ? this.clock : machine).setTimer(this.latencyMs / 2, arrive);
      });
    return {
      claim: (key, request) => over(() => this.memory.claim(key, request)) as Promise<never>,
      complete: (key, run, outcome) => over(() => void this.memory.complete(key, run, outcome)),
      release: (key, run) => over(() => void this.memory.release(key, run)),
      read: (key) =>
        over((): KnownCommand | null => {
          const row = this.rows.get(nameOf(key));
          return row === undefined
            ? (this.memory.read(key) as KnownCommand | null)
            : { status: 'done', fingerprint: row.fingerprint, outcome: row.outcome };
        }),
    };
  }
}
