// The exchange's checksum over what a client holds: a map of levels in no order. Written apart from the feed's own
// book, so that one mistake cannot make both ends agree.
import { crc32 } from 'node:zlib';

export interface HeldLevel {
  readonly side: 'bid' | 'ask';
  readonly price: string;
  readonly size: string;
}

const TOP = 10;
const digits = (decimal: string) => decimal.replace('.', '').replace(/^0+/, '');

/** The ten best of one side: asks from the lowest, bids from the highest. */
function best(levels: Iterable<HeldLevel>, side: 'bid' | 'ask'): readonly HeldLevel[] {
  const sign = side === 'ask' ? 1 : -1;
  const top: { readonly rank: number; readonly level: HeldLevel }[] = [];
  for (const level of levels) {
    if (level.side !== side) continue;
    const rank = sign * Number(level.price);
    const worst = top.at(-1);
    if (top.length === TOP && worst !== undefined && rank >= worst.rank) continue;
    let at = top.length;
    while (at > 0 && (top[at - 1]?.rank ?? -Infinity) > rank) at--;
    top.splice(at, 0, { rank, level });
    if (top.length > TOP) top.pop();
  }
  return top.map(({ level }) => level);
}

/** CRC-32 over price and size, without points and leading zeros, of the best asks and then the best bids. */
export function checksumOf(book: ReadonlyMap<string, HeldLevel>): number {
  const rows = [...best(book.values(), 'ask'), ...best(book.values(), 'bid')];
  return crc32(rows.map(({ price, size }) => digits(price) + digits(size)).join(''));
}
