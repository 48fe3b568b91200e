// Seeded randomness for the simulator: the same seed gives the same market on every machine.

/** A source of random numbers whose whole future is fixed by its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number in [0, `limit`). */
  integer(limit: number): number;
  /** Waiting time until the next event of a Poisson process with `rate` events per unit. */
  exponential(rate: number): number;
  /** Normal with mean 0 and variance 1. */
  normal(): number;
  /** An independent source: drawing from it never changes this one. */
  fork(label: string): Random;
}

/** FNV-1a: turns a label into 32 well-spread bits. */
function hashLabel(label: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Creates a generator (mulberry32: 32 bits of state, full period, good enough for order arrivals). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    integer: (limit) => Math.floor(next() * limit),
    exponential: (rate) => -Math.log(1 - next()) / rate,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: (label) => createRandom(Math.imul(seed ^ hashLabel(label), 0x9e3779b1) >>> 0),
  };
}
