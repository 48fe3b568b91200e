// The audit: counted from the trades' own ids, not from anything the SDK says about itself.
import { useSyncExternalStore, type ReactElement } from 'react';
import { formatCount } from '../format.js';
import { ledger } from '../live.js';
import type { Theme } from '../theme.js';
import { LatencyChart } from './latency-chart.js';

export function LedgerPanel({ theme }: { readonly theme: Theme }): ReactElement {
  const { received, missing, twice, gaps } = useSyncExternalStore(ledger.subscribe, ledger.get);
  return (
    <section className="panel desk-audit" aria-label="Audit of this tab">
      <div className="panel-head">
        <h2 className="panel-title">Audit of this tab</h2>
        <span className="panel-note">by trade id</span>
      </div>
      <dl className="ledger">
        <div>
          <dt>Trades</dt>
          <dd data-ledger="received">{formatCount(received)}</dd>
        </div>
        <div>
          <dt>Missing</dt>
          <dd data-ledger="missing" data-tone={missing === 0 ? 'good' : 'bad'}>
            {formatCount(missing)}
          </dd>
        </div>
        <div>
          <dt>Twice</dt>
          <dd data-ledger="twice" data-tone={twice === 0 ? 'good' : 'bad'}>
            {formatCount(twice)}
          </dd>
        </div>
        <div>
          <dt>Gaps told</dt>
          <dd data-ledger="gaps" data-tone={gaps === 0 ? 'good' : 'warn'}>
            {formatCount(gaps)}
          </dd>
        </div>
      </dl>
      <LatencyChart theme={theme} />
    </section>
  );
}
