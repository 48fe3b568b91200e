// Runs the simulated market in real time: owns the timer and the pace, and nothing of the market.
import type { Feed, FeedListener } from './feed.js';
import type { FeedClock } from './feed-clock.js';
import { createFeedLife } from './feed-life.js';
import { NATURAL_UPDATES_PER_SECOND, type MarketSimulator } from './simulator/market-simulator.js';

export interface SimulatedFeedOptions extends Pick<FeedListener, 'onEvent'> {
  readonly simulator: MarketSimulator;
  readonly clock: FeedClock;
  /** Updates per second over all products, on average: orders come in clusters. */
  readonly updatesPerSecond: number;
}

export interface SimulatedFeed extends Feed {
  readonly setRate: (updatesPerSecond: number) => void;
}

const STEP_MS = 10;
/** How often the pace is compared with the rate that was asked for, and how much of the difference is taken back. */
const TUNE_MS = 1_000;
const TUNE_SHARE = 0.3;
const TUNE_MOST = 1.5;
/** After a long stall the market goes on from now; it does not rush through what it missed. */
const LONGEST_STEP_MS = 250;

export function createSimulatedFeed({
  simulator,
  clock,
  updatesPerSecond,
  onEvent,
}: SimulatedFeedOptions): SimulatedFeed {
  let rate = updatesPerSecond;
  let pace = rate / NATURAL_UPDATES_PER_SECOND;
  let tuning = { elapsedMs: 0, updates: 0 };
  let lastMs = 0;

  const life = createFeedLife(clock, () => {
    lastMs = clock.monotonicMs();
    life.sleep(STEP_MS, step);
  });

  const step = (): void => {
    const nowMs = clock.monotonicMs();
    const elapsedMs = Math.min(LONGEST_STEP_MS, nowMs - lastMs);
    lastMs = nowMs;
    const wallMs = clock.wallMs();
    simulator.advance((elapsedMs / 1_000) * pace, wallMs - elapsedMs, wallMs, (event, atMs) => {
      tuning.updates += 1;
      onEvent(event, atMs, 1);
    });
    tuning.elapsedMs += elapsedMs;
    if (tuning.elapsedMs >= TUNE_MS) tune();
    if (life.isRunning()) life.sleep(STEP_MS, step);
  };

  /** How many updates an order makes depends on the book; over a while the rate is the one that was asked for. */
  const tune = (): void => {
    const measured = (tuning.updates / tuning.elapsedMs) * 1_000;
    const off = Math.min(TUNE_MOST, Math.max(1 / TUNE_MOST, rate / Math.max(1, measured)));
    pace *= off ** TUNE_SHARE;
    tuning = { elapsedMs: 0, updates: 0 };
  };

  return {
    ...life,
    setRate: (next) => {
      pace *= next / rate;
      rate = next;
      tuning = { elapsedMs: 0, updates: 0 };
    },
  };
}
