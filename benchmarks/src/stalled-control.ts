// Stalled control: what the harness and the server of the run with stalled readers say to each other.

/** One event for the others comes with so many for those who stopped: four thousand writes are most of the work. */
export const THIN_EVERY = 8;

/** From the harness. */
export type StalledOrder =
  /** Readers stop now: times count from here. */
  | { readonly do: 'begin' }
  | { readonly do: 'publish'; readonly events: number; readonly everyMs: number }
  /** One more event for those who stopped, with the marker the others' events have. */
  | { readonly do: 'mark' }
  | { readonly do: 'look' };

/** What became of one connection that reads little or nothing. */
export interface NarrowConnection {
  readonly kind: string;
  /** Most bytes that waited for it in the process. */
  readonly mostBytes: number;
  readonly closed: { readonly code: number; readonly afterMs: number } | null;
}

/** From the server process. */
export type StalledReport =
  | { readonly is: 'listening'; readonly port: number }
  | {
      readonly is: 'began';
      readonly rssBytes: number;
      /** Where those stand who stop now. */
      readonly cursor: { readonly e: string; readonly o: number };
    }
  | { readonly is: 'published'; readonly peakRssBytes: number }
  | { readonly is: 'seen'; readonly narrow: readonly NarrowConnection[] };
