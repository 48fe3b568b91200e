// ws: WebSockets of the `ws` package as server sockets. It reads, answers pings and closes; we write our own ready-made
// frames to the socket beneath it. Both write whole frames only, so they never mix.
import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { clipCloseReason, type Logger, selectSubprotocol } from '@tickwire/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { EncodedFrame } from '../ports/frame-encoder.js';
import type { ServerSocket, SocketHandler } from '../ports/server-socket.js';
import { errorText } from '../value/error-text.js';
import { BatchCache } from './batch-cache.js';
import { SocketWriter } from './socket-writer.js';
import type { WebSocketFrame } from './websocket-frame.js';

/** How long a peer may take to answer a close frame, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;
const MAX_FRAGMENTS = 64;
const MAX_BUFFERED_CHUNKS = 4_096;
const MAX_PENDING_PONGS = 60;
const OPEN = 1;
/**
 * A small frame costs 1 to 2 % less to write as a string: Node copies it where it would look up a buffer's memory. What the
 * kernel does not take of a string is copied for each connection, so larger ones go as the buffer that all share.
 */
const MAX_TEXT_BYTES = 4_096;

/** Accepts upgraded sockets. */
export class WebSocketAcceptor {
  readonly #server: WebSocketServer;
  readonly #batches = new BatchCache();
  readonly #sockets = new Set<WebSocket>();
  readonly #log: Logger;
  #onEmpty: (() => void) | null = null;

  constructor(maxMessageBytes: number, log: Logger) {
    this.#log = log;
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // One message or control frame a turn: a packet full of tiny ones must not hold up everybody else.
      allowSynchronousEvents: false,
      maxPayload: maxMessageBytes,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      maxPendingAutoPongs: MAX_PENDING_PONGS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered: Set<string>) => selectSubprotocol(offered) ?? false,
    };
    this.#server = new WebSocketServer(options);
  }

  /** Completes the handshake; `accept` gets the socket and the subprotocol that was selected. */
  upgrade(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    accept: (socket: ServerSocket, subprotocol: string) => SocketHandler,
  ): void {
    this.#server.handleUpgrade(request, stream, head, (ws) => {
      this.#sockets.add(ws);
      ws.on('error', () => {
        // A peer's protocol error or a reset: `close` follows and says it all.
      });
      const socket = new WebSocketServerSocket(ws, stream, this.#batches);
      this.#connect(ws, socket, accept(socket, ws.protocol));
    });
  }

  /** Resolves when every socket is gone; peers that do not answer the close frame are cut off. */
  async close(): Promise<void> {
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
    this.#server.close();
  }

  #connect(ws: WebSocket, socket: SocketWriter, handler: SocketHandler): void {
    // Whatever happens in a handler ends one connection, never the process.
    const guarded = (run: () => void): void => {
      try {
        run();
      } catch (error) {
        this.#log('error', 'connection failed', { error: errorText(error) });
        ws.terminate();
      }
    };
    ws.on('message', (data, isBinary) =>
      guarded(() => handler.onMessage(isBinary ? (data as Buffer) : (data as Buffer).toString('utf8'))),
    );
    ws.on('ping', () => guarded(() => handler.onControl()));
    ws.on('pong', () => guarded(() => handler.onControl()));
    socket.onDrain(() => guarded(() => handler.onDrain()));
    ws.on('close', (code) => {
      this.#sockets.delete(ws);
      guarded(() => handler.onClose(code));
      if (this.#sockets.size === 0) this.#onEmpty?.();
    });
  }
}

/** One WebSocket, written to past `ws`. */
class WebSocketServerSocket extends SocketWriter implements ServerSocket {
  readonly #ws: WebSocket;
  readonly #batches: BatchCache;

  constructor(ws: WebSocket, stream: Duplex, batches: BatchCache) {
    super(stream);
    this.#ws = ws;
    this.#batches = batches;
  }

  warm(): number {
    return this.#ws.readyState + this.warmStream();
  }

  write(encoded: readonly EncodedFrame[]): void {
    // After a close frame, ours or the peer's, nothing may follow (RFC 6455 §5.5.1).
    if (this.#ws.readyState !== OPEN) return;
    // This adapter's encoder makes no others.
    const frames = encoded as unknown as readonly WebSocketFrame[];
    const only = frames[0];
    if (frames.length === 1 && only !== undefined) {
      this.writeBytes(only.byteLength <= MAX_TEXT_BYTES ? only.latin1 : only.payload);
    } else {
      this.writeBytes(this.#batches.join(frames));
    }
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, clipCloseReason(reason));
  }

  terminate(): void {
    this.#ws.terminate();
  }
}
