// Kraken's book checksum: an oracle we did not write. Says whether our book is the exchange's book.
import { crc32 } from 'node:zlib';
import type { FullBook } from './full-book.js';

const TOP = 10;

const digits = (decimal: string): string => decimal.replace('.', '').replace(/^0+/, '');

/** CRC-32 over the ten best asks, then the ten best bids: price and size, without points and leading zeros. */
export function krakenChecksum(book: FullBook): number {
  const text = (['ask', 'bid'] as const)
    .flatMap((side) => book.levels(side, TOP))
    .map((level) => digits(level.price) + digits(level.size))
    .join('');
  return crc32(text);
}
