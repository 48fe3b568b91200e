// The simulated products: names traders know, numbers that nobody quoted. The page labels all of it "simulated".

export interface ProductSpec {
  readonly id: string;
  /** Where the price starts. */
  readonly price: number;
  /** Smallest price step, in units of the last price decimal. */
  readonly tickUnits: number;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** Typical order size. */
  readonly size: number;
  /** How far apart resting orders lie, in ticks: wide for a dear product with a fine tick. */
  readonly spacing: number;
  /** Share of the market's activity relative to the others. */
  readonly activity: number;
  /** Volatility of the hidden fair value, as a share of the price over the square root of an hour. */
  readonly volatility: number;
}

export const SIMULATED_PRODUCTS: readonly ProductSpec[] = [
  {
    id: 'BTC-USD',
    price: 67_250,
    tickUnits: 50,
    priceDecimals: 2,
    sizeDecimals: 4,
    size: 0.18,
    spacing: 9,
    activity: 2.2,
    volatility: 0.009,
  },
  {
    id: 'ETH-USD',
    price: 3_482,
    tickUnits: 5,
    priceDecimals: 2,
    sizeDecimals: 3,
    size: 2.4,
    spacing: 5,
    activity: 1.8,
    volatility: 0.011,
  },
  {
    id: 'SOL-USD',
    price: 152.4,
    tickUnits: 1,
    priceDecimals: 2,
    sizeDecimals: 2,
    size: 38,
    spacing: 2,
    activity: 1.4,
    volatility: 0.016,
  },
  {
    id: 'XRP-USD',
    price: 0.5231,
    tickUnits: 1,
    priceDecimals: 4,
    sizeDecimals: 0,
    size: 9_000,
    spacing: 1,
    activity: 1.0,
    volatility: 0.014,
  },
  {
    id: 'LINK-USD',
    price: 14.823,
    tickUnits: 1,
    priceDecimals: 3,
    sizeDecimals: 1,
    size: 260,
    spacing: 2,
    activity: 0.8,
    volatility: 0.017,
  },
  {
    id: 'AVAX-USD',
    price: 27.31,
    tickUnits: 1,
    priceDecimals: 2,
    sizeDecimals: 1,
    size: 140,
    spacing: 1,
    activity: 0.7,
    volatility: 0.018,
  },
  {
    id: 'DOT-USD',
    price: 6.214,
    tickUnits: 1,
    priceDecimals: 3,
    sizeDecimals: 1,
    size: 620,
    spacing: 1,
    activity: 0.6,
    volatility: 0.015,
  },
  {
    id: 'LTC-EUR',
    price: 78.12,
    tickUnits: 1,
    priceDecimals: 2,
    sizeDecimals: 2,
    size: 31,
    spacing: 2,
    activity: 0.5,
    volatility: 0.012,
  },
  {
    id: 'ETH-BTC',
    price: 0.05178,
    tickUnits: 1,
    priceDecimals: 5,
    sizeDecimals: 3,
    size: 3.1,
    spacing: 1,
    activity: 0.6,
    volatility: 0.006,
  },
  {
    id: 'ADA-EUR',
    price: 0.4124,
    tickUnits: 1,
    priceDecimals: 4,
    sizeDecimals: 0,
    size: 7_400,
    spacing: 1,
    activity: 0.4,
    volatility: 0.016,
  },
];
