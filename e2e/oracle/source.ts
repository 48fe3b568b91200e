// Source: a capture as the changes that are published, with the exchange's checksum of each.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { readCapture } from '../../examples/market-dashboard/src/feed/capture/capture.js';
import { FullBook, type BookChange } from '../../examples/market-dashboard/src/market/full-book.js';

/** One message of the exchange: one change of many keys. */
export interface SourceMessage {
  /** Milliseconds since the first message. */
  readonly atMs: number;
  readonly pair: string;
  readonly change: BookChange;
  /** What the exchange says of the book after it; `null` where it says nothing. */
  readonly checksum: number | null;
}

/** A capture, read. */
export interface Source {
  readonly messages: readonly SourceMessage[];
  /** The books at the end, by pair: `key` to `size`. */
  readonly books: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Reads the lines of a capture. */
export async function readSource(lines: Iterable<string> | AsyncIterable<string>): Promise<Source> {
  const { entries } = await readCapture(lines);
  const start = entries[0]?.atMs ?? 0;
  const books = new Map<string, FullBook>();
  const messages: SourceMessage[] = [];
  for (const { atMs, events } of entries) {
    for (const event of events) {
      if (event.type !== 'bookSnapshot' && event.type !== 'bookUpdate') continue;
      const book = books.get(event.product) ?? new FullBook();
      books.set(event.product, book);
      const snapshot = event.type === 'bookSnapshot';
      const change = snapshot ? book.replace(event) : book.update(event);
      messages.push({
        atMs: atMs - start,
        pair: event.product,
        change,
        checksum: snapshot ? null : event.checksum,
      });
    }
  }
  const levels = (book: FullBook) =>
    new Map([...book.levels('ask'), ...book.levels('bid')].map(({ key, size }) => [key, size]));
  return { messages, books: new Map([...books].map(([pair, book]) => [pair, levels(book)])) };
}

/** Reads a capture file. */
export function readSourceFile(path: string): Promise<Source> {
  return readSource(createInterface({ input: createReadStream(path), crlfDelay: Infinity }));
}
