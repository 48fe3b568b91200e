// The depth ladder: best prices in the middle, cumulated size as bars. Plain rows, no chart.
import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement, type RefObject } from 'react';
import type { Level, Product } from '../../src/contract.js';
import { formatCount } from '../format.js';
import { useChannel } from '../live.js';

const ROW_HEIGHT = 22;
const MOST_ROWS = 30;

interface Rung {
  readonly level: Level;
  readonly total: number;
}

interface Depth {
  readonly asks: readonly Rung[];
  readonly bids: readonly Rung[];
  readonly levels: number;
}

function cumulate(levels: readonly Level[]): readonly Rung[] {
  let total = 0;
  return levels.map((level) => {
    total += Number(level.size);
    return { level, total };
  });
}

/** The best levels of both sides. The collection holds all of them, in no order. */
function depthOf(book: ReadonlyMap<string, Level>, rows: number): Depth {
  const asks: Level[] = [];
  const bids: Level[] = [];
  for (const level of book.values()) (level.side === 'ask' ? asks : bids).push(level);
  asks.sort((one, two) => Number(one.price) - Number(two.price));
  bids.sort((one, two) => Number(two.price) - Number(one.price));
  return { asks: cumulate(asks.slice(0, rows)), bids: cumulate(bids.slice(0, rows)), levels: book.size };
}

// Rows keep their place and change their text: a ladder whose rows move is hard to read.

/** How many rows fit one half of the ladder. */
function useRows(): readonly [RefObject<HTMLDivElement | null>, number] {
  const element = useRef<HTMLDivElement>(null);
  const [rows, setRows] = useState(8);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      const height = entry?.contentRect.height ?? 0;
      setRows(Math.max(3, Math.min(MOST_ROWS, Math.floor(height / ROW_HEIGHT))));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, rows];
}

export function DepthLadder({ product }: { readonly product: Product }): ReactElement {
  const [half, rows] = useRows();
  const select = useCallback((book: ReadonlyMap<string, Level>) => depthOf(book, rows), [rows]);
  const {
    data: depth,
    status,
    position,
  } = useChannel('book/{product}', { product: product.id }, { select, maxUpdatesPerSecond: 12 });
  const { data: checksums } = useChannel('feed', { select: (feed) => feed.checksums });
  const { asks, bids, levels } = depth ?? { asks: [], bids: [], levels: 0 };
  const deepest = Math.max(asks.at(-1)?.total ?? 0, bids.at(-1)?.total ?? 0) || 1;
  const asksDown = useMemo(() => [...asks].reverse(), [asks]);
  const bestAsk = asks[0]?.level.price;
  const bestBid = bids[0]?.level.price;
  const spread =
    bestAsk === undefined || bestBid === undefined
      ? null
      : (Number(bestAsk) - Number(bestBid)).toFixed(product.priceDecimals);
  const middle =
    bestAsk === undefined || bestBid === undefined
      ? null
      : ((Number(bestAsk) + Number(bestBid)) / 2).toFixed(product.priceDecimals);
  return (
    <section
      className="panel"
      aria-label={`Depth of ${product.id}`}
      data-product={product.id}
      data-status={status}
      data-offset={position?.offset}
    >
      <div className="panel-head">
        <h2 className="panel-title">Depth</h2>
        <span className="panel-note">
          {checksums !== undefined && checksums.matched + checksums.failed > 0 && (
            <span className={checksums.failed === 0 ? 'up' : 'down'} data-checksums={checksums.matched}>
              {checksums.failed === 0
                ? `${formatCount(checksums.matched)} checksums met`
                : `${formatCount(checksums.failed)} checksums failed`}
              {' · '}
            </span>
          )}
          {formatCount(levels)} levels
        </span>
      </div>
      <div className="columns ladder-grid">
        <span>Price, {product.quote || product.id}</span>
        <span>Size</span>
        <span>Total</span>
      </div>
      <div className="ladder fades">
        <div ref={half} className="ladder-half" data-side="ask">
          {asksDown.map((rung, index) => (
            <RungRow
              key={asksDown.length - index}
              rung={rung}
              deepest={deepest}
              decimals={product.sizeDecimals}
            />
          ))}
        </div>
        <div className="ladder-mid">
          <strong>{middle ?? '–'}</strong>
          <span className="muted">Spread {spread ?? '–'}</span>
        </div>
        <div className="ladder-half" data-side="bid">
          {bids.map((rung, index) => (
            <RungRow key={index} rung={rung} deepest={deepest} decimals={product.sizeDecimals} />
          ))}
        </div>
      </div>
    </section>
  );
}

interface RungRowProps {
  readonly rung: Rung;
  readonly deepest: number;
  readonly decimals: number;
}

function RungRow({ rung: { level, total }, deepest, decimals }: RungRowProps): ReactElement {
  return (
    <div
      className="rung ladder-grid"
      data-key={level.key}
      style={{ '--depth': (total / deepest).toFixed(4) } as Readonly<Record<string, string>>}
    >
      <span className={level.side === 'ask' ? 'down' : 'up'}>{level.price}</span>
      <span>{level.size}</span>
      <span className="muted">{total.toFixed(Math.min(decimals, 4))}</span>
    </div>
  );
}
