// Changed fields: what differs between two values, for code that updates a page by hand.
import { dequal } from 'dequal/lite';

/**
 * Names of the top-level fields that differ by value, fields that are gone included. Everything, where one of the two
 * is missing; nothing, where both are.
 */
export function changedFields<T extends object>(
  before: T | null | undefined,
  after: T | null | undefined,
): (keyof T & string)[] {
  const old: Partial<T> = before ?? {};
  const now: Partial<T> = after ?? {};
  const names = new Set([...Object.keys(old), ...Object.keys(now)] as (keyof T & string)[]);
  return [...names].filter((name) => !(name in old && name in now && dequal(old[name], now[name])));
}
