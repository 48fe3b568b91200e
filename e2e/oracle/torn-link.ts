// Torn link: the way from a client to the server, torn at any time, also in the middle of a message, and down for a while.
import { createFaultProxy, type FaultProxy, type FaultRule } from '@tickwire/testing/proxy';

/** How long a torn link may wait for a message that it can tear in two. */
const MAX_WAIT_FOR_MESSAGE_MS = 50;
/** Less than any frame of data has. */
const HALF_A_FRAME_BYTES = 20;

const DOWN: FaultRule = { match: { kind: 'upgrade' }, then: { do: 'reset' } };
const TEAR: FaultRule = {
  match: { direction: 'toClient', nth: 1 },
  then: { do: 'truncate', afterBytes: HALF_A_FRAME_BYTES },
};

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class TornLink {
  readonly url: string;
  readonly #proxy: FaultProxy;

  private constructor(proxy: FaultProxy) {
    this.#proxy = proxy;
    this.url = proxy.url;
  }

  /** A link to the server at `target`. */
  static async to(target: string): Promise<TornLink> {
    return new TornLink(await createFaultProxy({ target }));
  }

  /** Tears every connection, `midFrame` in the middle of the next message, and refuses new ones for `downMs`. */
  async cut(midFrame: boolean, downMs: number): Promise<void> {
    if (midFrame) {
      const before = this.#proxy.stats.faults.truncate;
      this.#proxy.setRules([TEAR]);
      for (let waitedMs = 0; waitedMs < MAX_WAIT_FOR_MESSAGE_MS; waitedMs++) {
        if (this.#proxy.stats.faults.truncate > before) break;
        await sleep(1);
      }
    }
    this.#proxy.setRules([DOWN]);
    this.#proxy.cutAll();
    await sleep(downMs);
    this.#proxy.setRules([]);
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}
