// The buttons that break things, each with what it does and how long it still lasts.
import { useEffect, useState, useSyncExternalStore, type CSSProperties, type ReactElement } from 'react';
import type { FeedStatus } from '../../src/contract.js';
import { FAST_RATE, LOCAL_FAULT, type FaultName, type FaultSpan } from '../faults.js';
import { faults, useConnectionView } from '../live.js';
import { CableIcon, DropIcon, FastIcon, PauseIcon, PlayIcon, ServerIcon, SlowIcon } from './icons.js';

interface Fault {
  readonly name: FaultName;
  readonly title: string;
  readonly note: string;
  readonly icon: ReactElement;
}

const FAULTS: readonly Fault[] = [
  { name: 'cable', title: 'Cut the cable', note: 'This tab’s connection, for 5 s', icon: <CableIcon /> },
  {
    name: 'server',
    title: 'Kill the server',
    note: 'Server and sockets; the feed lives on',
    icon: <ServerIcon />,
  },
  { name: 'drop', title: 'Drop 10 % of messages', note: 'On their way to this tab', icon: <DropIcon /> },
  {
    name: 'slow',
    title: 'Slow this tab',
    note: 'Its main thread is busy most of the time',
    icon: <SlowIcon />,
  },
  { name: 'fast', title: '10,000 updates/s', note: 'The whole market, for everybody', icon: <FastIcon /> },
];

const UNTIL_SWITCHED_OFF: FaultSpan = { startedMs: 0, endsMs: Infinity };

export function FaultPanel({ feed }: { readonly feed: FeedStatus | undefined }): ReactElement {
  const { spans, asked } = useSyncExternalStore(faults.subscribe, faults.get);
  const { isFresh } = useConnectionView();
  const isSimulated = feed?.kind !== 'replay';
  // The rate is the market's, not this tab's: any tab may have set it.
  const fast = (feed?.targetUpdatesPerSecond ?? 0) >= FAST_RATE ? UNTIL_SWITCHED_OFF : null;
  return (
    <section className="panel" aria-label="Break it">
      <div className="panel-head">
        <h2 className="panel-title">Break it</h2>
        <button
          type="button"
          className="icon-button panel-note"
          aria-disabled={!isFresh || asked.has('pause')}
          onClick={() => {
            if (isFresh) faults.togglePause(feed?.paused ?? false);
          }}
          aria-label={feed?.paused ? 'Resume the feed' : 'Pause the feed'}
          data-action={feed?.paused ? 'resume' : 'pause'}
        >
          {feed?.paused ? <PlayIcon /> : <PauseIcon />}
        </button>
      </div>
      <div className="faults">
        {FAULTS.map((fault) => (
          <FaultButton
            key={fault.name}
            fault={fault}
            until={fault.name === 'fast' ? fast : spans[fault.name]}
            isAsked={asked.has(fault.name)}
            obstacle={
              fault.name === 'fast' && !isSimulated
                ? 'Only with the simulated market'
                : fault.name !== LOCAL_FAULT && !isFresh
                  ? 'Needs a connection to ask over'
                  : null
            }
          />
        ))}
      </div>
    </section>
  );
}

interface FaultButtonProps {
  readonly fault: Fault;
  /** When it ends by itself; `Infinity` while it is on until switched off; null while it is off. */
  readonly until: FaultSpan | null;
  /** The server has not answered yet. */
  readonly isAsked: boolean;
  /** Why it cannot be pressed; null when it can. */
  readonly obstacle: string | null;
}

function FaultButton({ fault, until, isAsked, obstacle }: FaultButtonProps): ReactElement {
  const isTimed = until !== null && until.endsMs !== Infinity;
  const seconds = useSecondsLeft(isTimed ? until.endsMs : null);
  const style: CSSProperties = isTimed
    ? { animation: `drain ${until.endsMs - until.startedMs}ms linear forwards` }
    : {};
  const isDisabled = isTimed || isAsked || obstacle !== null;
  return (
    <button
      type="button"
      className="fault"
      data-fault={fault.name}
      data-active={until !== null}
      aria-pressed={until !== null}
      // Not `disabled`, which would take the keyboard's place on the page away with every press.
      aria-disabled={isDisabled}
      data-obstructed={obstacle !== null}
      onClick={() => {
        if (!isDisabled) faults.trigger(fault.name, until !== null);
      }}
    >
      <span className="fault-icon">{fault.icon}</span>
      <span>
        <span className="fault-name">{fault.title}</span>
        <span className="fault-note">{(!isTimed && obstacle) || fault.note}</span>
      </span>
      <span className="fault-state">{until === null ? '' : isTimed ? `${seconds} s` : 'On'}</span>
      {isTimed && <span className="fault-progress" style={style} />}
    </button>
  );
}

/** Counts down while a fault lasts. */
function useSecondsLeft(endsMs: number | null): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (endsMs === null) return;
    const timer = setInterval(() => setNowMs(Date.now()), 200);
    return () => clearInterval(timer);
  }, [endsMs]);
  return endsMs === null ? 0 : Math.max(0, Math.ceil((endsMs - nowMs) / 1_000));
}
