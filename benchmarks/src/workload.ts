// Workloads: what is published in a turn, and which connection holds what. Knows no server and no process.

/** Bytes of one price update as JSON, the same for every server. */
export const PRICE_BYTES = 172;

/** The byte the load generator counts; it stands exactly once in every update and nowhere else. */
export const MARKER = '@';

/** One price update. Every field but the symbol and the day's extremes moves with every tick. */
export interface PriceUpdate {
  readonly symbol: string;
  /** The marker and milliseconds since 1970: it moves with every tick, so a delta carries the marker too. */
  readonly ts: string;
  readonly price: number;
  readonly change: number;
  readonly changePct: number;
  readonly volume: number;
  readonly high: number;
  readonly low: number;
  readonly bid: number;
  readonly ask: number;
}

/** A number of fixed length: JSON drops a zero at the end of a fraction, so none ends in one. */
function decimal(scaled: number, scale: number): number {
  return (scaled % 10 === 0 ? scaled + 1 : scaled) / scale;
}

/** The update of a symbol at a tick: always {@link PRICE_BYTES} long, never equal to the one before. */
export function priceAt(symbol: number, tick: number): PriceUpdate {
  const wave = (tick * 7_919 + symbol * 311) % 89_989;
  const cents = 6_100_000 + wave;
  return {
    symbol: symbolName(symbol),
    ts: `${MARKER}${1_700_000_000_000 + tick}`,
    price: decimal(cents, 100),
    change: decimal(11_000 + ((wave * 3) % 88_888), 100),
    changePct: decimal(1_000 + ((wave * 7) % 8_888), 1_000),
    volume: decimal(123_000_000 + wave * 11, 10),
    high: 62_345.67,
    low: 60_123.45,
    bid: decimal(cents - 2, 100),
    ask: decimal(cents + 2, 100),
  };
}

/** `TW-07` for 7: the same length for every symbol. */
export function symbolName(symbol: number): string {
  return `TW-${symbol.toString().padStart(2, '0')}`;
}

export type WorkloadName = 'hot' | 'watchlist';

export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  readonly connections: number;
  /** Each is published once a turn. */
  readonly symbols: number;
  /** How many different symbols a connection holds: that many updates reach it each turn. */
  readonly held: number;
}

export const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = {
  hot: {
    name: 'hot',
    title: '1,000 connections, one state channel, one update a turn',
    connections: 1_000,
    symbols: 1,
    held: 1,
  },
  watchlist: {
    name: 'watchlist',
    title:
      '1,000 connections, each holding its own 16 of 64 state channels, every channel updated once a turn',
    connections: 1_000,
    symbols: 64,
    held: 16,
  },
};

/** mulberry32: small, seeded, good enough to shuffle with. Returns numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A random order of the items. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
}

/** Which symbols every connection holds. The same seed gives every server the same choice. */
export function holdings(workload: Workload, seed: number): readonly (readonly number[])[] {
  const random = seededRandom(seed);
  const all = Array.from({ length: workload.symbols }, (_, symbol) => symbol);
  return Array.from({ length: workload.connections }, () => shuffled(all, random).slice(0, workload.held));
}
