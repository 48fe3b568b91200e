// Whether the simulation would notice: each test breaks one thing at a port and expects the rule that forbids it. The
// same seeds are clean without the fault.
import type { ServerFrame } from '@tickwire/protocol';
import type { Broker, BrokerFactory } from '@tickwire/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawScenario } from './draw-scenario.js';
import { runSeed } from './run.js';
import type { Sabotage } from './world.js';
import type { WireSabotage } from './wire-tap.js';

const SEEDS = [3, 5, 8, 11, 14, 17, 24, 33, 38, 47, 60, 75];

/** Runs in which a server's wall clock is put back. */
const JUMPY_SEEDS = Array.from({ length: 200 }, (_, seed) => seed)
  .filter((seed) =>
    drawScenario(seed).steps.some(
      (step) => step.do === 'wallJump' && 'server' in step.machine && step.byMs < 0,
    ),
  )
  .slice(0, 12);

async function brokenRules(
  sabotage: () => Sabotage,
  seeds: readonly number[] = SEEDS,
): Promise<ReadonlySet<string>> {
  const rules = new Set<string>();
  for (const seed of seeds) {
    const { violations } = await runSeed(seed, sabotage());
    for (const { rule } of violations) rules.add(rule);
  }
  return rules;
}

/** Changes every nth frame that a server writes and that `change` has something to do with. */
const everyNth = (
  n: number,
  change: (frame: ServerFrame) => readonly ServerFrame[] | undefined,
): (() => Sabotage) => {
  return () => {
    let seen = 0;
    const wire: WireSabotage = (under) => {
      if (under.to !== 'client') return undefined;
      const changed = change(under.frame);
      return changed !== undefined && ++seen % n === 0 ? changed : undefined;
    };
    return { wire };
  };
};

/** Wraps what a broker does for those who connect to it. */
const brokerWith = (wrap: (broker: Broker) => Partial<Broker>): (() => Sabotage) => {
  return () => ({
    broker: (honest: BrokerFactory): BrokerFactory => {
      return (events) => {
        const broker = honest(events);
        return { ...broker, ...wrap(broker) };
      };
    },
  });
};

