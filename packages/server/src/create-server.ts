// createServer: the core with Node's clock, randomness and console, and with WebSockets in front of it.
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import {
  type AnyContract,
  type Clock,
  DEFAULT_PATH,
  type PrincipalNotKnownYet,
  TickwireError,
} from '@tickwire/protocol';
import { serveEndpoint } from './adapters/endpoints.js';
import {
  createOwnHttpServer,
  listen,
  type Listening,
  type ListenOptions,
  stopListening,
} from './adapters/listen.js';
import { nodeClock } from './adapters/node-clock.js';
import { consoleLogger, createNodeAbortSource } from './adapters/node-platform.js';
import { nodeRandom } from './adapters/node-random.js';
import { originRule } from './adapters/origin.js';
import { createOriginWarning } from './adapters/origin-warning.js';
import { judgeUpgrade, refuseUpgrade, type UpgradeListener } from './adapters/upgrade.js';
import { webSocketFrameEncoder } from './adapters/websocket-frame.js';
import { WebSocketAcceptor } from './adapters/ws.js';
import { createBareMemoryBroker } from './bare-server.js';
import type { MemoryBroker, MemoryBrokerOptions } from './broker/memory.js';
import type { AnonymousPrincipal, ServerAuthentication, ServerSettings } from './options.js';
import { DEFAULT_IDEMPOTENCY } from './command/idempotency-options.js';
import { markAsPrompt } from './hub/prompt-brokers.js';
import { MemoryIdempotencyStore } from './command/memory-idempotency-store.js';
import type { IdempotencyStore } from './ports/idempotency-store.js';
import { createServerCore, type RulesOf, type ServerCore } from './server.js';

/** A server. */
export interface Server<C extends AnyContract = AnyContract> extends ServerCore<C> {
  /**
   * Listens with an HTTP server of its own, on which other paths are answered with 404.
   * Rejects with `unavailable` where the port cannot be had.
   */
  listen(options: ListenOptions): Promise<Listening>;
  /**
   * Serves upgrades of an HTTP server that exists. Those for other paths are left to its other listeners; where there is
   * none, a WebSocket is answered with 404, and a request that offers anything else is served as if it did not.
   * @throws TypeError where the path is served already on that HTTP server, by this server or another.
   * @returns stops taking new connections; those that exist live on until `close`.
   */
  attach(server: HttpServer | HttpsServer, options?: { readonly path?: string | undefined }): () => void;
}

/**
 * Creates a server for a contract. Write `authenticate` before `authorize` and `commands`: the principal is inferred from
 * it. Nothing listens until `listen` or `attach`.
 * @throws TypeError where the contract cannot be kept (see `@tickwire/protocol/lint`), or a rule or handler is missing.
 */
export function createServer<
  const C extends AnyContract,
  Auth extends ServerAuthentication = PrincipalNotKnownYet,
