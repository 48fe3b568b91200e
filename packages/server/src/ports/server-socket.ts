// Server socket: an accepted connection as the server sees it. Adapters (ws, in-memory networks) implement it.
import type { EncodedFrame } from './frame-encoder.js';

/** An accepted connection. None of its members may throw. */
export interface ServerSocket {
  /**
   * Hands over frames, in order, as one write. After `close` or `terminate` it does nothing.
   * @param frames valid during the call only: the array is used again.
   */
  write(frames: readonly EncodedFrame[]): void;
  /**
   * Reads what `write` will look at, so that the processor fetches it for many connections at a time. Changes nothing.
   * @returns a number that means nothing; without one, compilers would drop the reads
   * @defaultValue nothing is read ahead
   */
  warm?(): number;
  /** Bytes handed over that have not left the process. */
  readonly bufferedBytes: number;
  /**
   * Grows with every byte that leaves the process, also while one large write is under way: tells a peer that is slow from
   * one that is gone.
   * @defaultValue judged by `bufferedBytes`, which may stand still until a whole write is over
   */
  readonly takenBytes?: number | undefined;
  /** Closes after what was written; the adapter ends the socket by force where the peer does not answer. */
  close(code: number, reason: string): void;
  /** Ends the socket at once. */
  terminate(): void;
}

/** What the adapter tells the server about one connection. None of its members throws. */
export interface SocketHandler {
  /** A message: text, or bytes where the peer sent a binary one, which the JSON codec refuses. */
  onMessage(data: string | Uint8Array): void;
  /** The peer sent a control frame of the transport; it counts as inbound, but proves no life of the application. */
  onControl(): void;
  /** {@link ServerSocket.bufferedBytes} was above the transport's own mark and is 0 again. */
  onDrain(): void;
  /** The connection is gone, for whatever reason. Called once; nothing is called after it. */
  onClose(code: number): void;
}

/** What is known of a connection when it is accepted. */
export interface AcceptRequest {
  /**
   * Who connects: sockets that have not authenticated yet are counted by it.
   * @defaultValue not counted
   */
  readonly address?: string | undefined;
  /**
   * The subprotocol that was selected; the fallback `tickwire` is answered with `unsupported_version`.
   * @defaultValue `tickwire.v1+json`
   */
  readonly subprotocol?: string | undefined;
  /** Headers of the upgrade request by lower-case name. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** Path and query of the upgrade request. */
  readonly url?: string | undefined;
  /** The client put a token where logs keep it (query, subprotocol): it is refused with a hint (P-AUTH-1). */
  readonly exposedToken?: boolean | undefined;
}
