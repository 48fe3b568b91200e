// Virtual network: WebSocket-like connections between virtual machines, in memory and in virtual time, with the
// ways in which real ones fail. Knows messages, not frames; the adapters beside it fit it to the Tickwire ports.
import type { VirtualClock, VirtualMachine } from '../clock/virtual-clock.js';
import { SeededRandom } from '../random/seeded-random.js';
import {
  DEFAULT_PIPE_CONDITIONS,
  type PipeConditions,
  type VirtualMessage,
  VirtualPipe,
} from './virtual-pipe.js';

/** What one end of a connection is told. After `onClose` nothing more. */
export interface VirtualSocketEvents {
  /** Connecting end only: the other end accepted. */
  onOpen?(): void;
  /** A message, as it was written. */
  onMessage(data: string): void;
  /** What was written has left the process. */
  onDrain?(): void;
  /** The end. Once. */
  onClose(code: number, reason: string): void;
}

/** One end of a connection. */
export interface VirtualSocket {
  /** Bytes written that have not left the process. */
  readonly bufferedBytes: number;
  /** Writes messages in order. After a close they are lost without a word, as on a real socket. */
  write(messages: readonly VirtualMessage[]): void;
  /** Ends after everything that was written; the other end is told `code`. */
  close(code: number, reason: string): void;
  /** Ends at once: what is under way is lost, both ends see 1006. */
  terminate(): void;
}

/** Who listens at an address. */
export interface VirtualListener {
  readonly machine: VirtualMachine;
  /** Takes a connection; what it answers is told what happens. */
  accept(socket: VirtualSocket, connection: VirtualConnection): VirtualSocketEvents;
}

/** What a tap sees: every message at the moment it is written. */
export interface TappedMessage {
  readonly connection: VirtualConnection;
  readonly direction: Direction;
  readonly data: string;
}

/** Towards the server or towards the client. */
export type Direction = 'toServer' | 'toClient';

/**
 * What becomes of a message: `lose` drops it silently, `data` puts another one in its place. No TCP connection does
 * either; this is for tests of tests.
 */
export type Verdict = 'carry' | 'lose' | { readonly data: string };

/** Options of {@link VirtualNetwork}. */
export interface VirtualNetworkOptions {
  readonly clock: VirtualClock;
  /** @defaultValue a source with a seed of its own */
  readonly random?: SeededRandom;
  /**
   * How new connections carry messages.
   * @defaultValue {@link DEFAULT_PIPE_CONDITIONS}
   */
  readonly conditions?: Partial<PipeConditions>;
  /** Sees every message as it is written, and may lose or replace it. */
  readonly tap?: (message: TappedMessage) => Verdict | undefined;
  /** An open connection has ended: one of its ends was told `code`. Once a connection. */
  readonly onEnd?: (connection: VirtualConnection, code: number) => void;
}

const ABNORMAL = 1006;
const CLOSE_TIMEOUT_MS = 2_000;
const HANDSHAKE_ROUND_TRIPS = 2;

/** Connections in memory. Order within a direction always holds; everything else may be made to fail. */
export class VirtualNetwork {
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #tap: ((message: TappedMessage) => Verdict | undefined) | undefined;
  readonly #onEnd: ((connection: VirtualConnection, code: number) => void) | undefined;
  readonly #listeners = new Map<string, VirtualListener>();
  readonly #connections = new Set<VirtualConnection>();
  #nextId = 1;
  /** How connections made from now on carry messages. */
  conditions: PipeConditions;
  /** While `true`, connection attempts get no answer at all. */
  swallowsConnects = false;

  constructor(options: VirtualNetworkOptions) {
    this.#clock = options.clock;
    this.#random = options.random ?? new SeededRandom('network');
    this.#tap = options.tap;
    this.#onEnd = options.onEnd;
    this.conditions = { ...DEFAULT_PIPE_CONDITIONS, ...options.conditions };
  }

