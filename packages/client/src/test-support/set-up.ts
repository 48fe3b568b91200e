// A client over a fake server on a fake clock. Not part of any door.
import type { Environment, EnvironmentEvent } from '../ports/environment.js';
import { createClient } from '../client.js';
import type { ClientOptions } from '../options.js';
import { createFakeClock } from './fake-clock.js';
import { FakeServer } from './fake-server.js';
import type { market } from './market.js';

export interface FakeEnvironment extends Environment {
  emit(event: EnvironmentEvent): void;
  readonly listeners: Set<(event: EnvironmentEvent) => void>;
  hidden: boolean;
  online: boolean;
  /** Paints: runs what waits for the next frame. */
  paint(): void;
}

export function createFakeEnvironment(): FakeEnvironment {
  let frames: (() => void)[] = [];
  const environment: FakeEnvironment = {
    listeners: new Set(),
    hidden: false,
    online: true,
    emit(event) {
      if (event === 'online' || event === 'offline') environment.online = event === 'online';
      else environment.hidden = event === 'hidden';
      for (const listener of [...environment.listeners]) listener(event);
    },
    paint() {
      const due = frames;
      frames = [];
      for (const frame of due) frame();
    },
    isOnline: () => environment.online,
    isHidden: () => environment.hidden,
    subscribe(listener) {
      environment.listeners.add(listener);
      return () => void environment.listeners.delete(listener);
    },
    requestFrame(run) {
      frames.push(run);
      return () => void (frames = frames.filter((frame) => frame !== run));
    },
    urlOf: (path) => `ws://page${path}`,
    wantsDebug: () => false,
  };
  return environment;
}

export function setUp(options: ClientOptions = {}) {
  const clock = createFakeClock();
  const server = new FakeServer();
  const environment = createFakeEnvironment();
  const client = createClient<typeof market>({
    url: 'ws://test',
    clock,
    environment,
    transport: server.transport,
    random: { float: () => 0.5 },
    scheduler: 'sync',
    logger: () => undefined,
    ...options,
  });
  const price = client.channel('price/{symbol}', { symbol: 'A' });
  const book = client.channel('book/{symbol}', { symbol: 'A' });
  const trades = client.channel('trades/{symbol}', { symbol: 'A' });
  return { clock, server, environment, client, price, book, trades };
}
