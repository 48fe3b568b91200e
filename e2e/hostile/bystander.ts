// Bystander: an honest client on the server under attack. It reads the numbered stream and its state, and notes whatever
// an attack on somebody else made it miss.
import { createClient } from '@tickwire/client';
import type { hostile } from './contract.js';

const PATIENCE_MS = 8_000;

/** An honest client. */
export class Bystander {
  /** What should not have happened. */
  readonly troubles: string[] = [];
  readonly #client;
  readonly #waiting = new Set<() => void>();
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
        this.#wake();
      });
    client.channel('clock').subscribe(({ data, status }) => {
      if (data === undefined) return;
      if (status !== 'live') this.troubles.push(`the clock is ${status}`);
      if (data.sequence < this.#clock) this.troubles.push(`the clock went back to ${data.sequence}`);
      this.#clock = data.sequence;
      this.#wake();
    });
    client.on('gap', ({ channel, why }) => this.troubles.push(`gap in ${channel}: ${why}`));
    client.on('disconnected', ({ reason }) => this.troubles.push(`disconnected: ${String(reason?.code)}`));
    client.on('error', ({ code, message }) => this.troubles.push(`error ${code}: ${message}`));
  }

  /** Waits until both channels show at least this number. */
  reach(sequence: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (error === undefined) resolve();
        else reject(error);
      };
      const check = (): void => {
        if (this.#last !== null && this.#last >= sequence && this.#clock >= sequence) done();
      };
      const timer = setTimeout(() => {
        const shown = `stream ${String(this.#last)}, state ${this.#clock}, of ${sequence}`;
        done(new Error(`the bystander is left behind: ${shown}; ${this.troubles.join('; ')}`));
      }, PATIENCE_MS);
      this.#waiting.add(check);
      check();
    });
  }

  leave(): void {
    this.#client.close();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
