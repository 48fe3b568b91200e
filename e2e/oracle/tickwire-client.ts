// Our own client under the oracle: every state it ever holds is looked at, at receipt, as a grid has it that lives on the
// changes alone, and as a whole.
import { type ClientOptions, createClient } from '@tickwire/client';
import { checksumOf } from './checksum.js';
import type { oracle } from './contract.js';
import { GridBook } from './grid-book.js';
import type { HeldBook, OracleClientFactory } from './oracle-client.js';

const POLL_MS = 10;

/** Makes clients with these options. That a whole book is looked at is dear: only the first of every `wholeEvery` is. */
export const tickwireOracleClient =
  (options: ClientOptions = {}, wholeEvery = 1): OracleClientFactory =>
  (url, pairs, observer) => {
    const client = createClient<typeof oracle>({
      url,
      reconnect: { initialDelayMs: 20, maxDelayMs: 250 },
      ...options,
    });
    client.on('recovered', ({ mode, from }) => {
      if (from !== null) observer.onRecovery(mode);
    });
    const books = pairs.map((pair) => {
      const book = client.channel('book/{pair}', { pair });
      const grid = new GridBook();
      let changes = 0;
      book.onChange(({ upserted, removed, position }) => {
        grid.change(upserted, removed);
        observer.onState(book.id, position.offset, grid.checksum);
        if (changes++ % wholeEvery !== 0) return;
        const { data, position: whole } = book.getSnapshot();
        if (data !== undefined && whole !== null) observer.onState(book.id, whole.offset, checksumOf(data));
      });
      return book;
    });
    const messages = client.channel('messages');
    messages.onEvent(({ sequence }) => observer.onEvent(sequence));
    messages.on('gap', ({ lost }) => {
      if (lost !== null) observer.onEventsLost(lost.from, lost.to);
    });
    const run = client.channel('run');
    const handles = [...books, messages, run];
    const releases = handles.map((handle) => handle.retain());

    return {
      async settle(heads, timeoutMs) {
        const atHead = () =>
          handles.every((handle) => {
            const { status, position } = handle.getSnapshot();
            return status === 'live' && position !== null && position.offset === heads.get(handle.id);
          });
        for (let waitedMs = 0; !atHead(); waitedMs += POLL_MS) {
          if (waitedMs > timeoutMs) throw new Error('the client did not reach the heads in time');
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        }
      },
      books: () =>
        new Map<string, HeldBook>(
          books.map((book) => [
            book.id,
            new Map([...(book.getSnapshot().data ?? [])].map(([key, { size }]) => [key, size])),
          ]),
        ),
      close() {
        for (const release of releases) release();
        client.close();
        return Promise.resolve();
      },
    };
  };
