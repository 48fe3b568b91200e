// The header: what this is, that its prices are simulated, how fast it flows and whether it is live.
import { useSyncExternalStore, type ReactElement } from 'react';
import type { FeedStatus } from '../../src/contract.js';
import { formatCount, formatMs } from '../format.js';
import { latency } from '../live.js';
import type { Theme } from '../theme.js';
import { BrandMark, MoonIcon, SunIcon } from './icons.js';
import { StatusPill } from './status-pill.js';

interface HeaderProps {
  readonly feed: FeedStatus | undefined;
  readonly theme: Theme;
  readonly onToggleTheme: () => void;
}

export function Header({ feed, theme, onToggleTheme }: HeaderProps): ReactElement {
  const samples = useSyncExternalStore(latency.subscribe, latency.get);
  const last = samples.at(-1)?.latencyMs ?? null;
  return (
    <header className="header">
      <div className="brand">
        <BrandMark />
        <h1 className="brand-name">
          Tickwire<span>Market dashboard</span>
        </h1>
      </div>
      <span className="badge" data-kind={feed?.kind}>
        {badgeOf(feed)}
      </span>
      <dl className="header-facts">
        <div className="fact">
          <dt>Updates/s</dt>
          <dd>{feed ? formatCount(feed.updatesPerSecond) : '–'}</dd>
        </div>
        <div className="fact">
          <dt>Latency</dt>
          <dd>{last === null ? '–' : formatMs(last)}</dd>
        </div>
      </dl>
      <StatusPill />
      <button
        type="button"
        className="icon-button"
        onClick={onToggleTheme}
        aria-label={theme === 'dark' ? 'Use light colours' : 'Use dark colours'}
      >
        {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
      </button>
    </header>
  );
}

function badgeOf(feed: FeedStatus | undefined): string {
  if (!feed) return 'Feed unknown';
  if (feed.finished) return `${feed.label}, finished`;
  return feed.paused ? `${feed.label}, paused` : feed.label;
}
