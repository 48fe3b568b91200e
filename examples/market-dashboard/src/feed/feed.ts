// What the demo needs of a source of market data, simulated or recorded.
import type { FeedEvent } from './feed-event.js';

export interface FeedListener {
  /**
   * `atMs` is the source's own time: of the recording, or of the simulated market, which tells the time of day. `pass`
   * counts the runs through a recording, from 1.
   */
  readonly onEvent: (event: FeedEvent, atMs: number, pass: number) => void;
  /** The recording is over and will not begin again. */
  readonly onFinished: () => void;
}

export interface Feed {
  readonly start: () => void;
  /** Stops the flow of events; {@link resume} goes on where it stopped. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends the feed for good. */
  readonly stop: () => void;
  readonly isPaused: () => boolean;
}
