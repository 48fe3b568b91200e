// Commands: calls that wait for their one answer. Every failure says whether the work was done; nothing is sent twice
// unless it carries a key or the contract says that twice is the same as once (P-CMD-2).
import {
  fromWireError,
  TickwireError,
  type AbortSignalLike,
  type Executed,
  type RequestFrame,
  type ResponseFrame,
} from '@tickwire/protocol';
import { overflowOf, type QueuePolicy } from './queue.js';

/** How one call is made. */
export interface CallOptions {
  readonly key: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignalLike | undefined;
  /** May wait for a connection. */
  readonly queue: boolean;
  /** May be sent again after a connection broke. */
  readonly repeatable: boolean;
  /** Why no call is taken any more. */
  readonly refusal?: string;
}

/** What the table needs of the client. */
export interface CommandPorts {
  readonly queue: { readonly maxSize: number; readonly policy: QueuePolicy; readonly expiryMs: number };
  nowMs(): number;
  nextId(): number;
  /** The socket to write to; `null` while there is none. */
  socketId(): number | null;
  /** Whether a first connection is on its way, which any call may wait for. */
  isOpening(): boolean;
  inflightLimit(): number | undefined;
  /** @returns `false` if the frame is larger than the server accepts. */
  send(socketId: number, frame: RequestFrame | { t: 'cancel'; id: number }): boolean;
  /** Wants {@link Commands.tick} to be called then. */
  wakeAt(atMs: number): void;
}

interface Call extends CallOptions {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  readonly deadlineMs: number;
  readonly waitUntilMs: number;
  /** The socket it was written to and waits on; `null` while it waits to be sent. */
  socketId: number | null;
  /** Was written at least once: nobody can say any more that it was not done. */
  sent: boolean;
  /** Not to be sent again before. */
  notBeforeMs: number;
  settle(error: TickwireError | null, value?: unknown): void;
}

/** Wait before a command is tried again that still runs under the same key. */
const IN_FLIGHT_RETRY_MS = 500;

export class Commands {
  readonly #calls = new Map<number, Call>();
  readonly #ports: CommandPorts;

  constructor(ports: CommandPorts) {
    this.#ports = ports;
  }

  /** How many wait to be sent. */
  get waiting(): number {
    return this.#waiting().length;
  }

