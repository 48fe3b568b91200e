// Endpoints: what is served of one HTTP server, by path, by however many servers of ours. One listener for all of them
// decides who gets an upgrade, and what becomes of one that is for nobody.
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { asPlainRequest } from './plain-request.js';
import { guardStream, pathOf, refuseUpgrade, type UpgradeListener } from './upgrade.js';

type AnyHttpServer = HttpServer | HttpsServer;

/** The paths of one HTTP server. */
class Endpoints {
  readonly #server: AnyHttpServer;
  readonly #byPath = new Map<string, UpgradeListener>();

  constructor(server: AnyHttpServer) {
    this.#server = server;
  }

  /** @throws TypeError where the path is served already: two answers to one handshake would end the process */
  add(path: string, listener: UpgradeListener): void {
    if (this.#byPath.has(path)) {
      throw new TypeError(`attach: ${path} is served already on this HTTP server. Give another \`path\`.`);
    }
    if (this.#byPath.size === 0) this.#server.on('upgrade', this.#onUpgrade);
    this.#byPath.set(path, listener);
  }

  remove(path: string): void {
    this.#byPath.delete(path);
    if (this.#byPath.size === 0) this.#server.off('upgrade', this.#onUpgrade);
  }

  readonly #onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    guardStream(stream);
    const listener = this.#byPath.get(pathOf(request));
    if (listener !== undefined) {
      listener(request, stream, head);
      return;
    }
    // Another listener may want it; if there is none, nobody else would ever end it.
    if (this.#server.listenerCount('upgrade') > 1) return;
    if (wantsWebSocket(request)) refuseUpgrade(stream, { status: 404, what: 'not_found' });
    else asPlainRequest(this.#server, request, stream, head);
  };
}

const endpointsOf = new WeakMap<AnyHttpServer, Endpoints>();

/**
 * Gives the upgrades of a path to a listener.
 * @returns stops that
 * @throws TypeError where the path is served already
 */
export function serveEndpoint(server: AnyHttpServer, path: string, listener: UpgradeListener): () => void {
  const endpoints = endpointsOf.get(server) ?? new Endpoints(server);
  endpointsOf.set(server, endpoints);
  endpoints.add(path, listener);
  let isServed = true;
  return () => {
    // Somebody else may have the path by now.
    if (isServed) endpoints.remove(path);
    isServed = false;
  };
}

function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').toLowerCase().includes('websocket');
}
