// The chosen product in large type: price, change and the figures of the day.
import type { ReactElement } from 'react';
import type { Product } from '../../src/contract.js';
import { formatChange, formatCompact } from '../format.js';
import { useChannel } from '../live.js';
import { quoteOf } from '../quote.js';
import { useFlash } from './flash.js';

export function ProductSummary({ product }: { readonly product: Product }): ReactElement {
  const { data: ticker } = useChannel(
    'ticker/{product}',
    { product: product.id },
    { maxUpdatesPerSecond: 10 },
  );
  const { price, isMid, change, tone } = quoteOf(ticker, product.priceDecimals);
  const priceCell = useFlash<HTMLSpanElement>(product.id, price);
  return (
    <div className="summary">
      <h2 className="summary-name">
        {product.base} / {product.quote}
        <small>{isMid ? 'Middle of the book' : 'Last trade'}</small>
      </h2>
      <p className="summary-quote fades">
        <span ref={priceCell} className="summary-price">
          {price ?? '–'}
        </span>
        <span className={`summary-change ${tone}`}>{formatChange(change)}</span>
      </p>
      <dl className="summary-facts fades">
        <Fact name="24 h low" value={ticker?.low24h} optional />
        <Fact name="24 h high" value={ticker?.high24h} optional />
        <Fact
          name={`Volume, ${product.base}`}
          value={ticker?.volume24h ? formatCompact(Number(ticker.volume24h)) : null}
        />
        <Fact name="Spread" value={spreadOf(ticker?.bid, ticker?.ask, product.priceDecimals)} />
      </dl>
    </div>
  );
}

function spreadOf(
  bid: string | null | undefined,
  ask: string | null | undefined,
  decimals: number,
): string | null {
  if (!bid || !ask) return null;
  return (Number(ask) - Number(bid)).toFixed(decimals);
}

interface FactProps {
  readonly name: string;
  readonly value: string | null | undefined;
  readonly optional?: boolean;
}

function Fact({ name, value, optional = false }: FactProps): ReactElement {
  return (
    <div className={optional ? 'fact optional' : 'fact'}>
      <dt>{name}</dt>
      <dd>{value ?? '–'}</dd>
    </div>
  );
}