>(contract: C, options: RulesOf<C, Auth> & ServerSettings): Server<C> {
  const settings: ServerSettings = options;
  const { path = DEFAULT_PATH, trustProxy = false } = settings;
  const clock = settings.clock ?? nodeClock;
  const random = settings.random ?? nodeRandom;
  const rule = originRule(settings.allowedOrigins, process.env['NODE_ENV'] === 'production');
  const { core, internals } = createServerCore(contract, options, settings, {
    clock,
    random,
    logger: settings.logger ?? consoleLogger,
    encode: settings.frameEncoder ?? webSocketFrameEncoder,
    broker: settings.broker ?? createMemoryBroker({ clock, random }).connect,
    createAbortSource: settings.createAbortSource ?? createNodeAbortSource,
  });
  const warnOfOrigin = createOriginWarning(internals.log);
  const acceptor = new WebSocketAcceptor(internals.limits.maxMessageBytes, internals.log);
  const detachers = new Set<() => void>();
  const own = new Set<HttpServer>();
  let closing: Promise<void> | null = null;

  /** Ports that are being taken: nobody can stop what has not begun to listen. */
  const starting = new Set<Promise<Listening>>();

  const serve = (server: HttpServer | HttpsServer, at: string): (() => void) => {
    const upgradeOptions = {
      path: at,
      originRule: rule,
      trustedHops: Number(trustProxy),
      counters: internals.counters,
      shedding: (address: string | undefined) => internals.shedding(address),
    };
    const onUpgrade: UpgradeListener = (request, stream, head) => {
      const verdict = judgeUpgrade(request, upgradeOptions);
      if (!verdict.ok) {
        internals.counters.add(verdict.refusal.what);
        if (verdict.refusal.what === 'bad_origin') warnOfOrigin(request);
        refuseUpgrade(stream, verdict.refusal);
        return;
      }
      request.socket.setNoDelay(true);
      acceptor.upgrade(request, stream, head, (socket, subprotocol) =>
        core.accept(socket, { ...verdict.request, subprotocol }),
      );
    };
    const stop = serveEndpoint(server, at, onUpgrade);
    const detach = (): void => {
      stop();
      detachers.delete(detach);
    };
    detachers.add(detach);
    return detach;
  };

  const start = async (listenOptions: ListenOptions): Promise<Listening> => {
    const http = createOwnHttpServer(path);
    const detach = serve(http, path);
    let listening: Listening;
    try {
      listening = await listen(http, path, listenOptions);
    } catch (error) {
      detach();
      throw error;
    }
    if (closing === null) {
      own.add(http);
      return listening;
    }
    // Closed meanwhile: whoever did that waits for the port to be free again.
    detach();
    const stopped = stopListening(http);
    http.closeAllConnections();
    await stopped;
    throw closed();
  };

  return {
    ...core,
    async listen(listenOptions) {
      if (closing !== null) throw closed();
      const started = start(listenOptions);
      starting.add(started);
      try {
        return await started;
      } finally {
        starting.delete(started);
      }
    },
    attach: (server, attachOptions = {}) => serve(server, attachOptions.path ?? path),
    close(closeOptions) {
      return (closing ??= (async () => {
        // First nobody new comes in, then those who are here leave.
        const stopped = [...own].map(stopListening);
        await core.close(closeOptions);
        for (const detach of [...detachers]) detach();
        await acceptor.close();
        for (const http of own) http.closeAllConnections();
        await Promise.all(stopped);
        await Promise.allSettled(starting);
      })());
    },
  };
}

function closed(): TickwireError {
  return new TickwireError('draining', 'The server is closed.', { executed: 'no' });
}

/** `authenticate` of a server without users: every connection is its own principal. */
export function anonymous(): { readonly principal: AnonymousPrincipal } {
  return { principal: { id: nodeRandom.id(), anonymous: true } };
}

/** Creates a broker in this process. Give `broker.connect` to every server and publisher that shares its channels. */
export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const broker = createBareMemoryBroker({
    ...options,
    clock: options.clock ?? nodeClock,
    random: options.random ?? nodeRandom,
  });
  markAsPrompt(broker.connect);
  return broker;
}

/** Options of {@link createMemoryIdempotencyStore}. */
export interface MemoryIdempotencyStoreOptions {
  /** @defaultValue the process's own */
  readonly clock?: Clock | undefined;
  /** @see IdempotencyOptions.maxKeysPerPrincipal @defaultValue 1_000 */
  readonly maxKeysPerPrincipal?: number | undefined;
  /** @see IdempotencyOptions.maxPrincipals @defaultValue 10_000 */
  readonly maxPrincipals?: number | undefined;
  /** @see IdempotencyOptions.maxBytesPerPrincipal @defaultValue 4_194_304 */
  readonly maxBytesPerPrincipal?: number | undefined;
}

/**
 * Keeps keyed commands in this process, for several servers in it: give it to each as `idempotency.store`. A server that is
 * given none has one of its own.
 */
export function createMemoryIdempotencyStore(options: MemoryIdempotencyStoreOptions = {}): IdempotencyStore {
  return new MemoryIdempotencyStore(options.clock ?? nodeClock, {
    maxKeysPerPrincipal: options.maxKeysPerPrincipal ?? DEFAULT_IDEMPOTENCY.maxKeysPerPrincipal,
    maxPrincipals: options.maxPrincipals ?? DEFAULT_IDEMPOTENCY.maxPrincipals,
    maxBytesPerPrincipal: options.maxBytesPerPrincipal,
  });
}
