// Reader: a client on a line that is cut, and everything it is told held against the script.
import { inspect, isDeepStrictEqual } from 'node:util';
import { type Client, createClient, type Transport } from '@tickwire/client';
import type { Clock } from '@tickwire/protocol';
import type { SeededRandom } from '@tickwire/testing';
import { type CutsContract, type Kind, type Script } from './script.js';

/** So short that a client is back before the next cut is planned. */
const RECONNECT = { initialDelayMs: 20, maxDelayMs: 20 } as const;

/** One client that reads one channel. */
export class Reader {
  /** Sentences about what was wrong. */
  readonly problems: string[] = [];
  readonly #client: Client<CutsContract>;
  readonly #kind: Kind;
  readonly #script: Script;
  readonly #releases: (() => void)[] = [];
  #lastOffset = -1;
  #events = 0;

  constructor(
    kind: Kind,
    script: Script,
    options: {
      readonly url?: string;
      readonly transport?: Transport;
      readonly clock?: Clock;
      readonly random: SeededRandom;
    },
  ) {
    this.#kind = kind;
    this.#script = script;
    this.#client = createClient<CutsContract>({
      url: 'ws://memory/tickwire',
      scheduler: 'sync',
      reconnect: RECONNECT,
      ...options,
    });
    this.#client.on('gap', () => this.problems.push('was told of a loss where nothing was lost'));
    this.#client.on('error', ({ code }) => this.problems.push(`was told of an error: ${code}`));
    this.#watch();
  }

  /** Whether it is live at the end of what was published. */
  get isAtHead(): boolean {
    const { status, position } = this.#client.channel(this.#kind).getSnapshot();
    return status === 'live' && position?.offset === this.#script.head;
  }

  /** At the end of the script everybody is live at the head and holds what it says. */
  checkEnd(): void {
    const { status, position, data } = this.#client.channel(this.#kind).getSnapshot();
    const { head, expected } = this.#script;
    if (status !== 'live' || position?.offset !== head) {
      this.problems.push(`ended ${status} at ${String(position?.offset)}, not live at ${String(head)}`);
      return;
    }
    const held = this.#kind === 'stream' ? this.#events : data;
    if (!isDeepStrictEqual(held, expected.get(head)))
      this.problems.push(`ended with ${inspect(held)}, not ${inspect(expected.get(head))}`);
  }

  close(): void {
    for (const release of this.#releases) release();
    this.#client.close();
  }

  #watch(): void {
    if (this.#kind === 'stream') {
      const stop = this.#client.channel('stream').onEvent(({ i }, { offset }) => {
        // The script numbers its events: the next one is the only right one.
        if (i !== this.#events + 1)
          this.problems.push(`event ${String(i)} came after ${String(this.#events)}`);
        this.#events = i;
        this.#moved(offset);
      });
      this.#releases.push(stop);
      return;
    }
    const handle = this.#client.channel(this.#kind);
    const stop = handle.subscribe(({ status, position, data }) => {
      if (status !== 'live' || position === null || position.offset === this.#lastOffset) return;
      this.#moved(position.offset);
      const expected = this.#script.expected.get(position.offset);
      if (!isDeepStrictEqual(data, expected))
        this.problems.push(`held ${inspect(data)} at ${String(position.offset)}, not ${inspect(expected)}`);
    });
    this.#releases.push(stop);
  }

  #moved(offset: number): void {
    if (offset <= this.#lastOffset)
      this.problems.push(`went from ${String(this.#lastOffset)} to ${String(offset)}`);
    this.#lastOffset = offset;
  }
}