  call(name: string, input: unknown, options: CallOptions): Promise<unknown> {
    const { nowMs, nextId, queue, wakeAt } = this.#ports;
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const now = nowMs();
      const onAbort = (): void => this.#abort(call);
      const call: Call = {
        ...options,
        id: nextId(),
        name,
        input,
        deadlineMs: now + options.timeoutMs,
        waitUntilMs: now + (options.queue ? queue.expiryMs : Infinity),
        socketId: null,
        sent: false,
        notBeforeMs: now,
        settle: (error, value) => {
          this.#calls.delete(call.id);
          signal?.removeEventListener('abort', onAbort);
          if (error === null) resolve(value);
          else reject(error);
        },
      };
      if (options.refusal !== undefined) return call.settle(failure('cancelled', options.refusal, call));
      if (signal?.aborted === true) return this.#abort(call);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#admit(call);
      wakeAt(Math.min(call.deadlineMs, call.waitUntilMs));
    });
  }

  /** Writes what waits, as far as the connection takes it. */
  flush(): void {
    for (const call of this.#waiting()) if (call.notBeforeMs <= this.#ports.nowMs()) this.#send(call);
  }

  answered(frame: ResponseFrame, socketId: number): void {
    const call = this.#calls.get(frame.id);
    if (call === undefined || call.socketId !== socketId) return;
    if (frame.err === undefined) return call.settle(null, frame.v);
    const error = fromWireError(frame.err);
    if (error.code === 'in_flight' && call.repeatable) {
      call.socketId = null;
      call.notBeforeMs = this.#ports.nowMs() + (error.retryAfterMs ?? IN_FLIGHT_RETRY_MS);
      return this.#ports.wakeAt(call.notBeforeMs);
    }
    call.settle(error);
  }

  /** A connection is gone. `discarded`: the server said that it did nothing of what it was sent (P-CONN-6). */
  disconnected(socketId: number, discarded: boolean): void {
    for (const call of this.#calls.values()) {
      if (call.socketId !== socketId) continue;
      call.socketId = null;
      if (discarded) call.sent = false;
      if (call.repeatable || (!call.sent && call.queue)) continue;
      call.settle(
        call.sent
          ? failure('indeterminate', 'The connection broke before the answer came', call)
          : failure('unavailable', 'Not connected', call),
      );
    }
  }

  /** No connection is on its way that a call could wait for without having asked to. */
  refuseWaiting(): void {
    for (const call of this.#waiting()) {
      if (!call.queue && !call.sent) call.settle(failure('unavailable', 'Not connected', call));
    }
  }

  /** How many wait for their answer on a socket. */
  inFlight(socketId: number): number {
    let count = 0;
    for (const call of this.#calls.values()) if (call.socketId === socketId) count++;
    return count;
  }

  /** The client is closed. */
  close(): void {
    for (const call of this.#calls.values()) call.settle(failure('cancelled', 'The client was closed', call));
  }

  /** What time has brought. */
  tick(nowMs: number): void {
    for (const call of this.#calls.values()) {
      if (call.deadlineMs <= nowMs) {
        call.settle(
          failure(call.sent ? 'timeout' : 'deadline', `No answer within ${call.timeoutMs} ms`, call),
        );
      } else if (call.socketId === null) {
        if (call.waitUntilMs <= nowMs && !call.sent)
          call.settle(failure('deadline', 'Waited too long for a connection', call));
        else if (call.notBeforeMs <= nowMs) this.#send(call);
      }
      if (!this.#calls.has(call.id)) continue;
      const waitMs =
        call.socketId !== null ? Infinity : call.notBeforeMs > nowMs ? call.notBeforeMs : call.waitUntilMs;
      this.#ports.wakeAt(Math.min(call.deadlineMs, waitMs));
    }
  }

  #waiting(): Call[] {
    return [...this.#calls.values()].filter((call) => call.socketId === null);
  }

  #admit(call: Call): void {
    const { socketId, isOpening, queue } = this.#ports;
    if (socketId() === null && !call.queue && !isOpening())
      return call.settle(failure('unavailable', 'Not connected', call));
    if (socketId() === null) {
      const overflow = overflowOf(this.#waiting(), call, queue.maxSize, queue.policy);
      overflow?.refused.settle(
        failure(overflow.code, 'Too many commands wait for a connection', overflow.refused),
      );
      if (overflow?.refused === call) return;
    }
    this.#calls.set(call.id, call);
    this.#send(call);
  }

  #send(call: Call): void {
    const { nowMs, socketId, inflightLimit, send } = this.#ports;
    const to = socketId();
    if (to === null) return;
    const { id, name, input, key, deadlineMs } = call;
    if (this.inFlight(to) >= (inflightLimit() ?? Infinity)) {
      return call.settle(failure('limit', 'Too many commands wait for an answer', call));
    }
    const ttl = Math.max(1, Math.ceil(deadlineMs - nowMs()));
    let taken: boolean;
    try {
      taken = send(to, {
        t: 'req',
        id,
        m: name,
        ttl,
        ...(input === undefined ? {} : { v: input }),
        ...(key === undefined ? {} : { k: key }),
      });
    } catch (cause) {
      return call.settle(
        new TickwireError('bad_input', 'The input cannot be written as JSON', { executed: 'no', cause }),
      );
    }
    if (!taken) return call.settle(failure('too_large', 'The input is larger than the server accepts', call));
    call.socketId = to;
    call.sent = true;
  }

  #abort(call: Call): void {
    if (call.socketId !== null) this.#ports.send(call.socketId, { t: 'cancel', id: call.id });
    const cause = call.signal?.reason;
    call.settle(
      new TickwireError('cancelled', 'The call was cancelled', { executed: executedOf(call), cause }),
    );
  }
}

const executedOf = (call: Call): Executed => (call.sent ? 'maybe' : 'no');

function failure(code: string, message: string, call: Call): TickwireError {
  return new TickwireError(code, `Command "${call.name}": ${message}`, { executed: executedOf(call) });
}

/** An error that the contract declares. */
export type CommandError<Name extends string = string, Data = unknown> = TickwireError & {
  readonly code: `app.${Name}`;
  readonly data: Data;
};

/** Whether `error` is the error `name` that a command of the contract declares. */
export function isCommandError<Name extends string>(error: unknown, name: Name): error is CommandError<Name> {
  return error instanceof TickwireError && error.code === `app.${name}`;
}
