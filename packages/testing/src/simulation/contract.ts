// Contract of the simulation: every kind of channel, public and private, and a command. Each payload carries the id
// of its channel, so that whoever sees it on a socket knows whose data it is.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import * as z from 'zod';

const text = z.string().max(128);

/** What every payload carries: the channel it belongs to, and the number of the publish that wrote it. */
const marks = { taint: text, n: z.int() };
const numbers = z.array(z.int()).max(8);

const Quote = z.object({
  ...marks,
  bid: z.int().optional(),
  ask: z.int().optional(),
  halted: z.boolean().optional(),
  sizes: numbers.optional(),
});
const Level = z.object({
  ...marks,
  id: text,
  price: z.int(),
  size: z.int().optional(),
  note: text.optional(),
});
const Trade = z.object({ ...marks, i: z.int() });
const Order = z.object({ call: z.int(), run: z.int() });

/** How much of its streams the simulated server keeps. */
export interface HistoryLimits {
  readonly size: number;
  readonly ttlMs: number;
}

const contracts = new Map<string, SimulationContract>();

/** The contract, with histories as small as the scenario wants them. Runs that want the same share it. */
export function simulationContract(history: HistoryLimits): SimulationContract {
  const limits = `${history.size} ${history.ttlMs}`;
  const contract = contracts.get(limits) ?? defineSimulation(history);
  contracts.set(limits, contract);
  return contract;
}

function defineSimulation(history: HistoryLimits) {
  return defineContract({
    name: 'simulation',
    version: '1.0.0',
    channels: {
      'quote/{symbol}': state(Quote),
      'book/{symbol}': collection(Level, { key: 'id' }),
      'tape/{symbol}': stream(Trade, { history }),
      'wallet/{owner}': state(Quote),
      'positions/{owner}': collection(Level, { key: 'id' }),
      'alerts/{owner}': stream(Trade, { history }),
    },
    commands: {
      place: command({ input: z.object({ call: z.int() }), output: Order }),
    },
  });
}

/** The type of {@link simulationContract}. */
export type SimulationContract = ReturnType<typeof defineSimulation>;

/** Channels anybody may subscribe to, and those that belong to one principal. */
export const PUBLIC_FAMILIES = ['quote', 'book', 'tape'] as const;
export const PRIVATE_FAMILIES = ['wallet', 'positions', 'alerts'] as const;

/** A channel of the simulation. */
export interface ChannelPlan {
  readonly id: string;
  readonly family: (typeof PUBLIC_FAMILIES)[number] | (typeof PRIVATE_FAMILIES)[number];
  readonly kind: 'state' | 'collection' | 'stream';
  /** Symbol or owner. */
  readonly parameter: string;
}

const KINDS = {
  quote: 'state',
  wallet: 'state',
  book: 'collection',
  positions: 'collection',
  tape: 'stream',
  alerts: 'stream',
} as const;

/** The channel of a family with this parameter. */
export function channelPlan(family: ChannelPlan['family'], parameter: string): ChannelPlan {
  return { id: `${family}/${parameter}`, family, kind: KINDS[family], parameter };
}

/** Marks a payload with its channel. */
export function taintOf(channel: string): string {
  return `<<${channel}>>`;
}

/** The channels whose payloads are in a message. */
export function taintsIn(message: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (let from = message.indexOf('<<'); from !== -1; from = message.indexOf('<<', from + 2)) {
    const to = message.indexOf('>>', from);
    if (to === -1) break;
    found.add(message.slice(from + 2, to));
  }
  return found;
}
