// Stage: the server of the measurements, which publishes all the time, and readers that know when they were live.
import { type Client, type ClientOptions, createClient } from '@tickwire/client';
import { defineContract, state } from '@tickwire/protocol';
import { createServer, type Server, type ServerSettings } from '@tickwire/server';
import * as z from 'zod/mini';

const contract = defineContract({
  name: 'recovery',
  version: '1.0.0',
  channels: { price: state(z.object({ bid: z.number() })) },
  commands: {},
});

type RecoveryContract = typeof contract;

const PUBLISH_EVERY_MS = 50;

/** A server with traffic. */
export interface Traffic {
  readonly url: string;
  readonly server: Server<RecoveryContract>;
  close(): Promise<void>;
}

/** Starts a server on any port, and publishes. */
export async function startTraffic(
  settings: ServerSettings = {},
  publishEveryMs = PUBLISH_EVERY_MS,
): Promise<Traffic> {
  const server = createServer(contract, {
    ...settings,
    // Every connection is a principal of its own.
    authenticate: () => ({ principal: {} }),
    authorize: { price: () => true },
    commands: {},
    logger: () => undefined,
  });
  const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
  const price = server.channel('price');
  let bid = 0;
  const publish = () => void price.set({ bid: ++bid });
  publish();
  const timer = setInterval(publish, publishEveryMs);
  return {
    url,
    server,
    close: () => {
      clearInterval(timer);
      return server.close({ drainMs: 0 });
    },
  };
}

/** A client that reads the channel. */
export class Reader {
  /** Times the connection ended, by `performance.now()`. */
  readonly endsMs: number[] = [];
  readonly #client: Client<RecoveryContract>;
  readonly #stop: () => void;
  readonly #waiting: (() => void)[] = [];
  #isLive = false;
  #sinceMs = performance.now();
  #liveMs = 0;

  constructor(url: string, options: ClientOptions = {}) {
    this.#client = createClient<RecoveryContract>({
      scheduler: 'sync',
      logger: () => undefined,
      ...options,
      url,
    });
    this.#client.on('disconnected', () => this.endsMs.push(performance.now()));
    this.#stop = this.#client.channel('price').subscribe(({ status }) => this.#turn(status === 'live'));
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  /** How long it has been live since {@link Reader.count} was called. */
  get liveMs(): number {
    return this.#liveMs + (this.#isLive ? performance.now() - this.#sinceMs : 0);
  }

  /** Counts from now. */
  count(): void {
    this.#liveMs = 0;
    this.#sinceMs = performance.now();
  }

  /** The moment at which it is live; at once where it is. */
  async live(): Promise<number> {
    if (!this.#isLive) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return performance.now();
  }

  close(): void {
    this.#stop();
    this.#client.close();
  }

  #turn(isLive: boolean): void {
    if (isLive === this.#isLive) return;
    const nowMs = performance.now();
    if (this.#isLive) this.#liveMs += nowMs - this.#sinceMs;
    this.#isLive = isLive;
    this.#sinceMs = nowMs;
    if (isLive) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
