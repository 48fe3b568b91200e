// Publication: the server of a run, and a capture published through it message by message.
import { anonymous, createServer, type Server, type ServerSettings } from '@tickwire/server';
import { oracle } from './contract.js';
import type { HeldBook } from './oracle-client.js';
import type { Source } from './source.js';

/** One message of the exchange, published. */
export interface Published {
  readonly index: number;
  readonly channel: string;
  readonly offset: number;
  readonly checksum: number | null;
}

export class Publication {
  /** Where a client may reach it. */
  readonly url: string;
  readonly pairs: readonly string[];
  /** Offsets of the last changes, by channel id. */
  readonly heads = new Map<string, number>();
  readonly #source: Source;
  readonly #server: Server<typeof oracle>;

  private constructor(url: string, source: Source, server: Server<typeof oracle>) {
    this.url = url;
    this.pairs = [...source.books.keys()];
    this.#source = source;
    this.#server = server;
  }

  /** Starts the server and tells what will come. */
  static async start(source: Source, settings: ServerSettings = {}): Promise<Publication> {
    const server = createServer(oracle, {
      ...settings,
      authenticate: anonymous,
      authorize: { 'book/{pair}': () => true, messages: () => true, run: () => true },
      commands: { report: ({ events }) => ({ accepted: events === source.messages.length }) },
    });
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    const publication = new Publication(url, source, server);
    await publication.#tell('running', 0);
    return publication;
  }

  /** Publishes everything, at `speed` times the recorded one or as fast as it goes; `onPublished` runs before anybody reads it. */
  async run(speed: number, onPublished: (published: Published) => void): Promise<void> {
    const startMs = performance.now();
    const messages = this.#server.channel('messages');
    for (const [index, { atMs, pair, change, checksum }] of this.#source.messages.entries()) {
      const delayMs = startMs + atMs / speed - performance.now();
      // Each has a turn of its own, however late it is: what is published in one turn is sent as one frame.
      await new Promise<void>((resolve) => {
        if (delayMs > 0) setTimeout(resolve, delayMs);
        else setImmediate(resolve);
      });
      const book = this.#server.channel('book/{pair}', { pair });
      // The receipt comes before any frame leaves: the flush is at the end of the turn.
      const { offset } = await book.update(change);
      this.heads.set(book.id, offset);
      onPublished({ index, channel: book.id, offset, checksum });
      this.heads.set(messages.id, (await messages.append({ sequence: index + 1, pair })).offset);
    }
    await this.#tell('finished', this.#source.messages.length);
  }

  /** How many of the books are the exchange's. */
  countRight(held: ReadonlyMap<string, HeldBook>): number {
    return this.pairs.filter((pair) => {
      const { id } = this.#server.channel('book/{pair}', { pair });
      return sameBook(this.#source.books.get(pair), held.get(id));
    }).length;
  }

  close(): Promise<void> {
    return this.#server.close({ drainMs: 0 });
  }

  async #tell(status: 'running' | 'finished', messages: number): Promise<void> {
    const run = this.#server.channel('run');
    this.heads.set(run.id, (await run.set({ status, pairs: [...this.pairs], messages })).offset);
  }
}

function sameBook(a: HeldBook | undefined, b: HeldBook | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.size === b.size &&
    [...a].every(([key, size]) => b.get(key) === size)
  );
}
