// Simulated key store: where servers that share it keep their keyed commands. One store a run, behind the same latency
// and the same ills as the broker: what Redis would be.
import { TickwireError } from '@tickwire/protocol';
import type { IdempotencyStore } from '@tickwire/server';
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import type { BrokerHealth } from './broker-link.js';

/** What a link to the store is made of. */
export interface KeyStoreLinkOptions {
  readonly store: IdempotencyStore;
  readonly clock: VirtualClock;
  readonly machine: VirtualMachine;
  readonly health: BrokerHealth;
  /** One way. */
  readonly latencyMs: number;
}

/** One server's way to the store. What is asked before a crash is done all the same; the answer reaches nobody. */
export function linkKeyStore({
  store,
  clock,
  machine,
  health,
  latencyMs,
}: KeyStoreLinkOptions): IdempotencyStore {
  const ask = <Answer>(request: () => Answer | Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      clock.setTimer(latencyMs, () =>
        health.pass(() => {
          if (health.refuses) {
            machine.schedule(latencyMs, () => reject(new TickwireError('unavailable', 'No memory left.')));
            return;
          }
          const answer = request();
          machine.schedule(latencyMs, () => resolve(answer));
        }),
      );
    });
  return {
    claim: (key, request) => ask(() => store.claim(key, request)),
    complete: (key, run, outcome) => ask(() => store.complete(key, run, outcome)),
    release: (key, run) => ask(() => store.release(key, run)),
    read: (key) => ask(() => store.read(key)),
  };
}
