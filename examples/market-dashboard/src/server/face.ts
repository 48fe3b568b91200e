// The part of the process that can be killed: HTTP server, Tickwire server, every socket. Broker and feed outlive it.
import { EventEmitter } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type BrokerFactory } from '@tickwire/server';
import { dashboard } from '../contract.js';
import type { FeedControl } from './feed-control.js';
import type { TabNetwork } from './tab-network.js';

export interface FaceOptions {
  readonly broker: BrokerFactory;
  readonly feed: FeedControl;
  /** Publishes what the feed is now, for whoever changed it. */
  readonly publishStatus: () => Promise<void>;
  readonly network: TabNetwork;
  readonly handleRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly host: string;
}

export interface Face {
  /** Listens; returns the port, which stays the same over every kill. */
  readonly start: (port: number) => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** The tab a request names: `/tickwire?tab=abc`. */
const tabOf = (url: string | undefined): string => new URLSearchParams(url?.split('?')[1]).get('tab') ?? '';

export function createFace({ broker, feed, publishStatus, network, handleRequest, host }: FaceOptions): Face {
  let running: { readonly http: HttpServer; readonly close: () => Promise<void> } | null = null;
  let port = 0;
  let returning: ReturnType<typeof setTimeout> | undefined;

  const open = async (): Promise<void> => {
    const tickwire = createServer(dashboard, {
      broker,
      // The page names its tab; anybody who can reach this port may watch and break the demo.
      authenticate: ({ token }) => ({ principal: { tab: token ?? '' } }),
      authorize: {
        feed: () => true,
        products: () => true,
        'ticker/{product}': () => true,
        'book/{product}': () => true,
        'candles/{product}': () => true,
        trades: () => true,
      },
      commands: {
        setRate: async ({ updatesPerSecond }, { fail }) => {
          if (!feed.setRate(updatesPerSecond)) throw fail('notSimulated', { label: feed.status().label });
          await publishStatus();
          return {};
        },
        pauseFeed: async () => {
          feed.pause();
          await publishStatus();
          return {};
        },
        resumeFeed: async () => {
          feed.resume();
          await publishStatus();
          return {};
        },
        cutCable: ({ forMs }, { principal }) => {
          network.cut(principal.tab, forMs);
          return {};
        },
        killServer: ({ forMs }) => {
          void kill(forMs);
          return {};
        },
        dropMessages: ({ percent }, { principal }) => {
          network.setDropShare(principal.tab, percent / 100);
          return {};
        },
      },
      wrapSocket: (socket, request) => {
        const tab = tabOf(request.url);
        return {
          write: (frames) => {
            // Only what positions can heal is lost: a message that holds data and nothing else.
            if (frames.every((frame) => frame.kind === 'data') && network.loses(tab)) return;
            socket.write(frames);
          },
          get bufferedBytes() {
            return socket.bufferedBytes;
          },
          close: (code, reason) => socket.close(code, reason),
          terminate: () => socket.terminate(),
        };
      },
    });
    const http = createHttpServer(handleRequest);
    // Upgrades pass through the network that the page can break before the server sees them.
    const gate = new EventEmitter();
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (network.admit(tabOf(request.url), socket)) gate.emit('upgrade', request, socket, head);
    });
    const detach = tickwire.attach(gate as unknown as HttpServer);
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(port, host, resolve);
    });
    port = (http.address() as AddressInfo).port;
    running = {
      http,
      close: async () => {
        detach();
        network.cutAll();
        http.closeAllConnections();
        await Promise.all([
          new Promise<void>((resolve) => http.close(() => resolve())),
          tickwire.close({ drainMs: 0 }),
        ]);
      },
    };
  };

  const close = async (): Promise<void> => {
    const closing = running;
    running = null;
    await closing?.close();
  };

  /** Nobody is told: sockets are reset and the port is closed, as when a process dies. */
  const kill = async (forMs: number): Promise<void> => {
    if (running === null) return;
    await close();
    returning = setTimeout(() => void open(), forMs);
  };

  return {
    start: async (wanted) => {
      port = wanted;
      await open();
      return port;
    },
    stop: async () => {
      clearTimeout(returning);
      await close();
    },
  };
}
