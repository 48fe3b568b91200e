// Levels: the `[price, size, …]` rows that exchanges write their books in.
import { isDecimal, type BookSide, type PriceLevel } from '../feed-event.js';

/** Reads the rows of one side; null as soon as one is not readable, because half a book is a wrong book. */
export function readLevels(side: BookSide, rows: unknown = []): PriceLevel[] | null {
  if (!Array.isArray(rows)) return null;
  const levels: PriceLevel[] = [];
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) return null;
    const [price, size] = row as readonly unknown[];
    if (!isDecimal(price) || !isDecimal(size)) return null;
    levels.push({ side, price, size });
  }
  return levels;
}
