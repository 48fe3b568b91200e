// Our own client under the oracle: it looks at every state it ever holds, at receipt.
import { createClient } from '@tickwire/client';
import { checksumOf } from './checksum.js';
import type { oracle } from './contract.js';
import type { HeldBook, OracleClientFactory } from './oracle-client.js';

const POLL_MS = 10;

export const createTickwireOracleClient: OracleClientFactory = (url, pairs, observer) => {
  const client = createClient<typeof oracle>({ url, reconnect: { initialDelayMs: 20, maxDelayMs: 250 } });
  client.on('recovered', ({ mode, from }) => {
    if (from !== null) observer.onRecovery(mode);
  });
  const books = pairs.map((pair) => {
    const book = client.channel('book/{pair}', { pair });
    book.onChange(() => {
      const { data, position } = book.getSnapshot();
      if (data !== undefined && position !== null)
        observer.onState(book.id, position.offset, checksumOf(data));
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
