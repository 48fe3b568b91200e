// Harness: makes the tests of a table, one for each row.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Judge, MAX_STALL_MS } from './judge.js';
import type { ProfileName } from './messages.js';
import type { Stage } from './stage.js';

/** One hostile input and what its sender is answered. */
export interface HostileCase {
  /** Number in the catalogue: 1 to 13 handshake, 14 to 32 frames, 33 to 60 JSON, schemas and limits. */
  readonly case: number;
  readonly what: string;
  readonly reaction: string;
  /** @defaultValue `standard` */
  readonly profile?: ProfileName;
  readonly play: (stage: Stage) => Promise<void> | void;
}

/** A hostile input that cannot be sent, and why. */
export interface ExcludedCase {
  readonly case: number;
  readonly excluded: string;
}

/** One row of a table. */
export type HostileRow = HostileCase | ExcludedCase;

/** Declares the tests of one table. */
export function hostileTable(
  title: string,
  range: { readonly from: number; readonly to: number },
  rows: readonly HostileRow[],
): void {
  describe(title, () => {
    let judge: Judge;
    beforeAll(async () => {
      judge = await Judge.start();
    });
    afterAll(() => judge.stop());

    async function play({ profile = 'standard', play: run }: HostileCase): Promise<number> {
      const { problems, stallMs } = await judge.play(profile, run);
      expect(problems).toEqual([]);
      return stallMs;
    }

    for (const row of rows) {
      if ('excluded' in row) {
        test(`${row.case} cannot happen: ${row.excluded}`, () => {
          expect(row.excluded.length).toBeGreaterThan(20);
          process.stdout.write(`case ${row.case} is excluded: ${row.excluded}\n`);
        });
      } else {
        test(`${row.case} ${row.what}: ${row.reaction}`, async () => {
          if ((await play(row)) <= MAX_STALL_MS) return;
          expect(await play(row), 'milliseconds the event loop was blocked, twice').toBeLessThanOrEqual(
            MAX_STALL_MS,
          );
        });
      }
    }

    test(`every case from ${range.from} to ${range.to} is in the table`, () => {
      const numbers = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index);
      expect([...new Set(rows.map((row) => row.case))].sort((a, b) => a - b)).toEqual(numbers);
    });
  });
}
