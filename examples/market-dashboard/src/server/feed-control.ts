// The feed as the demo runs it: source, market and the `feed` document that says what they do.
import type { FeedStatus } from '../contract.js';
import type { Capture } from '../feed/capture/capture.js';
import type { FeedClock } from '../feed/feed-clock.js';
import type { FeedEvent } from '../feed/feed-event.js';
import type { Feed, FeedListener } from '../feed/feed.js';
import { createReplay } from '../feed/replay.js';
import { createSimulatedFeed } from '../feed/simulated-feed.js';
import { MarketSimulator } from '../feed/simulator/market-simulator.js';
import { Market } from '../market/market.js';
import type { DemoOptions } from '../options.js';
import type { MarketChannels } from './market-channels.js';

export interface FeedControl {
  readonly start: () => void;
  readonly stop: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** False where the feed follows a recording. */
  readonly setRate: (updatesPerSecond: number) => boolean;
  readonly status: () => FeedStatus;
  /** Publishes candles and reports; called a few times a second. */
  readonly tick: () => void;
}

export interface FeedControlOptions {
  readonly options: DemoOptions;
  /** Null runs the simulated market. */
  readonly recording: Capture | null;
  readonly clock: FeedClock;
  readonly channels: MarketChannels;
  /** The recording is over, and everything of it is published. */
  readonly onFinished: () => void;
}

/** The part of {@link FeedStatus} that never changes. */
type FixedStatus = Pick<
  FeedStatus,
  'kind' | 'label' | 'once' | 'skipped' | 'speed' | 'candleIntervalMs' | 'candlesOf' | 'tradeIds'
>;

const SIMULATED_CANDLE_MS = 5_000;
const REPLAYED_CANDLE_MS = 1_000;
/** How much of the simulated market has happened when the page opens. */
const WARM_UP_MS = 15 * 60_000;
/** The last trades of the warm-up are published, so that the tape does not begin empty. */
const TRADES_ON_TAPE = 60;
/**
 * Trade ids follow the clock, a hundred for every millisecond: a process that starts later gives later ids, however
 * fast the market of the one before ran.
 */
const TRADE_IDS_PER_MS = 100;
const RATE_WINDOW_MS = 1_000;

interface Source {
  readonly feed: Feed;
  readonly market: Market;
  readonly fixed: FixedStatus;
  readonly setRate: ((updatesPerSecond: number) => void) | null;
}

export function createFeedControl({
  options,
  recording,
  clock,
  channels,
  onFinished,
}: FeedControlOptions): FeedControl {
  let published = 0;
  let pass = 1;
  let finished = false;
  let target = recording === null ? options.rate : null;
  let window = { startedMs: clock.monotonicMs(), published: 0, rate: 0 };

  const listener = (market: Market): FeedListener => ({
    onEvent: (event, atMs, run) => {
      published += 1;
      pass = run;
      market.apply(event, atMs, run);
    },
    onFinished: () => {
      market.publishCandles();
      void channels.settled().then(() => {
        finished = true;
        onFinished();
      });
    },
  });
  const { feed, market, fixed, setRate } =
    recording === null
      ? simulatedSource(options, clock, channels, listener)
      : replayedSource(recording, options, clock, channels, listener);

  return {
    start: feed.start,
    stop: feed.stop,
    pause: feed.pause,
    resume: feed.resume,
    setRate: (updatesPerSecond) => {
      if (setRate === null) return false;
      target = updatesPerSecond;
      setRate(updatesPerSecond);
      return true;
    },
    status: () => ({
      ...fixed,
      pass,
      paused: feed.isPaused(),
      finished,
      targetUpdatesPerSecond: target,
      updatesPerSecond: finished || feed.isPaused() ? 0 : window.rate,
      published,
      checksums: { ...market.checksums },
    }),
    tick: () => {
      market.publishCandles();
      const elapsedMs = clock.monotonicMs() - window.startedMs;
      if (elapsedMs < RATE_WINDOW_MS) return;
      const rate = Math.round(((published - window.published) / elapsedMs) * 1_000);
      window = { startedMs: clock.monotonicMs(), published, rate };
    },
  };
}

type Listen = (market: Market) => FeedListener;

function simulatedSource(
  options: DemoOptions,
  clock: FeedClock,
  channels: MarketChannels,
  listen: Listen,
): Source {
  const nowMs = clock.wallMs();
  const simulator = new MarketSimulator({
    seed: options.seed,
    firstTradeId: Math.floor(nowMs) * TRADE_IDS_PER_MS,
  });
  const market = new Market({
    sink: channels,
    wallMs: clock.wallMs,
    candleIntervalMs: SIMULATED_CANDLE_MS,
    candlesOf: 'trades',
  });
  market.announce(simulator.products.map((product) => product.id));
  const past: FeedEvent[] = [];
  simulator.advance(WARM_UP_MS / 1_000, nowMs - WARM_UP_MS, nowMs, (event) => {
    if (event.type === 'trade') past.push(event);
  });
  for (const event of past.slice(0, -TRADES_ON_TAPE)) market.remember(event);
  for (const event of [...past.slice(-TRADES_ON_TAPE), ...simulator.snapshot(nowMs)])
    market.apply(event, nowMs);
  market.publishCandles();
  const feed = createSimulatedFeed({
    simulator,
    clock,
    updatesPerSecond: options.rate,
    onEvent: listen(market).onEvent,
  });
  return {
    feed,
    market,
    setRate: feed.setRate,
    fixed: {
      kind: 'simulated',
      label: 'Simulated market',
      once: false,
      skipped: 0,
      speed: null,
      candleIntervalMs: SIMULATED_CANDLE_MS,
      candlesOf: 'trades',
      tradeIds: 'market',
    },
  };
}

function replayedSource(
  capture: Capture,
  { once, speed }: DemoOptions,
  clock: FeedClock,
  channels: MarketChannels,
  listen: Listen,
): Source {
  const market = new Market({
    sink: channels,
    wallMs: clock.wallMs,
    candleIntervalMs: REPLAYED_CANDLE_MS,
    candlesOf: 'mid',
  });
  market.announce(capture.products);
  const { entries, counts, exchange } = capture;
  return {
    feed: createReplay({ entries, clock, speed, once, ...listen(market) }),
    market,
    setRate: null,
    fixed: {
      kind: 'replay',
      label: `Replay of ${exchange}`,
      once,
      skipped: counts.unknown + counts.unreadable,
      speed: speed === Infinity ? null : speed,
      candleIntervalMs: REPLAYED_CANDLE_MS,
      candlesOf: 'mid',
      tradeIds: exchange === 'Coinbase' ? 'product' : 'opaque',
    },
  };
}
