// The connection in one word, with its colour never alone: the text says it too.
import type { ReactElement } from 'react';
import { useConnectionView } from '../live.js';

export function StatusPill(): ReactElement {
  const { tone, label } = useConnectionView();
  return (
    <div className="status" role="status" data-tone={tone} data-connection={label}>
      <span className="status-dot" />
      {label}
    </div>
  );
}
