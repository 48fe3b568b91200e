// Number maker: numbers within the bounds of a schema, whole or with two digits behind the point.
import type { SeededRandom } from '../random/seeded-random.js';
import { checksOf, type SchemaDef } from '@tickwire/protocol/lint';

/** How far from its one bound a number may be. */
const USUAL_RANGE = 1_000;
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
};

/** Prepares numbers for a number schema. */
export function numberMaker(def: SchemaDef): (random: SeededRandom) => number {
  let least = -Infinity;
  let most = Infinity;
  let step = 0;
  let isOpenBelow = false;
  let isOpenAbove = false;
  for (const check of checksOf(def)) {
    const value = Number(check['value']);
    if (check.check === 'greater_than' && value >= least) {
      least = value;
      isOpenBelow = check['inclusive'] !== true;
    } else if (check.check === 'less_than' && value <= most) {
      most = value;
      isOpenAbove = check['inclusive'] !== true;
    } else if (check.check === 'multiple_of') step = Math.max(step, value);
    else if (check.check === 'number_format') {
      const range = RANGES[String(check['format'])];
      if (range !== undefined) step = Math.max(step, 1);
      if (range !== undefined && String(check['format']) !== 'safeint') {
        least = Math.max(least, range[0]);
        most = Math.min(most, range[1]);
      }
    }
  }
  const [from, to] = usual(least, most);
  const grain = step === 0 ? fineness(to - from) : step;
  const first = Math.ceil(from / grain + (isOpenBelow && from === least ? Number.EPSILON : 0));
  const last = Math.floor(to / grain);
  return (random) => {
    let count = random.int(first, Math.max(first, last));
    if (isOpenBelow && count * grain <= least) count++;
    if (isOpenAbove && count * grain >= most) count--;
    return rounded(count * grain);
  };
}

/** The part of the range that numbers are taken from: near zero, or near the bound. */
function usual(least: number, most: number): readonly [number, number] {
  if (least === -Infinity && most === Infinity) return [0, USUAL_RANGE];
  if (least === -Infinity) return [Math.min(0, most - USUAL_RANGE), most];
  if (most === Infinity) return [least, least + USUAL_RANGE];
  return [least, most];
}

/** Two digits behind the point, more where the range is narrow. */
function fineness(range: number): number {
  if (range >= 1 || range <= 0) return 0.01;
  return 10 ** (Math.floor(Math.log10(range)) - 2);
}

/** Without the dust of binary fractions. */
function rounded(value: number): number {
  return Number(value.toPrecision(15));
}
