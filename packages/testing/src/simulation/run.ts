// Run: one scenario from the first step to the last, rest and end, and what the checker says of its history.
import type { RecoveryMode } from '@tickwire/protocol';
import type { Violation } from './check/violation.js';
import { checkHistory } from './checker.js';
import { drawScenario } from './draw-scenario.js';
import type { HistoryEvent } from './history.js';
import type { Scenario } from './scenario.js';
import { type Sabotage, World } from './world.js';

/** What one run came to. */
export interface RunResult {
  readonly seed: number;
  readonly publishes: number;
  /** Events and snapshots that reached a subscriber. */
  readonly deliveries: number;
  readonly simulatedMs: number;
  /** How much of it things happened in; the rest is rest. */
  readonly activeMs: number;
  readonly violations: readonly Violation[];
  /** 16 hexadecimal digits: the same for the same seed and code. */
  readonly historyHash: string;
  readonly history: readonly HistoryEvent[];
  readonly faults: Readonly<Record<string, number>>;
  /** How subscriptions were answered. */
  readonly recovery: Readonly<Record<RecoveryMode, number>>;
}

/** A {@link RunResult} without what takes room. */
export type RunSummary = Omit<RunResult, 'history'>;

/** How long what was released may linger before it counts as left over. */
const LINGER_MS = 60_000;

/** Runs the scenario of a seed. */
export function runSeed(seed: number, sabotage: Sabotage = {}): Promise<RunResult> {
  return runScenario(drawScenario(seed), sabotage);
}

/** Runs a scenario. Virtual time only: a minute takes some hundredths of a second. */
export async function runScenario(scenario: Scenario, sabotage: Sabotage = {}): Promise<RunResult> {
  const world = new World(scenario, sabotage);
  const { clock, history } = world;
  world.plan();
  await clock.advance(scenario.activeMs);
  await clock.advance(scenario.restMs);

  await world.recordRest();
  world.beginEnding();
  for (const client of world.clients) client.close();
  await clock.advance(LINGER_MS);
  for (const client of world.clients) client.recordLeftOvers();
  for (const server of world.servers) await server.recordLeftOvers();

  const { events } = history;
  const count = (...types: readonly HistoryEvent['type'][]): number =>
    events.filter(({ type }) => types.includes(type)).length;
  return {
    seed: scenario.seed,
    publishes: count('published'),
    deliveries: count('delivered', 'applied'),
    simulatedMs: clock.monotonicMs(),
    activeMs: scenario.activeMs,
    violations: checkHistory(events),
    historyHash: history.hash,
    history: events,
    faults: world.faults,
    recovery: { ...world.tap.recovery },
  };
}
