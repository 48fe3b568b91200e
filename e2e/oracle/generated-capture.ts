// A capture in the exchange's format that nobody recorded: seeded, with checksums of its own.
import { SeededRandom } from '@tickwire/testing';
import { checksumOf, type HeldLevel } from './checksum.js';

export interface GeneratedCaptureOptions {
  readonly seed: number;
  readonly pairs: number;
  readonly updates: number;
  readonly updatesPerSecond: number;
  /** Levels a side. */
  readonly depth: number;
}

const START = 1_700_000_000;

/** One generated book, and how it moves. */
class GeneratedBook {
  readonly levels = new Map<string, HeldLevel>();
  readonly #random: SeededRandom;
  readonly #depth: number;
  #middle: number;

  constructor(random: SeededRandom, depth: number) {
    this.#random = random;
    this.#depth = depth;
    this.#middle = random.int(10_000, 90_000);
    for (let step = 1; step <= depth; step++) {
      this.put('ask', this.#middle + step, this.#size());
      this.put('bid', this.#middle - step, this.#size());
    }
  }

  put(side: 'bid' | 'ask', ticks: number, size: string): HeldLevel {
    const level: HeldLevel = { side, price: (ticks / 100).toFixed(5), size };
    const key = `${side}:${String(ticks)}`;
    if (Number(size) === 0) this.levels.delete(key);
    else this.levels.set(key, level);
    return level;
  }

  /** One to four levels of one or both sides, the best ones more often; levels beyond the depth fall off. */
  move(): readonly HeldLevel[] {
    const changed: HeldLevel[] = [];
    for (let count = this.#random.int(1, 4); count > 0; count--) {
      const side = this.#random.float() < 0.5 ? 'bid' : 'ask';
      const away = 1 + Math.floor(this.#random.float() ** 3 * this.#depth);
      const size = this.#random.float() < 0.3 ? '0.00000000' : this.#size();
      changed.push(this.put(side, this.#middle + (side === 'ask' ? away : -away), size));
    }
    this.#cut('ask', 1);
    this.#cut('bid', -1);
    return changed;
  }

  #size(): string {
    return (this.#random.int(1, 1_000_000) / 1_000).toFixed(8);
  }

  #cut(side: 'bid' | 'ask', sign: 1 | -1): void {
    const held = [...this.levels].filter(([, level]) => level.side === side);
    held.sort(([, a], [, b]) => sign * (Number(a.price) - Number(b.price)));
    for (const [key] of held.slice(this.#depth)) this.levels.delete(key);
  }
}

/** The lines of a generated capture. */
export function* generateCapture(options: GeneratedCaptureOptions): Generator<string> {
  const random = new SeededRandom(options.seed);
  const row = ({ price, size }: HeldLevel, at: number) => [price, size, at.toFixed(6)];
  const pairs = Array.from({ length: options.pairs }, (_, index) => ({
    name: `GEN${String(index)}/EUR`,
    book: new GeneratedBook(random.fork(String(index)), options.depth),
  }));
  const frame = (at: number, parts: readonly unknown[], name: string) =>
    `${at.toFixed(6)}: ${JSON.stringify([1, ...parts, `book-${String(options.depth)}`, name])}`;

  yield `wss://generated.invalid <-> ${START.toFixed(6)}`;
  for (const { name, book } of pairs) {
    const side = (wanted: 'bid' | 'ask') =>
      [...book.levels.values()].filter((level) => level.side === wanted).map((level) => row(level, START));
    yield frame(START, [{ as: side('ask'), bs: side('bid') }], name);
  }
  for (let update = 1; update <= options.updates; update++) {
    const at = START + update / options.updatesPerSecond;
    const { name, book } = random.pick(pairs);
    const changed = book.move();
    const asks = changed.filter((level) => level.side === 'ask').map((level) => row(level, at));
    const bids = changed.filter((level) => level.side === 'bid').map((level) => row(level, at));
    const c = String(checksumOf(book.levels));
    if (asks.length === 0) yield frame(at, [{ b: bids, c }], name);
    else if (bids.length === 0) yield frame(at, [{ a: asks, c }], name);
    else yield frame(at, [{ a: asks }, { b: bids, c }], name);
  }
}
