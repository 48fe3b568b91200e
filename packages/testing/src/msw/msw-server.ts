// Msw server: a scripted server behind handlers of Mock Service Worker. Real clients reach it by its url, in real time.
import { systemClock, systemRandom, type WebSocketClass } from '@tickwire/client';
import type { AnyContract, Clock, Logger } from '@tickwire/protocol';
import { createBareMemoryBroker } from '@tickwire/server/core';
import { http, HttpResponse, type RequestHandler, ws, type WebSocketHandler } from 'msw';
import { SeededRandom } from '../random/seeded-random.js';
import { type Pushes, pushInto } from '../script/push.js';
import { scriptOf, ScriptedServer, type ServerScript } from '../script/server-script.js';
import { createAbortSource, errorsToConsole, textFrameEncoder } from '../script/server-platform.js';
import { type MswConnection, serve } from './connection.js';
import { MockedWebSocket, provideWebSocket } from './mocked-web-socket.js';

/** Options of {@link createMswServer}. */
export interface MswServerOptions {
  /**
   * Where clients connect to: `ws://localhost:8080/tickwire`, with `*` for whatever comes.
   * @defaultValue the path `/tickwire` of any host
   */
  readonly url?: string | undefined;
  /**
   * Receives the server's diagnostics.
   * @defaultValue errors go to the console: they say for instance that an answer does not fit the contract
   */
  readonly logger?: Logger | undefined;
}

/** A server that msw puts in the place of the real one. */
export interface MswServer<C extends AnyContract> extends Pushes<C>, ServerScript<C> {
  /** For `setupServer(...)` of `msw/node`, or `setupWorker(...)` of `msw/browser`. */
  readonly handlers: readonly (WebSocketHandler | RequestHandler)[];
  /**
   * The class that msw mocks. In a page clients find it themselves; in Node, where they use the package `ws`, give it
   * to them: `createClient(market, { url, WebSocket: mocked.WebSocket })`.
   */
  readonly WebSocket: WebSocketClass;
  /** Breaks every connection and refuses new ones. */
  disconnect(): void;
  /** Takes new connections again. Clients come when their backoff is over, or by `client.connect()`. */
  reconnect(): void;
  /** Forgets everything, values, answers and calls, and breaks every connection: for `afterEach`. */
  reset(): void;
  /** Ends it, for good. After msw itself has ended, which puts back the `WebSocket` it found: this takes it away again. */
  close(): Promise<void>;
}

const ANY_HOST = '*/tickwire';

/** A server flushes at the end of a turn; a page tells of none, and the next timer is the nearest thing to it. */
const clock: Clock = { ...systemClock, endOfTurn: (run) => void setTimeout(run) };

/**
 * Makes handlers for Mock Service Worker out of a contract. They are a real server core that lets everybody in, and speak
 * the whole protocol: recovery, deltas, commands, typed errors. Over HTTP the endpoint answers as the real one does.
 * @example
 * const mocked = createMswServer(market);
 * const server = setupServer(...mocked.handlers);
 * server.listen();
 * await mocked.push('price/{symbol}', { symbol: 'BTC-USD' }, { bid: 1, ask: 2 });
 */
export function createMswServer<const C extends AnyContract>(
  contract: C,
  { url = ANY_HOST, logger = errorsToConsole('msw') }: MswServerOptions = {},
): MswServer<C> {
  const takeAway = provideWebSocket();
  const connections = new Set<MswConnection>();
  let isUp = true;
  let scripted = create();

  function create(): ScriptedServer<C> {
    // Another epoch each time: a client that lives on must not take the new values for the old ones.
    const random = new SeededRandom(`${clock.wallMs()} ${systemRandom.float()}`);
    return new ScriptedServer(contract, {
      clock,
      random,
      logger,
      frameEncoder: textFrameEncoder,
      broker: createBareMemoryBroker({ clock, random: random.fork('broker') }).connect,
      createAbortSource,
    });
  }

  function cutAll(): void {
    for (const connection of [...connections]) connection.cut();
  }

  const webSocketHandler = ws.link(url).addEventListener('connection', ({ client }) => {
    const connection = serve(
      client,
      () => scripted.core,
      () => connections.delete(connection),
    );
    connections.add(connection);
    if (!isUp) connection.cut();
  });
  const endpoint = http.all(url.replace(/^ws/, 'http'), ({ request }) => {
    if (request.headers.get('upgrade') !== null) {
      logger(
        'error',
        'msw cannot mock the package `ws`, which clients use in Node: give createClient the option `WebSocket` of the MswServer.',
      );
    }
    return new HttpResponse(null, { status: 426, headers: { Upgrade: 'websocket' } });
  });

  return {
    // The script of today's server, also after a reset.
    ...scriptOf<C>(
      () => scripted,
      async (step) => step(),
    ),
    // First, because it is to see upgrades before msw's own handler for them does.
    handlers: [endpoint, webSocketHandler],
    WebSocket: MockedWebSocket,
    push: (name, ...values) => pushInto(contract, scripted.core, name, values),
    channel: (name, ...params) => scripted.core.channel(name, ...params),
    disconnect() {
      isUp = false;
      cutAll();
    },
    reconnect() {
      isUp = true;
    },
    reset() {
      cutAll();
      void scripted.core.close({ drainMs: 0 });
      isUp = true;
      scripted = create();
    },
    async close() {
      cutAll();
      isUp = false;
      takeAway();
      await scripted.core.close({ drainMs: 0 });
    },
  };
}
