// The page: reads what the feed is and which products there are, and lays the desk out.
import { useMemo, useState, type ReactElement } from 'react';
import { CandleChart } from './components/candle-chart.js';
import { DepthLadder } from './components/depth-ladder.js';
import { FaultPanel } from './components/fault-panel.js';
import { Header } from './components/header.js';
import { LedgerPanel } from './components/ledger-panel.js';
import { ProductSummary } from './components/product-summary.js';
import { TimelinePanel } from './components/timeline-panel.js';
import { TradeTape } from './components/trade-tape.js';
import { WatchList } from './components/watch-list.js';
import { useChannel, useConnectionView } from './live.js';
import { useTheme } from './theme.js';

export function App(): ReactElement {
  const [theme, toggleTheme] = useTheme();
  const { data: feed } = useChannel('feed');
  const { data: productsById } = useChannel('products');
  const { isFresh } = useConnectionView();
  const [chosen, setChosen] = useState<string | null>(null);
  const products = useMemo(
    () => [...(productsById?.values() ?? [])].sort((one, two) => one.order - two.order),
    [productsById],
  );
  const selected = products.find((product) => product.id === chosen) ?? products[0];

  return (
    <div className="app" data-fresh={isFresh ? 'live' : 'stale'}>
      <a className="skip-link" href="#market">
        Skip to the market
      </a>
      <Header feed={feed} theme={theme} onToggleTheme={toggleTheme} />
      <main className="desk" id="market">
        <div className="desk-side">
          <WatchList products={products} selected={selected?.id ?? null} onSelect={setChosen} />
          <LedgerPanel theme={theme} />
        </div>
        <section className="panel desk-chart" aria-label="Price">
          {selected && (
            <>
              <ProductSummary product={selected} />
              <CandleChart product={selected} theme={theme} candlesOf={feed?.candlesOf ?? 'trades'} />
            </>
          )}
        </section>
        <div className="desk-book">
          {selected ? (
            <>
              <DepthLadder product={selected} />
              <TradeTape product={selected} />
            </>
          ) : (
            <>
              <section className="panel" />
              <section className="panel" />
            </>
          )}
        </div>
        <aside className="desk-rail" aria-label="Faults and what came of them">
          <FaultPanel feed={feed} />
          <TimelinePanel />
        </aside>
      </main>
    </div>
  );
}
