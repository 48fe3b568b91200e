// Stalled result: what the run with stalled readers has seen. Data only.

/** The watermark of a server by default, in bytes. */
export const WATERMARK_BYTES = 262_144;

/** What one run has seen. */
export interface StalledResult {
  /** Published to each reader that had stopped, in bytes. */
  readonly sentBytes: number;
  /** Stopped readers for whom the watermark was reached. */
  readonly pastWatermark: number;
  readonly stopped: number;
  /** Most that waited in the process for one of them, in bytes. */
  readonly mostBytesEach: number;
  /** How much larger the process was at its largest than before, in bytes. */
  readonly growthBytes: number;
  /** When readers that took nothing were closed after they had stopped, in milliseconds; `null` if none was. */
  readonly closedAfterMs: { readonly first: number; readonly last: number } | null;
  readonly closeCodes: readonly number[];
  /** Closed readers that came back with the cursor they had, and those of them that then got the last event of all. */
  readonly cameBack: number;
  readonly converged: number;
  /** Of those that read a thousand bytes a second. */
  readonly slowClosed: number;
  readonly slow: number;
  /** Of them, those that had the last event of all once they read at full speed. */
  readonly slowCaughtUp: number;
  /** Events the others should have got, and did. */
  readonly expected: number;
  readonly delivered: number;
  readonly othersLost: number;
}