  /** Connections that at least one end has not seen the end of. */
  get connections(): readonly VirtualConnection[] {
    return [...this.#connections];
  }

  /**
   * Listens at an address.
   * @returns stops listening; connections that exist live on.
   */
  listen(address: string, listener: VirtualListener): () => void {
    this.#listeners.set(address, listener);
    return () => {
      if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
    };
  }

  /** Opens a connection. Where nobody listens, `onClose(1006)` comes instead of `onOpen`. */
  connect(address: string, machine: VirtualMachine, events: VirtualSocketEvents): VirtualSocket {
    const connection = new VirtualConnection({
      id: this.#nextId++,
      address,
      client: machine,
      conditions: this.conditions,
      random: () => this.#random.float(),
      tap: this.#tap,
      listenerAt: () => (this.swallowsConnects ? 'silent' : this.#listeners.get(address)),
      neutral: this.#clock,
      onEnd: (code) => this.#onEnd?.(connection, code),
      forget: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    return connection.open(events);
  }

  /** Cuts every connection that has an end on the machine, as the kernel does when a process dies. */
  cutMachine(machine: VirtualMachine): void {
    for (const connection of this.connections) if (connection.touches(machine)) connection.reset();
  }
}

interface ConnectionOptions {
  readonly id: number;
  readonly address: string;
  readonly client: VirtualMachine;
  readonly conditions: PipeConditions;
  readonly random: () => number;
  readonly tap: ((message: TappedMessage) => Verdict | undefined) | undefined;
  readonly listenerAt: () => VirtualListener | 'silent' | undefined;
  readonly neutral: VirtualClock;
  readonly onEnd: (code: number) => void;
  readonly forget: () => void;
}

interface End {
  readonly machine: VirtualMachine;
  readonly events: VirtualSocketEvents;
  closed: boolean;
}

/** A connection under way or open, as somebody with a hand on the cable sees it. */
export class VirtualConnection {
  readonly id: number;
  readonly address: string;
  readonly #options: ConnectionOptions;
  #client: End | undefined;
  #server: End | undefined;
  #toServer: VirtualPipe | undefined;
  #toClient: VirtualPipe | undefined;
  #armed: { readonly direction: Direction; messages: number; bytes: number } | undefined;
  #lost = false;
  #endTold = false;

  /** @internal */
  constructor(options: ConnectionOptions) {
    this.id = options.id;
    this.address = options.address;
    this.#options = options;
  }

  /** Whether both ends are connected and neither has been told otherwise. */
  get isOpen(): boolean {
    return (
      this.#server !== undefined && !this.#server.closed && this.#client?.closed === false && !this.#lost
    );
  }

  /** Whether one of the ends is on this machine. */
  touches(machine: VirtualMachine): boolean {
    return this.#client?.machine === machine || this.#server?.machine === machine;
  }

  /** One direction, to be slowed, stalled or swallowed; `undefined` until the connection is open. */
  pipe(direction: Direction): VirtualPipe | undefined {
    return direction === 'toServer' ? this.#toServer : this.#toClient;
  }

  /** TCP reset: what is under way is lost, both ends see 1006. */
  reset(): void {
    this.resetFrom(undefined);
  }

  /**
   * Resets as soon as so many more messages have arrived: in the middle of a batch, for example.
   * @returns disarms it.
   */
  resetAfter(messages: number, direction: Direction): () => void {
    return this.#arm(direction, messages, Infinity);
  }

  /**
   * Resets as soon as so many more bytes have arrived: between two messages or in the middle of one, which is then lost.
   * @returns disarms it.
   */
  resetAfterBytes(bytes: number, direction: Direction): () => void {
    return this.#arm(direction, Infinity, bytes);
  }

  #arm(direction: Direction, messages: number, bytes: number): () => void {
    const armed = { direction, messages, bytes };
    this.#armed = armed;
    return () => {
      if (this.#armed === armed) this.#armed = undefined;
    };
  }

  /** Half-open: from now on nothing arrives anywhere and nobody is told. */
  blackHole(): void {
    this.#toServer?.blackHole();
    this.#toClient?.blackHole();
  }

  /** Ends stalls and black holes in both directions. */
  heal(): void {
    this.#toServer?.heal();
    this.#toClient?.heal();
  }

  /** @internal */
  open(events: VirtualSocketEvents): VirtualSocket {
    const { client, conditions, listenerAt } = this.#options;
    const end: End = { machine: client, events, closed: false };
    this.#client = end;
    const arriveMs = conditions.latencyMs * HANDSHAKE_ROUND_TRIPS;
    this.#options.neutral.setTimer(arriveMs, () => {
      if (end.closed) return;
      const listener = listenerAt();
      if (listener === 'silent') return;
      if (listener === undefined || listener.machine.halted) {
        this.#tell(end, ABNORMAL, '', conditions.latencyMs);
        return;
      }
      listener.machine.schedule(0, () => this.#accept(end, listener));
    });
    return this.#socket(() => end, 'toServer');
  }

  /** @internal */
  resetFrom(end: End | undefined): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#toServer?.destroy();
    this.#toClient?.destroy();
    const { latencyMs } = this.#options.conditions;
    for (const each of [this.#client, this.#server]) {
      if (each !== undefined) this.#tell(each, ABNORMAL, '', each === end ? 0 : latencyMs);
    }
  }

  #accept(client: End, listener: VirtualListener): void {
    if (client.closed || this.#lost) return;
    const { conditions, random } = this.#options;
    const { machine } = listener;
    const toServer = new VirtualPipe(client.machine, machine, conditions, random, {
      onArrival: (message) => this.#arrived(this.#server, 'toServer', message),
      onDrain: () => client.closed || client.events.onDrain?.(),
      onEnd: (code, reason) => this.#ended(this.#server, toClient, code, reason),
    });
    const toClient = new VirtualPipe(machine, client.machine, conditions, random, {
      onArrival: (message) => this.#arrived(client, 'toClient', message),
      onDrain: () => this.#server?.closed !== false || this.#server.events.onDrain?.(),
      onEnd: (code, reason) => this.#ended(client, toServer, code, reason),
    });
    this.#toServer = toServer;
    this.#toClient = toClient;
    const socket = this.#socket(() => this.#server, 'toClient');
    client.machine.schedule(conditions.latencyMs, () => {
      if (!client.closed && !this.#lost) client.events.onOpen?.();
    });
    const server: { machine: VirtualMachine; events: VirtualSocketEvents; closed: boolean } = {
      machine,
      events: { onMessage: () => undefined, onClose: () => undefined },
      closed: false,
    };
    this.#server = server;
    server.events = listener.accept(socket, this);
  }

  #socket(end: () => End | undefined, direction: Direction): VirtualSocket {
    const pipe = (): VirtualPipe | undefined => this.pipe(direction);
    return {
      get bufferedBytes(): number {
        return pipe()?.bufferedBytes ?? 0;
      },
      write: (messages) => {
        for (const message of messages) {
          const verdict = this.#options.tap?.({ connection: this, direction, data: message.data });
          if (verdict === 'lose') continue;
          const isReplaced = typeof verdict === 'object';
          pipe()?.write(isReplaced ? { data: verdict.data, byteLength: verdict.data.length } : message);
        }
      },
      close: (code, reason) => {
        const self = end();
        if (self === undefined || self.closed) return;
        const outward = pipe();
        if (outward === undefined) {
          this.resetFrom(self);
        } else if (!outward.ended) {
          outward.end(code, reason);
          self.machine.schedule(CLOSE_TIMEOUT_MS, () => this.resetFrom(self));
        }
      },
      terminate: () => this.resetFrom(end()),
    };
  }

  #arrived(end: End | undefined, direction: Direction, message: VirtualMessage): void {
    if (end === undefined || end.closed) return;
    const armed = this.#armed?.direction === direction ? this.#armed : undefined;
    if (armed !== undefined && (armed.bytes -= message.byteLength) < 0) {
      this.reset();
      return;
    }
    end.events.onMessage(message.data);
    if (armed !== undefined && (--armed.messages <= 0 || armed.bytes === 0)) this.reset();
  }

  /** The peer's close frame arrived: answer it, then this end is closed too; the answer closes the peer's. */
  #ended(end: End | undefined, back: VirtualPipe, code: number, reason: string): void {
    if (end === undefined || end.closed) return;
    back.end(code, reason);
    this.#finish(end, code, reason);
  }

  #tell(end: End, code: number, reason: string, delayMs: number): void {
    end.machine.schedule(delayMs, () => this.#finish(end, code, reason));
    if (end.machine.halted) this.#finish(end, code, reason);
  }

  #finish(end: End, code: number, reason: string): void {
    if (end.closed) return;
    end.closed = true;
    if (this.#server !== undefined && !this.#endTold) {
      this.#endTold = true;
      this.#options.onEnd(code);
    }
    if (this.#client?.closed !== false && this.#server?.closed !== false) {
      this.#lost = true;
      this.#options.forget();
    }
    if (!end.machine.halted) end.events.onClose(code, reason);
  }
}
