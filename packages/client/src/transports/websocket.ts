// WebSocket transport: the platform's WebSocket, or `ws` in Node. Chosen when a connection is opened, so that what a
// test or a developer tool puts in its place later is used.
import IsomorphicWebSocket from 'isomorphic-ws';
import type { OpenRequest, Socket, SocketEvents, Transport } from '../ports/transport.js';

/** The part of the WebSocket interface that is used. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** A class of WebSockets. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

const OPEN = 1;

function platformWebSocket(): WebSocketClass {
  const platform = globalThis as {
    readonly document?: unknown;
    readonly WebSocket?: WebSocketClass;
    readonly process?: { readonly versions?: { readonly node?: string } };
  };
  // A page uses its own. Node 22's never tells of a connection that failed, so Node uses `ws`.
  const isNode = platform.document === undefined && platform.process?.versions?.node !== undefined;
  return (isNode ? undefined : platform.WebSocket) ?? (IsomorphicWebSocket as unknown as WebSocketClass);
}

/** Opens WebSockets, of the given class or the platform's. */
export function createWebSocketTransport(WebSocketOf?: WebSocketClass): Transport {
  return {
    open({ url, protocols }: OpenRequest, events: SocketEvents): Socket {
      let over = false;
      let socket: WebSocketLike | undefined;

      /** Error, close and what the constructor throws are one and the same: it is over. */
      function end(code: number, reason: string): void {
        if (over) return;
        over = true;
        events.onClose(code, reason);
      }

      try {
        socket = new (WebSocketOf ?? platformWebSocket())(url, [...protocols]);
        socket.binaryType = 'arraybuffer';
        let timer: ReturnType<typeof setTimeout> | undefined;
        socket.addEventListener('open', () => over || events.onOpen());
        socket.addEventListener('message', ({ data }) => over || events.onMessage(data));
        socket.addEventListener('close', ({ code, reason }) => {
          clearTimeout(timer);
          end(code, reason);
        });
        // A close with its code follows an error at once, if it follows at all.
        socket.addEventListener('error', () => {
          timer = setTimeout(end, 100, 1006, '');
        });
      } catch (error) {
        void Promise.resolve().then(() => end(1006, error instanceof Error ? error.message : ''));
      }

      return {
        send(text) {
          if (socket?.readyState === OPEN) socket.send(text);
        },
        close(code, reason) {
          over = true;
          try {
            socket?.close(code, reason);
          } catch {
            // Closing what never opened is an error for some; it is closed all the same.
          }
        },
      };
    },
  };
}