describe('the simulation', () => {
  beforeAll(async () => {
    expect(await brokenRules(() => ({}), [...SEEDS, ...JUMPY_SEEDS])).toEqual(new Set());
  }, 60_000);

  it('finds a state or collection that is not what was written', async () => {
    const rules = await brokenRules(
      everyNth(20, (frame) =>
        frame.t === 'f' && frame.v !== undefined ? [{ ...frame, v: { n: -1 } }] : undefined,
      ),
    );
    expect(rules).toContain('R1');
  });

  it('finds a key that a collection should have lost', async () => {
    const rules = await brokenRules(
      everyNth(1, (frame) => {
        if (frame.t !== 'd' || frame.x === undefined || frame.u === undefined) return undefined;
        const { x: _, ...kept } = frame;
        return [kept];
      }),
    );
    expect(rules).toContain('R1');
  });

  it('finds an event that a frame leaves out while it claims to cover it', async () => {
    const rules = await brokenRules(
      everyNth(5, (frame) =>
        frame.t === 'e' && frame.vs !== undefined && frame.vs.length > 2
          ? [{ ...frame, b: frame.b ?? frame.o - frame.vs.length, vs: frame.vs.slice(1) }]
          : undefined,
      ),
    );
    expect([...rules].some((rule) => rule === 'R7' || rule === 'R2')).toBe(true);
  });

  it('finds a loss that is announced too small', async () => {
    const rules = await brokenRules(
      everyNth(1, (frame) =>
        frame.t === 'rst' && frame.lost !== undefined && frame.lost[1] - frame.lost[0] > 1
          ? // A beginning that is too late would be set right by the client, which knows where it stands (P-DATA-5).
            [{ ...frame, lost: [frame.lost[0], frame.lost[1] - 1] }]
          : undefined,
      ),
    );
    expect(rules).toContain('R2');
  });

  it('finds a server that does not look at cursors: what was missed never comes', async () => {
    const rules = await brokenRules(() => ({
      wire: ({ frame }) =>
        frame.t === 'sub' ? [{ ...frame, ch: frame.ch.map(({ c }) => ({ c })) }] : undefined,
    }));
    expect(rules).toContain('R2');
  });

  it('finds data of another channel on a socket', async () => {
    const rules = await brokenRules(
      everyNth(50, (frame) =>
        frame.t === 'd' ? [{ ...frame, s: { note: '<<wallet/nobody>>' } }] : undefined,
      ),
    );
    expect(rules).toContain('R10');
  });

  it('finds an authority that is remembered instead of asked for', async () => {
    const rules = await brokenRules(() => ({ remembersAuthority: true }));
    expect(rules).toContain('R11');
  });

  it('finds a publication that is acknowledged, but reaches nobody', async () => {
    const rules = await brokenRules(() => {
      let publications = 0;
      return {
        broker: (honest) => (events) =>
          honest({
            ...events,
            onPublication: (channel, publication) => {
              if (++publications % 3 === 0) events.onPublication(channel, publication);
            },
          }),
      };
    });
    expect(rules).toContain('R4');
  });

  it('finds an acknowledgement of what was not written', async () => {
    const rules = await brokenRules(
      brokerWith((broker) => {
        let publishes = 0;
        return {
          publish: async (channel, change) => {
            const position = await broker.publish(channel, change);
            return ++publishes % 10 === 0 ? { ...position, offset: position.offset + 1 } : position;
          },
        };
      }),
    );
    expect(rules).toContain('R8');
  });

  it('finds a program that takes the time of day for the time', async () => {
    const rules = await brokenRules(
      () => ({
        clock: (machine) => ({
          monotonicMs: () => machine.wallMs(),
          wallMs: () => machine.wallMs(),
          setTimer: (delayMs, run) => machine.setTimer(delayMs, run),
          endOfTurn: (run) => machine.endOfTurn(run),
        }),
      }),
      JUMPY_SEEDS,
    );
    expect(rules).toContain('R22');
  });

  it('finds timers that are left behind', async () => {
    const rules = await brokenRules(() => ({
      clock: (machine) => ({
        monotonicMs: () => machine.monotonicMs(),
        wallMs: () => machine.wallMs(),
        setTimer: (delayMs, run) => {
          machine.setTimer(delayMs + 10_000_000, () => undefined);
          return machine.setTimer(delayMs, run);
        },
        endOfTurn: (run) => machine.endOfTurn(run),
      }),
    }));
    expect(rules).toContain('R25');
    expect(rules).toContain('R26');
  });
});

describe('client and server', () => {
  it('make good what a connection loses without a word, as long as more follows', async () => {
    let lost = 0;
    for (const seed of SEEDS) {
      let seen = 0;
      const { violations } = await runSeed(seed, {
        wire: ({ to, frame }, atMs) => {
          if (to !== 'client' || (frame.t !== 'd' && frame.t !== 'e') || atMs > 5_000 || ++seen % 5 !== 0)
            return undefined;
          lost++;
          return [];
        },
      });
      expect(violations.filter(({ rule }) => rule !== 'R4')).toEqual([]);
    }
    expect(lost).toBeGreaterThan(10);
  });

  it('give an event to the application once, however often it comes', async () => {
    for (const seed of SEEDS) {
      const { violations } = await runSeed(seed, {
        wire: ({ to, frame }) =>
          // A part that comes twice is not the next part, and thus a hole (P-DATA-7).
          to === 'client' &&
          (frame.t === 'e' || (frame.t === 'd' && frame.i === undefined && frame.more === undefined))
            ? [frame, frame]
            : undefined,
      });
      expect(violations).toEqual([]);
    }
  });
});
