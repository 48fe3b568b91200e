// The audit of the tape: from the trades' own ids, without asking the SDK, what is missing and what came twice.
import type { FeedStatus, Trade } from '../../src/contract.js';
import { createStore, type Store } from './store.js';

export interface LedgerCounts {
  readonly received: number;
  /** Ids that were skipped and that no announced gap explains. */
  readonly missing: number;
  readonly twice: number;
  /** Gaps the server announced. */
  readonly gaps: number;
}

export type TradeIdRule = FeedStatus['tradeIds'];

export interface Ledger extends Pick<Store<LedgerCounts>, 'get' | 'subscribe'> {
  readonly add: (trades: readonly Trade[]) => void;
  readonly gap: () => void;
  /** How ids follow each other. Until it is known they are only compared with those seen. */
  readonly setRule: (rule: TradeIdRule) => void;
}

export function createLedger(): Ledger {
  const counts = createStore<LedgerCounts>({ received: 0, missing: 0, twice: 0, gaps: 0 }, 120);
  const seen = new Set<string>();
  const last = new Map<string, number>();
  let rule: TradeIdRule = 'opaque';
  let received = 0;
  let missing = 0;
  let twice = 0;
  let gaps = 0;

  const publish = (): void => counts.set({ received, missing, twice, gaps });

  const check = (trade: Trade): void => {
    const key = `${trade.product} ${trade.id}`;
    if (seen.has(key)) {
      twice += 1;
      return;
    }
    seen.add(key);
    if (seen.size > 200_000) seen.delete(seen.values().next().value ?? '');
    const id = Number(trade.id);
    if (rule === 'opaque' || !Number.isSafeInteger(id)) return;
    const scope = rule === 'market' ? '' : trade.product;
    const before = last.get(scope);
    if (before !== undefined && id > before + 1) missing += id - before - 1;
    last.set(scope, Math.max(before ?? id, id));
  };

  return {
    get: counts.get,
    subscribe: counts.subscribe,
    add: (trades) => {
      received += trades.length;
      for (const trade of trades) check(trade);
      publish();
    },
    gap: () => {
      gaps += 1;
      // What is lost has been said: counting begins anew behind the gap.
      last.clear();
      publish();
    },
    setRule: (next) => {
      rule = next;
    },
  };
}
