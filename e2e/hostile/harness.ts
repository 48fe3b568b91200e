// Harness: plays the rows of a table, one test each, and judges after each what no hostile input may cause: a crash, a
// stall, harm to somebody else, something left over in the server, an echo.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bystander } from './bystander.js';
import type { ProfileName } from './messages.js';
import { ServerProcess } from './server-process.js';
import { Stage } from './stage.js';

/** One hostile input and what its sender is answered. */
export interface HostileCase {
  /** Number in the catalogue: 1 to 13 handshake, 14 to 32 frames, 33 to 60 JSON and schema. */
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

const MAX_STALL_MS = 50;
const PATIENCE_MS = 3_000;

/** Gauges that stand for something held; counters only ever grow. */
const GAUGES = [
  'connections',
  'unauthenticated',
  'subscriptions',
  'channels',
  'commandsRunning',
  'deadlines',
] as const;

type Gauges = Readonly<Record<string, unknown>>;

/** Declares the tests of one table. */
export function hostileTable(
  title: string,
  range: { readonly from: number; readonly to: number },
  rows: readonly HostileRow[],
): void {
  describe(title, () => {
    let server: ServerProcess;
    const bystanders = new Map<ProfileName, { readonly bystander: Bystander; readonly quiet: Gauges }>();

    beforeAll(async () => {
      server = await ServerProcess.start();
    });

    afterAll(async () => {
      for (const { bystander } of bystanders.values()) bystander.leave();
      await server.stop();
    });

    /** The bystander of a server, and what that server holds while nobody else is there. */
    async function bystanderOf(
      profile: ProfileName,
    ): Promise<{ readonly bystander: Bystander; readonly quiet: Gauges }> {
      const known = bystanders.get(profile);
      if (known !== undefined) return known;
      const bystander = new Bystander(await server.port(profile));
      await bystander.reach(await server.ask('sequence'));
      const joined = { bystander, quiet: held(await server.ask('gauges', { profile })) };
      bystanders.set(profile, joined);
      return joined;
    }

    /** Plays one case and judges all but the stall, which it returns. */
    async function play({ profile = 'standard', play: run }: HostileCase): Promise<number> {
      const { bystander, quiet } = await bystanderOf(profile);
      await server.ask('said');
      await server.ask('beginMeasuring');
      const stage = new Stage(server, profile);
      try {
        await run(stage);
      } finally {
        stage.clear();
      }
      const { stallMs, uncaught } = await server.ask('measured');
      expect(server.alive, 'the process lives').toBe(true);
      expect(uncaught, 'nothing reached the process without a handler').toEqual([]);
      await bystander.reach(await server.ask('sequence'));
      expect(bystander.troubles.splice(0), 'nobody else noticed').toEqual([]);
      await expectGauges(server, profile, quiet);
      expect(stage.transcript(), 'no answer repeats what was sent').not.toContain(stage.canary);
      const logged = `${await server.ask('said')}\n${server.output}`;
      expect(logged, 'no log repeats what was sent').not.toContain(stage.canary);
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

function held(gauges: Gauges): Gauges {
  return Object.fromEntries(GAUGES.map((name) => [name, gauges[name]]));
}

/** Sockets end when both sides have heard of it, so the server is asked again until it has, or for too long. */
async function expectGauges(server: ServerProcess, profile: ProfileName, wanted: Gauges): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = held(await server.ask('gauges', { profile }));
    if (JSON.stringify(now) === JSON.stringify(wanted)) return;
    if (performance.now() > untilMs) expect(now, 'nothing is left over in the server').toEqual(wanted);
  }
}
