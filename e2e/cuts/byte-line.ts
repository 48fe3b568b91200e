// Byte line: the bytes of WebSocket connections between one client and a server, in memory. It is cut after exactly as
// many bytes as it is told; what is not a whole message by then has never come, as in every WebSocket.
import { Buffer } from 'node:buffer';
import type { Transport } from '@tickwire/client';
import type { Clock } from '@tickwire/protocol';
import type { AcceptRequest, EncodedFrame, ServerSocket, SocketHandler } from '@tickwire/server';
import type { Direction } from '@tickwire/testing';
import { frame, Opcode, takeFrame } from '../hostile/websocket-bytes.js';

/** Who takes connections: a server. */
export type Accept = (socket: ServerSocket, request: AcceptRequest) => SocketHandler;

/** Where a connection is cut. */
export interface Cut {
  readonly direction: Direction;
  /** Bytes of this direction that still arrive. */
  readonly afterBytes: number;
}

const LATENCY_MS = 1;
const ABNORMAL = 1006;

/** What a line makes of a message on its way to the client; for tests of the judge. */
export type Tamper = (text: string) => string;

/** The line of one client: opens connections one after another. */
export class ByteLine implements Transport {
  /** Cuts that were made. */
  cuts = 0;
  /** Bytes of every message that arrived, in order, headers included. */
  readonly messageBytes: Readonly<Record<Direction, number[]>> = { toServer: [], toClient: [] };
  readonly #clock: Clock;
  readonly #accept: Accept;
  readonly #tamper: Tamper;
  #present: Connection | null = null;
  #next: Cut | null = null;

  constructor(clock: Clock, accept: Accept, tamper: Tamper = (text) => text) {
    this.#clock = clock;
    this.#accept = accept;
    this.#tamper = tamper;
  }

  /** Cuts the connection that is open, counting from now. */
  cutPresent(cut: Cut): void {
    if (this.#present === null) throw new Error('there is no connection to cut');
    this.#present.cut = { ...cut };
  }

  /** Cuts the next connection, counting from its first byte after the upgrade. */
  cutNext(cut: Cut): void {
    this.#next = { ...cut };
  }

  /** Cuts the connection that is open between two messages. Not counted. */
  reset(): void {
    this.#present?.reset();
  }

  open: Transport['open'] = (_request, events) => {
    const connection: Connection = new Connection(this.#clock, {
      onText: (text) => events.onMessage(this.#tamper(text)),
      onMessageBytes: (direction, bytes) => this.messageBytes[direction].push(bytes),
      onCut: () => this.cuts++,
      onEnd: () => {
        if (this.#present === connection) this.#present = null;
        events.onClose(ABNORMAL, '');
      },
    });
    this.#present = connection;
    connection.cut = this.#next;
    this.#next = null;
    this.#clock.setTimer(LATENCY_MS, () => {
      connection.attach(this.#accept);
      events.onOpen();
    });
    return connection;
  };
}

interface ConnectionEvents {
  onText(text: string): void;
  onMessageBytes(direction: Direction, bytes: number): void;
  onCut(): void;
  onEnd(): void;
}

class Connection implements ServerSocket {
  cut: { readonly direction: Direction; afterBytes: number } | null = null;
  readonly bufferedBytes = 0;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #arrived: Record<Direction, Buffer> = { toServer: Buffer.alloc(0), toClient: Buffer.alloc(0) };
  #server: SocketHandler | null = null;
  #over = false;

  constructor(clock: Clock, events: ConnectionEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  attach(accept: Accept): void {
    if (!this.#over) this.#server = accept(this, { url: '/tickwire' });
  }

  /** From the client. */
  send(text: string): void {
    this.#pass('toServer', frame(Opcode.text, text, { masked: false }));
  }

  /** From the server. */
  write(frames: readonly EncodedFrame[]): void {
    this.#pass('toClient', Buffer.concat(frames.map(({ payload }) => payload as Buffer)));
  }

  close(): void {
    this.reset();
  }

  terminate(): void {
    this.reset();
  }

  reset(): void {
    if (this.#over) return;
    this.#over = true;
    this.#clock.setTimer(0, () => {
      this.#server?.onClose(ABNORMAL);
      this.#events.onEnd();
    });
  }

  #pass(direction: Direction, bytes: Buffer): void {
    this.#clock.setTimer(LATENCY_MS, () => {
      if (this.#over) return;
      const { cut } = this;
      if (cut?.direction !== direction || bytes.length < cut.afterBytes) {
        if (cut?.direction === direction) cut.afterBytes -= bytes.length;
        this.#deliver(direction, bytes);
        return;
      }
      this.#deliver(direction, bytes.subarray(0, cut.afterBytes));
      this.#events.onCut();
      this.reset();
    });
  }

  #deliver(direction: Direction, bytes: Buffer): void {
    const before = this.#arrived[direction];
    let rest = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
    for (let taken = takeFrame(rest); taken !== null; taken = takeFrame(rest)) {
      this.#events.onMessageBytes(direction, rest.length - taken.rest.length);
      rest = taken.rest;
      const text = taken.frame.payload.toString('utf8');
      if (direction === 'toClient') this.#events.onText(text);
      else this.#server?.onMessage(text);
    }
    this.#arrived[direction] = rest;
  }
}
