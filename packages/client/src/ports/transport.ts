// Transport: what opens a pipe to a server. The client knows no other way to reach one.

/** What an open pipe reports. Nothing is reported before {@link Transport.open} has returned. */
export interface SocketEvents {
  /** The pipe is open; frames may be sent. At most once. */
  readonly onOpen: () => void;
  /** A message arrived: text, or whatever else the platform delivered, which the client ignores and counts. */
  readonly onMessage: (data: unknown) => void;
  /**
   * The attempt or the connection has ended, for whatever reason. Exactly once, unless {@link Socket.close} was
   * called; nothing is reported after it.
   */
  readonly onClose: (code: number, reason: string) => void;
}

/** A pipe. */
export interface Socket {
  /** Sends one text message. Does nothing on a pipe that is not open. */
  send(text: string): void;
  /** Ends the pipe. Nothing is reported any more from this moment on. Calling it again does nothing. */
  close(code: number, reason: string): void;
}

/** What to connect to. */
export interface OpenRequest {
  readonly url: string;
  /** Subprotocols to offer, best first. */
  readonly protocols: readonly string[];
}

/** Opens pipes. */
export interface Transport {
  /** Never throws: what is wrong is reported by {@link SocketEvents.onClose}. */
  open(request: OpenRequest, events: SocketEvents): Socket;
}
