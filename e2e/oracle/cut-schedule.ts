// Cut schedule: when the link is torn and for how long, drawn before the run so that nothing in it can depend on
// what the client does.
import type { SeededRandom } from '@tickwire/testing';

const SHORTEST_DOWN_MS = 50;
const LONGEST_DOWN_MS = 2_000;
/** Share of the run that the link is down, as far as the shortest cut allows. */
const DOWN_SHARE = 0.2;

export interface Cut {
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  readonly downMs: number;
  readonly midFrame: boolean;
}

/**
 * Random times, one in each of `count` equal slots so that they seldom meet; random lengths from 50 to 2,000 ms whose mean
 * leaves the client connected for most of the run, half of them in the middle of a frame.
 */
export function drawCuts(random: SeededRandom, count: number, durationMs: number): readonly Cut[] {
  const slotMs = durationMs / Math.max(count, 1);
  const spread = LONGEST_DOWN_MS - SHORTEST_DOWN_MS;
  const meanMs = Math.min(
    Math.max(slotMs * DOWN_SHARE, SHORTEST_DOWN_MS + 10),
    SHORTEST_DOWN_MS + spread / 2,
  );
  // The mean of u^k for u uniform in [0, 1) is 1 / (k + 1).
  const exponent = spread / (meanMs - SHORTEST_DOWN_MS) - 1;
  return Array.from({ length: count }, (_, index) => ({
    atMs: (index + random.float()) * slotMs,
    downMs: SHORTEST_DOWN_MS + spread * random.float() ** exponent,
    midFrame: random.float() < 0.5,
  }));
}
