// Script: changes of one channel of each kind, drawn from a seed, and what every reader must hold after each.
import { collection, defineContract, type Position, state, stream } from '@tickwire/protocol';
import type { Server } from '@tickwire/server';
import type { SeededRandom } from '@tickwire/testing';
import * as z from 'zod/mini';

const count = z.int().check(z.gte(0));
const note = z.optional(z.string().check(z.maxLength(8)));

export const contract = defineContract({
  name: 'cuts',
  version: '1.0.0',
  channels: {
    state: state(z.object({ bid: count, ask: count, note })),
    collection: collection(z.object({ id: z.string().check(z.maxLength(4)), size: count, note }), {
      key: 'id',
    }),
    stream: stream(z.object({ i: count }), { history: { size: 1_000, ttlMs: 3_600_000 } }),
  },
  commands: {},
});

export type CutsContract = typeof contract;

/** Also the names of the channels. */
export type Kind = 'state' | 'collection' | 'stream';

interface Quote {
  readonly bid: number;
  readonly ask: number;
  readonly note?: string;
}

interface Level {
  readonly id: string;
  readonly size: number;
  readonly note?: string;
}

/** Publishes the script, change by change. Knows what the value is by itself, not from the server. */
export class Script {
  /** What a reader holds at an offset. Of a stream: how many events there were. */
  readonly expected = new Map<number, unknown>();
  /** Offset of the last change. */
  head = 0;
  readonly #server: Pick<Server<CutsContract>, 'channel'>;
  readonly #kind: Kind;
  readonly #random: SeededRandom;
  readonly #levels = new Map<string, Level>();
  #quote: Quote = { bid: 0, ask: 0 };
  #events = 0;

  constructor(server: Pick<Server<CutsContract>, 'channel'>, kind: Kind, random: SeededRandom) {
    this.#server = server;
    this.#kind = kind;
    this.#random = random;
  }

  /** The next change. Each makes exactly one frame for whoever is up to date. */
  async step(): Promise<void> {
    switch (this.#kind) {
      case 'state':
        this.#made(await this.#setQuote(), this.#quote);
        break;
      case 'collection':
        this.#made(await this.#changeLevel(), new Map(this.#levels));
        break;
      case 'stream':
        this.#made(await this.#appendEvents(), this.#events);
        break;
    }
  }

  #made({ offset }: Position, value: unknown): void {
    this.head = offset;
    this.expected.set(offset, value);
  }

  #setQuote(): Promise<Position> {
    const { note: _note, ...rest } = this.#quote;
    const dice = this.#random.int(0, 3);
    const bid = this.#quote.bid + this.#random.int(1, 9);
    if (dice === 0) this.#quote = { ...rest, bid };
    else if (dice === 1) this.#quote = { ...this.#quote, bid, note: `n${String(bid)}` };
    else this.#quote = { ...this.#quote, bid, ask: bid + dice };
    return this.#server.channel('state').set(this.#quote);
  }

  #changeLevel(): Promise<Position> {
    const id = `k${String(this.#random.int(0, 9))}`;
    const present = this.#levels.get(id);
    const size = (present?.size ?? 0) + this.#random.int(1, 9);
    const channel = this.#server.channel('collection');
    if (present !== undefined && this.#random.chance(0.2)) {
      this.#levels.delete(id);
      return channel.remove(id);
    }
    const level: Level = {
      ...present,
      id,
      size,
      ...(this.#random.chance(0.3) ? { note: `n${String(size)}` } : {}),
    };
    this.#levels.set(id, level);
    return channel.upsert(level);
  }

  #appendEvents(): Promise<Position> {
    const events = Array.from({ length: this.#random.int(1, 2) }, () => ({ i: ++this.#events }));
    return this.#server.channel('stream').append(...events);
  }
}
