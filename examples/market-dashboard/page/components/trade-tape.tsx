// The tape: every trade as it came, newest first, and every announced gap where it was.
import { memo, useState, useSyncExternalStore, type ReactElement } from 'react';
import type { Product } from '../../src/contract.js';
import { formatCount, formatTimeMs } from '../format.js';
import { tape } from '../live.js';
import type { TapeEntry } from '../journal/tape.js';

export function TradeTape({ product }: { readonly product: Product }): ReactElement {
  useSyncExternalStore(tape.subscribe, tape.version);
  const [all, setAll] = useState(false);
  const lines = tape.lines(all ? null : product.id);
  return (
    <section className="panel" aria-label="Trades" data-received={tape.received().length}>
      <div className="panel-head">
        <h2 className="panel-title">Trades</h2>
        <div className="segmented" role="group" aria-label="Which trades">
          <button type="button" aria-pressed={!all} onClick={() => setAll(false)}>
            {product.base}
          </button>
          <button type="button" aria-pressed={all} onClick={() => setAll(true)}>
            All
          </button>
        </div>
      </div>
      <div className="columns tape-grid" data-all={all}>
        <span>Time</span>
        {all && <span>Product</span>}
        <span>Price</span>
        <span>Size</span>
      </div>
      <div className="tape fades" role="list" aria-label="Latest trades, newest first" tabIndex={0}>
        {lines.map((entry, index) => (
          <TapeLine key={index} entry={entry} all={all} />
        ))}
      </div>
    </section>
  );
}

const TapeLine = memo(function TapeLine({
  entry,
  all,
}: {
  readonly entry: TapeEntry;
  readonly all: boolean;
}): ReactElement {
  if (entry.kind === 'gap') {
    const { after, upTo, why } = entry;
    const range = after === null || upTo === null ? '' : `: ${formatCount(upTo - after)} events`;
    return (
      <div className="gap" role="listitem" data-gap={why} data-gap-after={after} data-gap-up-to={upTo}>
        Gap announced by the server{range}
      </div>
    );
  }
  const { trade } = entry;
  return (
    <div
      className="print tape-grid"
      role="listitem"
      data-all={all}
      data-trade-id={trade.id}
      data-product={trade.product}
    >
      <time>{formatTimeMs(trade.timeMs)}</time>
      {all && <span className="print-product">{trade.product}</span>}
      <span className={trade.side === 'buy' ? 'up' : 'down'}>{trade.price}</span>
      <span>{trade.size}</span>
    </div>
  );
});
