// The watch-list: one row a product, every row its own subscription.
import { memo, useSyncExternalStore, type KeyboardEvent, type ReactElement } from 'react';
import type { Product } from '../../src/contract.js';
import { formatChange } from '../format.js';
import { sparks, useChannel } from '../live.js';
import { quoteOf } from '../quote.js';
import { useFlash } from './flash.js';

interface WatchListProps {
  readonly products: readonly Product[];
  readonly selected: string | null;
  readonly onSelect: (product: string) => void;
}

export function WatchList({ products, selected, onSelect }: WatchListProps): ReactElement {
  /** Arrow keys walk the list as they do in every terminal a trader knows. */
  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const index = products.findIndex((product) => product.id === selected);
    const next = products[index + step];
    if (step === 0 || !next) return;
    event.preventDefault();
    onSelect(next.id);
    event.currentTarget.querySelectorAll<HTMLButtonElement>('.watch-select')[index + step]?.focus();
  };
  return (
    <section className="panel desk-watch" aria-label="Watch-list">
      <div className="panel-head">
        <h2 className="panel-title">Watch-list</h2>
        <span className="panel-note">{products.length} products</span>
      </div>
      <div className="panel-body">
        <table className="watch">
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">Bid / ask</th>
              <th scope="col">Last / 24 h</th>
            </tr>
          </thead>
          <tbody onKeyDown={onKeyDown}>
            {products.map((product) => (
              <WatchRow
                key={product.id}
                product={product}
                isSelected={product.id === selected}
                onSelect={onSelect}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface WatchRowProps {
  readonly product: Product;
  readonly isSelected: boolean;
  readonly onSelect: (product: string) => void;
}

const WatchRow = memo(function WatchRow({ product, isSelected, onSelect }: WatchRowProps): ReactElement {
  const { id, base, quote, priceDecimals } = product;
  const {
    data: ticker,
    status,
    position,
  } = useChannel('ticker/{product}', { product: id }, { maxUpdatesPerSecond: 10 });
  const { price, isMid, change, tone } = quoteOf(ticker, priceDecimals);
  const bid = ticker?.bid ?? null;
  const ask = ticker?.ask ?? null;
  const lastCell = useFlash<HTMLSpanElement>(id, price);
  const bidCell = useFlash<HTMLSpanElement>(id, bid);
  const askCell = useFlash<HTMLSpanElement>(id, ask);
  return (
    <tr
      className="watch-row fades"
      data-product={id}
      data-status={status}
      data-epoch={position?.epoch}
      data-offset={position?.offset}
      data-selected={isSelected}
      onClick={() => onSelect(id)}
    >
      <td>
        <button type="button" className="watch-select" aria-pressed={isSelected} aria-label={`Show ${id}`}>
          <span className="watch-base">{base}</span>
          <span className="watch-quote">{quote}</span>
          <Spark product={id} />
        </button>
      </td>
      <td>
        <span className="watch-stack watch-quotes">
          <span ref={bidCell} data-field="bid">
            {bid ?? '–'}
          </span>
          <span ref={askCell} data-field="ask">
            {ask ?? '–'}
          </span>
        </span>
      </td>
      <td>
        <span className="watch-stack">
          <span
            ref={lastCell}
            className="watch-last"
            data-field="price"
            title={isMid ? 'Middle of bid and ask: this source sends no trades' : undefined}
          >
            {price ?? '–'}
          </span>
          <span className={`watch-change ${tone}`} data-field="change">
            {formatChange(change)}
          </span>
        </span>
      </td>
    </tr>
  );
});

const WIDTH = 72;
const HEIGHT = 15;

/** The seconds since the page was opened, and coloured by them: the day is another story. */
function Spark({ product }: { readonly product: string }): ReactElement {
  const all = useSyncExternalStore(sparks.subscribe, sparks.get);
  const points = all.get(product) ?? [];
  const low = Math.min(...points);
  const rise = (points.at(-1) ?? 0) - (points[0] ?? 0);
  const span = Math.max(...points) - low;
  const step = WIDTH / Math.max(1, points.length - 1);
  const heightOf = (value: number): number =>
    span === 0 ? HEIGHT / 2 : HEIGHT - ((value - low) / span) * HEIGHT;
  const path = points
    .map((value, index) => `${(index * step).toFixed(1)} ${heightOf(value).toFixed(1)}`)
    .join(' L');
  return (
    <svg
      className={`watch-spark ${rise === 0 ? 'muted' : rise > 0 ? 'up' : 'down'}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {points.length > 1 && <path d={`M${path}`} />}
    </svg>
  );
}
