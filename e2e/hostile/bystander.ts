// Bystander: an honest client on the server under attack. It reads the numbered stream and its state, and notes whatever
// an attack on somebody else made it miss.
import { createClient } from '@tickwire/client';
import type { hostile } from './contract.js';
import { Patience } from './patience.js';

/** An honest client. */
export class Bystander {
  /** What should not have happened. */
  readonly troubles: string[] = [];
  readonly #client;
  readonly #patience = new Patience();
  #last: number | null = null;
  #clock = 0;

  constructor(port: number) {
    const client = createClient<typeof hostile>({
      url: `ws://127.0.0.1:${port}/tickwire`,
      getToken: () => 'user:bystander',
      logger: () => undefined,
    });
    this.#client = client;
    client
      .channel('ticks')
      .with({ last: 0, maxEvents: 1 })
      .onEvent(({ sequence }) => {
        if (this.#last !== null && sequence !== this.#last + 1) {
          this.troubles.push(`after ${this.#last} came ${sequence}`);
        }
        this.#last = sequence;
        this.#patience.wake();
      });
    client.channel('clock').subscribe(({ data, status }) => {
      if (data === undefined) return;
      if (status !== 'live') this.troubles.push(`the clock is ${status}`);
      if (data.sequence < this.#clock) this.troubles.push(`the clock went back to ${data.sequence}`);
      this.#clock = data.sequence;
      this.#patience.wake();
    });
    client.on('gap', ({ channel, why }) => this.troubles.push(`gap in ${channel}: ${why}`));
    client.on('disconnected', ({ reason }) => this.troubles.push(`disconnected: ${String(reason?.code)}`));
    client.on('error', ({ code, message }) => this.troubles.push(`error ${code}: ${message}`));
  }

  /** Waits until both channels show at least this number. */
  reach(sequence: number): Promise<void> {
    return this.#patience.until(
      () => this.#last !== null && this.#last >= sequence && this.#clock >= sequence,
      () => {
        const shown = `stream ${String(this.#last)}, state ${this.#clock}, of ${sequence}`;
        return `the bystander is left behind: ${shown}; ${this.troubles.join('; ')}`;
      },
    );
  }

  leave(): void {
    this.#client.close();
  }
}
