// Runs the simulated market in real time: owns the timer and the pace, and nothing of the market.
import type { Feed, FeedListener } from './feed.js';
import type { FeedClock } from './feed-clock.js';
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
/** After a long stall the market goes on from now; it does not rush through what it missed. */
const LONGEST_STEP_MS = 250;

export function createSimulatedFeed({
  simulator,
  clock,
  updatesPerSecond,
  onEvent,
}: SimulatedFeedOptions): SimulatedFeed {
  let pace = updatesPerSecond / NATURAL_UPDATES_PER_SECOND;
  let lastMs = 0;
  let state: 'idle' | 'running' | 'paused' | 'over' = 'idle';
  let cancelTimer = (): void => {};

  const step = (): void => {
    const nowMs = clock.monotonicMs();
    const elapsedMs = Math.min(LONGEST_STEP_MS, nowMs - lastMs);
    lastMs = nowMs;
    const wallMs = clock.wallMs();
    simulator.advance((elapsedMs / 1_000) * pace, wallMs - elapsedMs, wallMs, (event, atMs) => {
      onEvent(event, atMs, 1);
    });
    if (state === 'running') cancelTimer = clock.setTimer(STEP_MS, step);
  };

  const run = (): void => {
    state = 'running';
    lastMs = clock.monotonicMs();
    cancelTimer = clock.setTimer(STEP_MS, step);
  };

  return {
    start: () => {
      if (state === 'idle') run();
    },
    pause: () => {
      if (state !== 'running') return;
      cancelTimer();
      state = 'paused';
    },
    resume: () => {
      if (state === 'paused') run();
    },
    stop: () => {
      cancelTimer();
      state = 'over';
    },
    isPaused: () => state === 'paused',
    setRate: (rate) => {
      pace = rate / NATURAL_UPDATES_PER_SECOND;
    },
  };
}
