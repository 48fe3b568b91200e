// Listen: an HTTP server of our own, with timeouts and limits for what nobody has vouched for yet.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TickwireError } from '@tickwire/protocol';
import { pathOf } from './upgrade.js';

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** @defaultValue every interface */
  readonly host?: string | undefined;
}

/** Where it listens. */
export interface Listening {
  readonly port: number;
  /** For clients on this machine, or at `host` where one was given: `ws://localhost:8080/tickwire`. */
  readonly url: string;
}

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
const MAX_HEADER_BYTES = 8_192;
const BACKLOG = 4_096;

/** Makes the HTTP server; it answers nothing but upgrades. */
export function createOwnHttpServer(path: string): Server {
  return createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      const status = pathOf(request) === path ? 426 : 404;
      if (status === 426) response.setHeader('Upgrade', 'websocket');
      response.writeHead(status, { Connection: 'close' }).end();
    },
  );
}

/** Listens. Rejects with `unavailable` where the address cannot be had. */
export function listen(server: Server, path: string, { port, host }: ListenOptions): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(
        new TickwireError('unavailable', `Cannot listen on port ${port}: ${error.message}`, { cause: error }),
      );
    server.once('error', fail);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', fail);
      server.on('error', () => undefined);
      const { port: given } = server.address() as AddressInfo;
      const shown = host === undefined || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
      resolve({ port: given, url: `ws://${shown.includes(':') ? `[${shown}]` : shown}:${given}${path}` });
    });
  });
}

/** Stops listening; resolves when the last connection is gone. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
