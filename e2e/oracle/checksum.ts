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

/** The best levels of one side so far, the very best first. */
class Top {
  readonly levels: HeldLevel[] = [];
  readonly #ranks: number[] = [];
  readonly #sign: 1 | -1;

  /** `sign`: 1 where the lowest price is the best, -1 where the highest is. */
  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  add(level: HeldLevel): void {
    const rank = this.#sign * Number(level.price);
    let at = this.#ranks.length;
    if (at === TOP && rank >= (this.#ranks[TOP - 1] ?? Infinity)) return;
    while (at > 0 && (this.#ranks[at - 1] ?? -Infinity) > rank) at--;
    this.#ranks.splice(at, 0, rank);
    this.levels.splice(at, 0, level);
    if (this.levels.length > TOP) this.#ranks.length = this.levels.length = TOP;
  }
}

/** CRC-32 over price and size, without points and leading zeros, of the best asks and then the best bids. */
export function checksumOf(book: ReadonlyMap<string, HeldLevel>): number {
  const asks = new Top(1);
  const bids = new Top(-1);
  for (const level of book.values()) (level.side === 'ask' ? asks : bids).add(level);
  return checksumOfBest(asks.levels, bids.levels);
}

/** The same of levels that are in order already, the best first. */
export function checksumOfBest(asks: readonly HeldLevel[], bids: readonly HeldLevel[]): number {
  const rows = [...asks.slice(0, TOP), ...bids.slice(0, TOP)];
  return crc32(rows.map(({ price, size }) => digits(price) + digits(size)).join(''));
}
