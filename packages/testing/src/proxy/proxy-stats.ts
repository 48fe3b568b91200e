// Proxy stats: what passed through a proxy and what happened to it.
import type { Direction } from '../network/virtual-network.js';
import { FAULTS } from './rule-check.js';
import type { FaultName } from './fault-rule.js';

/** Counts since the proxy was started. */
export interface FaultProxyStats {
  /** Connections that were accepted. */
  readonly connections: number;
  /** Connections of which an end is still there. */
  readonly open: number;
  /** Messages of data that came in, whatever became of them. */
  readonly messages: Readonly<Record<Direction, number>>;
  /** Faults that happened, by name. What `cutAll` does is not counted. */
  readonly faults: Readonly<Record<FaultName, number>>;
}

/** No faults yet. */
export function noFaults(): Record<FaultName, number> {
  return Object.fromEntries(FAULTS.map((name) => [name, 0])) as Record<FaultName, number>;
}
