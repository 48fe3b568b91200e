// The trade tape: every trade and every announced gap, in the order they came. Knows no connection.
import type { Trade } from '../../src/contract.js';
import { createStore } from './store.js';

/** One line of the tape. */
export type TapeEntry =
  | { readonly kind: 'trade'; readonly trade: Trade }
  | {
      readonly kind: 'gap';
      readonly why: string;
      /** Offsets of the events that are lost, (`after`, `upTo`]; null when nobody can say which. */
      readonly after: number | null;
      readonly upTo: number | null;
    };

export interface TradeRef {
  readonly product: string;
  readonly id: string;
}

const LINES_SHOWN = 60;
const REFS_KEPT = 500_000;

export interface Tape {
  readonly push: (trades: readonly Trade[]) => void;
  readonly gap: (why: string, after: number | null, upTo: number | null) => void;
  /** Newest first: the last lines of one product, or of all when `product` is null. */
  readonly lines: (product: string | null) => readonly TapeEntry[];
  /** Every trade received since the page was opened, oldest first. */
  readonly received: () => readonly TradeRef[];
  readonly subscribe: (listener: () => void) => () => void;
  /** Changes whenever {@link lines} may have. */
  readonly version: () => number;
}

export function createTape(): Tape {
  const version = createStore(0, 80);
  const all: TapeEntry[] = [];
  const byProduct = new Map<string, TapeEntry[]>();
  const received: TradeRef[] = [];
  let changes = 0;

  const put = (list: TapeEntry[], entry: TapeEntry): void => {
    list.push(entry);
    if (list.length > 4 * LINES_SHOWN) list.splice(0, list.length - LINES_SHOWN);
  };
  const listOf = (product: string): TapeEntry[] => {
    const known = byProduct.get(product);
    if (known) return known;
    const fresh: TapeEntry[] = [];
    byProduct.set(product, fresh);
    return fresh;
  };

  return {
    push: (trades) => {
      for (const trade of trades) {
        const entry: TapeEntry = { kind: 'trade', trade };
        put(all, entry);
        put(listOf(trade.product), entry);
        received.push({ product: trade.product, id: trade.id });
      }
      if (received.length > REFS_KEPT) received.splice(0, received.length - REFS_KEPT / 2);
      version.set(++changes);
    },
    gap: (why, after, upTo) => {
      const entry: TapeEntry = { kind: 'gap', why, after, upTo };
      put(all, entry);
      for (const list of byProduct.values()) put(list, entry);
      version.set(++changes);
    },
    lines: (product) => (product === null ? all : listOf(product)).slice(-LINES_SHOWN).reverse(),
    received: () => received,
    subscribe: version.subscribe,
    version: version.get,
  };
}
