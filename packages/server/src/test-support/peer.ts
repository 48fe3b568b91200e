// Peer: a client in a test: a socket that writes down what it is given, and a hand that sends frames.
import type { ServerFrame } from '@tickwire/protocol';
import type { ServerCore } from '../server.js';
import type { EncodedFrame, FrameEncoder } from '../ports/frame-encoder.js';
import type { AcceptRequest, ServerSocket, SocketHandler } from '../ports/server-socket.js';

/** Frames as text, which is what peers read. */
export const textEncoder: FrameEncoder = (text, kind) => ({ byteLength: text.length, kind, payload: text });

export type Frame = ServerFrame & Readonly<Record<string, unknown>>;

/** A socket in memory, as slow as a test wants. */
export class RecordingSocket implements ServerSocket {
  bufferedBytes = 0;
  /** Every write, as the frames it held. */
  readonly writes: (readonly EncodedFrame[])[] = [];
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  terminated = false;
  /** While set, what is written stays in the process. */
  stalled = false;

  write(frames: readonly EncodedFrame[]): void {
    this.writes.push([...frames]);
    if (this.stalled) for (const frame of frames) this.bufferedBytes += frame.byteLength;
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
  }

  terminate(): void {
    this.terminated = true;
  }
}

/** One client of a server under test. */
export class Peer {
  readonly socket = new RecordingSocket();
  readonly handler: SocketHandler;
  #read = 0;

  constructor(server: Pick<ServerCore<never>, 'accept'>, request?: AcceptRequest) {
    this.handler = server.accept(this.socket, request);
  }

  /** Sends frames in one message. */
  send(...frames: readonly object[]): void {
    this.handler.onMessage(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  hello(token?: string, more: object = {}): void {
    this.send({
      t: 'hello',
      v: 1,
      caps: ['delta'],
      ...(token === undefined ? {} : { auth: { token } }),
      ...more,
    });
  }

  /** What has come since the last call. */
  take(): Frame[] {
    const frames = this.frames.slice(this.#read);
    this.#read += frames.length;
    return frames;
  }

  /** All frames so far. */
  get frames(): Frame[] {
    return this.encoded.map(({ payload }) => JSON.parse(payload as string) as Frame);
  }

  /** All frames so far, as the server shares them. */
  get encoded(): EncodedFrame[] {
    return this.socket.writes.flat();
  }

  /** The peer has read everything. */
  drain(): void {
    this.socket.stalled = false;
    this.socket.bufferedBytes = 0;
    this.handler.onDrain();
  }

  get closeCode(): number | undefined {
    return this.socket.closes[0]?.code;
  }
}
