// WebSocket wire: peers of conformance scripts over real sockets. The only file here that knows `ws`.
import type { ConformanceWire } from '@tickwire/testing/conformance';
import { WebSocket } from 'ws';
import { upgradeFailure } from './upgrade-failure.js';

/** How long an upgrade may take, in milliseconds: less than a script waits, which otherwise gives up before it knows why. */
const HANDSHAKE_MS = 4_500;

/** Connects to the endpoint `url`, `ws:` or `wss:`. */
export function createWebSocketWire(url: URL): ConformanceWire {
  const origin = `${url.protocol === 'wss:' ? 'https' : 'http'}://${url.host}`;
  return {
    origin,
    features: ['http'],
    open: (request, events) => {
      const target = new URL(url);
      if (request.path !== undefined) target.pathname = request.path;
      if (request.query !== undefined) target.search = request.query;
      const socket = new WebSocket(target, [...request.offers], {
        handshakeTimeout: HANDSHAKE_MS,
        perMessageDeflate: false,
        ...(request.origin === undefined ? {} : { origin: request.origin }),
      });
      let isOpen = false;
      let isOver = false;
      const refused = (status: number | null, reason?: string): void => {
        if (isOver) return;
        isOver = true;
        events.onRefused(status, reason);
      };
      socket.on('open', () => {
        isOpen = true;
        events.onOpen(socket.protocol);
      });
      socket.on('unexpected-response', (upgrade, response) => {
        upgrade.destroy();
        refused(response.statusCode ?? null);
      });
      socket.on('error', (error) => {
        if (!isOpen) refused(null, upgradeFailure(error, target));
      });
      socket.on('message', (data: Buffer, isBinary) => {
        if (!isOver) events.onMessage(isBinary ? data : data.toString('utf8'));
      });
      socket.on('close', (code, reason) => {
        if (isOver || !isOpen) return;
        isOver = true;
        events.onClose(code, reason.toString('utf8'));
      });
      return {
        send: (data) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(data);
        },
        cut: () => {
          isOver = true;
          socket.terminate();
        },
      };
    },
  };
}
