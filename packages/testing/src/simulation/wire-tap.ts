// Wire tap: reads every message on the virtual network and records what it says of authority: who opened a session,
// which channels were attached to it, and whose data was written to its socket. Knows frames, but no client or server.
import type { ClientFrame, RecoveryMode, ServerFrame } from '@tickwire/protocol';
import type { TappedMessage, Verdict, VirtualConnection } from '../network/virtual-network.js';
import { taintsIn } from './contract.js';
import type { History } from './history.js';

/** What becomes of a message that is about to travel. For faults that no network has, to prove that they are found. */
export type Sabotage = (message: TappedMessage, frames: readonly ServerFrame[]) => Verdict;

/** Watches a virtual network for one run. */
export class WireTap {
  readonly #history: History;
  readonly #sabotage: Sabotage | undefined;
  readonly #sessions = new WeakMap<VirtualConnection, string>();
  /** How often each kind of answer was given. */
  readonly recovery: Record<RecoveryMode, number> = { same: 0, range: 0, full: 0, tail: 0, reset: 0 };

  constructor(history: History, sabotage?: Sabotage) {
    this.#history = history;
    this.#sabotage = sabotage;
  }

  /** Give this to the network. */
  readonly see = (message: TappedMessage): Verdict => {
    const { connection, direction, data } = message;
    if (direction === 'toServer') {
      for (const frame of framesOf<ClientFrame>(data)) {
        if (frame.t === 'hello' && frame.auth?.token !== undefined)
          this.#sessions.set(connection, frame.auth.token);
      }
      return 'carry';
    }
    const session = this.#sessions.get(connection) ?? `connection ${connection.id} before its hello`;
    const isAnswer = data.includes('"subd"');
    const frames = isAnswer || this.#sabotage !== undefined ? framesOf<ServerFrame>(data) : [];
    for (const frame of frames) {
      if (frame.t !== 'subd') continue;
      for (const entry of frame.r) {
        if ('err' in entry) continue;
        this.recovery[entry.m]++;
        this.#history.add({ type: 'attached', session, channel: entry.c, mode: entry.m });
      }
    }
    for (const channel of taintsIn(data)) this.#history.add({ type: 'exposed', session, channel });
    return this.#sabotage?.(message, frames) ?? 'carry';
  };
}

function framesOf<Frame>(message: string): Frame[] {
  return message
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Frame);
}
