// The header: what this is, that its prices are simulated, how fast it flows and whether it is live.
import { useSyncExternalStore, type ReactElement } from 'react';
import type { FeedStatus } from '../../src/contract.js';
import { formatCount, formatMs } from '../format.js';
import { framesPerSecond, latency, useConnectionView } from '../live.js';
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
  const frames = useSyncExternalStore(framesPerSecond.subscribe, framesPerSecond.get);
  const { isFresh } = useConnectionView();
  // A rate and a latency of before the outage say nothing about now: unlike prices they are not shown at all.
  const last = isFresh ? (samples.at(-1)?.latencyMs ?? null) : null;
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
        <Fact
          name="Updates/s"
          unit="/s"
          value={isFresh && feed ? formatCount(feed.updatesPerSecond) : null}
        />
        <Fact name="Latency" value={last === null ? null : formatMs(last)} />
        <Fact name="Frames/s" unit="fps" value={frames === null ? null : formatCount(frames)} />
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

interface FactProps {
  readonly name: string;
  readonly value: string | null;
  /** Stands behind the value where there is no room for the name. */
  readonly unit?: string;
}

function Fact({ name, value, unit }: FactProps): ReactElement {
  return (
    <div className="fact" data-fact={name}>
      <dt>{name}</dt>
      <dd data-unit={unit}>{value ?? '–'}</dd>
    </div>
  );
}

function badgeOf(feed: FeedStatus | undefined): string {
  if (!feed) return 'Feed unknown';
  if (feed.finished) return `${feed.label}, finished`;
  return feed.paused ? `${feed.label}, paused` : feed.label;
}
