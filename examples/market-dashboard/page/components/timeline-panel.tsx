// The timeline: what happened to the connection, and how it healed.
import { useSyncExternalStore, type ReactElement } from 'react';
import { formatTimeMs } from '../format.js';
import { timeline } from '../live.js';

export function TimelinePanel(): ReactElement {
  const moments = useSyncExternalStore(timeline.subscribe, timeline.get);
  return (
    <section className="panel rail-timeline" aria-label="Timeline">
      <div className="panel-head">
        <h2 className="panel-title">What happened</h2>
        <span className="panel-note">this tab, newest first</span>
      </div>
      <div className="panel-body" tabIndex={0} role="log" aria-live="polite" aria-label="Connection events">
        <ol className="timeline">
          {moments.map((moment) => (
            <li key={moment.id} className="moment" data-moment={moment.kind}>
              <div className="moment-head">
                <span className="moment-title">{moment.title}</span>
                <time className="moment-time">{formatTimeMs(moment.atMs)}</time>
              </div>
              {moment.text !== undefined && <p className="moment-text">{moment.text}</p>}
              {moment.chips !== undefined && moment.chips.length > 0 && (
                <div className="chips">
                  {moment.chips.map((chip) => (
                    <span key={chip.label} className="chip" data-tone={chip.tone} data-chip={chip.label}>
                      <b>{chip.value}</b> {chip.label}
                    </span>
                  ))}
                </div>
              )}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
