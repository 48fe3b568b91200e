// WebSocket transport: the platform's WebSocket, or `ws` in Node. Chosen when a connection is opened, so that what a
// test or a developer tool puts in its place later is used.
import IsomorphicWebSocket from 'isomorphic-ws';
import type { SocketEvents, Transport } from '../ports/transport.js';

/** The part of the WebSocket interface that is used. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  /** Called while `readyState` is 1 only. */
  send(data: string): void;
  /** May throw; that is caught. */
  close(code?: number, reason?: string): void;
  /** `error` is taken for a close that may never be told. */
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  /** Text, or what `binaryType` says. */
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** After it nothing is told any more. */
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** A class of WebSockets. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

const OPEN = 1;
/** How long the close that belongs to an error may take; on some platforms it never comes. */
const CLOSE_AFTER_ERROR_MS = 100;

function platformWebSocket(): WebSocketClass {
  const { document, WebSocket, process } = globalThis as {
    readonly document?: unknown;
    readonly WebSocket?: WebSocketClass;
    readonly process?: { readonly versions?: { readonly node?: string } };
  };
  // A page uses its own. Node 22's never tells of a connection that failed, so Node uses `ws`.
  const isNode = !document && process?.versions?.node;
  return (!isNode && WebSocket) || IsomorphicWebSocket;
}

/** Opens WebSockets, of the given class or the platform's. */
export function createWebSocketTransport(WebSocketOf?: WebSocketClass): Transport {
  return {
    open({ url, protocols }, { onOpen, onMessage, onClose }: SocketEvents) {
      let over = false;
      let socket: WebSocketLike | undefined;
      /** Error, close and what the constructor throws are one and the same: it is over. */
      const end = (code = 1006, reason = ''): void => {
        if (!over) onClose(code, reason);
        over = true;
      };
      const endSoon = (): unknown => setTimeout(end, CLOSE_AFTER_ERROR_MS);
      try {
        socket = new (WebSocketOf ?? platformWebSocket())(url, [...protocols]);
        socket.binaryType = 'arraybuffer';
        socket.addEventListener('open', () => over || onOpen());
        socket.addEventListener('message', ({ data }) => over || onMessage(data));
        socket.addEventListener('close', ({ code, reason }) => end(code, reason));
        socket.addEventListener('error', endSoon);
      } catch (cause) {
        setTimeout(end, CLOSE_AFTER_ERROR_MS, 1006, String(cause));
      }
      return {
        send: (text) => socket?.readyState === OPEN && socket.send(text),
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
