// Environment: what the client wants to know of the page or device around it.
import type { Cancel } from '@tickwire/protocol';

/**
 * Something happened around the client: `visible` the page is shown again, or was thawed, or got the focus; `hidden`
 * it is not shown any more; `online` and `offline` as the platform believes it.
 */
export type EnvironmentEvent = 'visible' | 'hidden' | 'online' | 'offline';

/** The page or device. Every member is asked when it is needed, never at import. */
export interface Environment {
  /** What the device believes of its network. */
  isOnline(): boolean;
  /** Whether nobody can see the page. */
  isHidden(): boolean;
  /** Reports events until the returned function is called. */
  subscribe(listener: (event: EnvironmentEvent) => void): Cancel;
  /** Runs once before the next paint. Absent where nothing is painted. */
  readonly requestFrame?: ((run: () => void) => Cancel) | undefined;
  /** Endpoint on the page's own origin for a path; `undefined` where there is no page. */
  urlOf(path: string): string | undefined;
  /** Whether the person at this device asked for diagnostics. */
  wantsDebug(): boolean;
}
