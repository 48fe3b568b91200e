// Looks: colours and shapes of the ready status components. Each brings its own background, so that its contrast does
// not depend on the page being light or dark; nothing moves, so there is nothing to reduce.
import type { CSSProperties } from 'react';
import type { Indicator } from './indicator.js';

/** Background and text of every look; 4.5 to 1 or better against each other and for each mark. */
export const BACKGROUND = '#0f172a';
export const TEXT = '#f8fafc';

/** A mark per status: told apart by shape as well as by colour. */
export const MARKS: Readonly<Record<Indicator, readonly [shape: string, color: string]>> = {
  live: ['\u25cf', '#4ade80'],
  connecting: ['\u25d0', '#fbbf24'],
  offline: ['\u25cb', '#f87171'],
};

const PILL: CSSProperties = {
  display: 'inline-flex',
  alignItems: 'center',
  gap: '0.4em',
  padding: '0.2em 0.7em',
  border: '1px solid #64748b',
  borderRadius: '1em',
  backgroundColor: BACKGROUND,
  color: TEXT,
  fontSize: '0.875rem',
};

/** The three ready looks. */
export const LOOKS = {
  full: PILL,
  floating: { ...PILL, position: 'fixed', bottom: '1rem', left: '1rem', zIndex: 1_000 },
  badge: { ...PILL, padding: '0 0.35em', fontSize: '0.75rem' },
} as const satisfies Readonly<Record<string, CSSProperties>>;

/** Read by assistive technology, not seen. */
export const UNSEEN: CSSProperties = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  opacity: 0,
};
