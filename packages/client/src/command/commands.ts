// Commands: calls that wait for their one answer. Every failure says whether the work was done; nothing is sent twice
// unless it carries a key or the contract says that twice is the same as once (P-CMD-2).
import {
  fromWireError,
  TickwireError,
  type AbortSignalLike,
  type AnnouncedLimits,
  type CancelFrame,
  type RequestFrame,
  type ResponseFrame,
} from '@tickwire/protocol';
import type { QueuePolicy } from './queue.js';
import type { Until } from './shown-in.js';

/** How one call is made. */
export interface CallOptions {
  readonly key?: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignalLike | undefined;
  /** May wait for a connection. */
  readonly queue?: boolean | undefined;
  /** May be sent again after a connection broke. */
  readonly repeatable: boolean;
  /** Holds back its end until its effect is shown. */
  readonly until?: Until | undefined;
}

/** What the table needs of the client. */
export interface CommandPorts {
  readonly queue: { readonly maxSize: number; readonly policy: QueuePolicy; readonly expiryMs: number };
  readonly nowMs: () => number;
  readonly nextId: () => number;
  /** The socket to write to; 0 while there is none. */
  readonly socketId: () => number;
  /** Whether a first connection is on its way, which any call may wait for. */
  readonly isOpening: () => boolean;
  /** Why there will be no connection by itself any more. */
  readonly gaveUp: () => TickwireError | null;
  readonly isClosed: () => boolean;
  readonly limits: () => AnnouncedLimits;
  /** @returns `false` if the frame is larger than the server accepts. */
  readonly send: (socketId: number, frame: RequestFrame | CancelFrame) => boolean;
  /** Wants {@link Commands.tick} to be called then. */
  readonly wakeAt: (atMs: number) => void;
}

interface Call extends CallOptions {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  readonly deadlineMs: number;
  /** When its wait is over: for a connection, and once it is sent for the answer. */
  dueMs: number;
  /** The socket it was written to and waits on; 0 while it waits to be sent; -1 once it is answered. */
  socketId: number;
  /** Not sent before: the answer was `in_flight`. */
  againMs: number;
  /** Answered, and not shown yet: what ends the looking. */
  stop?: () => void;
  /** Was written: nobody can say any more that it was not done. */
  sent: boolean;
  /** Was written before, or runs: a refusal now says nothing of that. */
  doubted?: boolean;
  settle: (error: TickwireError | null, value?: unknown) => void;
}

export interface Commands {
  /** How many wait to be sent. */
  readonly waiting: () => number;
  readonly call: (name: string, input: unknown, options: CallOptions) => Promise<unknown>;
  /** Writes what waits. */
  readonly flush: () => void;
  readonly answered: (frame: ResponseFrame, socketId: number) => void;
  /** A connection is gone. `discarded`: the server said that it did nothing of what it was sent (P-CONN-6). */
  readonly disconnected: (socketId: number, discarded: boolean) => void;
  /** No connection is on its way that a call could wait for without having asked to. */
  readonly refuseWaiting: () => void;
  /** How many wait for their answer on a socket. */
  readonly inFlight: (socketId: number) => number;
  /** The client is closed. */
  readonly close: () => void;
  /** What time has brought. */
  readonly tick: (nowMs: number) => void;
}

/** Makes an empty table. */
export function createCommands(ports: CommandPorts): Commands {
  const { queue, nowMs, nextId, wakeAt } = ports;
  const calls = new Map<number, Call>();

  const on = (socketId: number): Call[] => [...calls.values()].filter((call) => call.socketId === socketId);

  function fail(call: Call, code: string, message: string, cause?: unknown): void {
    const executed = call.sent ? 'maybe' : 'no';
    call.settle(new TickwireError(code, `${call.name}: ${message}`, { executed, cause }));
  }

  function send(call: Call): void {
    const to = ports.socketId();
    if (!to) return;
    const { id, name: m, input: v, key: k, deadlineMs } = call;
    if (on(to).length >= (ports.limits().inflight ?? Infinity)) {
      // What may wait does, for the next answer.
      if (!call.queue) fail(call, 'limit', 'too many in flight');
      return;
    }
    const ttl = deadlineMs < Infinity ? Math.max(1, Math.ceil(deadlineMs - nowMs())) : undefined;
    try {
      // What is `undefined` does not reach the wire.
      if (!ports.send(to, { t: 'req', id, m, v, ttl, k } as RequestFrame)) {
        fail(call, 'too_large', 'input too large');
        return;
      }
    } catch (cause) {
      fail(call, 'bad_input', 'input is not JSON', cause);
      return;
    }
    call.socketId = to;
    call.sent = true;
    // The alarm is set for the end of the wait for a connection, which is not later.
    call.dueMs = deadlineMs;
  }

  const flush = (): void => on(0).forEach((call) => call.againMs <= nowMs() && send(call));

  function refuse(call: Call): void {
    const { code = 'unavailable', message = 'not connected' } = ports.gaveUp() ?? {};
    fail(call, code, message);
  }

  function admit(call: Call): void {
    if (!ports.socketId()) {
      if (!call.queue && !ports.isOpening()) {
        refuse(call);
        return;
      }
      const waiting = on(0);
      if (waiting.length >= queue.maxSize) {
        const { policy } = queue;
        const refused = (policy === 'dropOldest' && waiting[0]) || call;
        fail(refused, policy === 'reject' ? 'limit' : 'unavailable', 'too many waiting');
        if (refused === call) return;
      }
    }
    calls.set(call.id, call);
    wakeAt(call.dueMs);
    send(call);
  }

  return {
    waiting: () => on(0).length,
    call: (name, input, options) =>
      new Promise((resolve, reject) => {
        const { signal, timeoutMs } = options;
        const now = nowMs();
        const abort = (): void => {
          // Where it was not sent there is nobody to send this to.
          ports.send(call.socketId, { t: 'cancel', id: call.id });
          fail(call, 'cancelled', 'cancelled', signal?.reason);
        };
        const call: Call = {
          ...options,
          id: nextId(),
          name,
          input,
          deadlineMs: now + timeoutMs,
          dueMs: now + Math.min(timeoutMs, options.queue ? queue.expiryMs : Infinity),
          socketId: 0,
          againMs: 0,
          sent: false,
          settle: (error, value) => {
            calls.delete(call.id);
            call.stop?.();
            signal?.removeEventListener('abort', abort);
            if (error) reject(error);
            else resolve(value);
          },
        };
        if (signal?.aborted || ports.isClosed()) {
          abort();
          return;
        }
        signal?.addEventListener('abort', abort);
        admit(call);
      }),
    flush,
    answered({ id, v, err, at, rp }, socketId) {
      const call = calls.get(id);
      if (call?.socketId !== socketId) return;
      const { settle, until } = call;
      if (err?.c === 'in_flight') {
        // Its key runs: asked again, the answer will be how that ended (P-CMD-5).
        call.socketId = 0;
        call.doubted = true;
        wakeAt((call.againMs = nowMs() + (fromWireError(err).retryAfterMs ?? 500)));
      } else if (err)
        settle(fromWireError(call.doubted && !rp && err.x !== 'yes' ? { ...err, x: 'maybe' } : err));
      else if (at && until) {
        // It was done: nothing that comes makes it another end.
        call.socketId = -1;
        call.settle = () => settle(null, v);
        call.stop = until(at, () => call.settle(null));
      } else settle(null, v);
      flush();
    },
    disconnected(socketId, discarded) {
      for (const call of on(socketId)) {
        call.socketId = 0;
        // What waits on a socket was sent.
        call.sent = call.doubted ||= !discarded;
        if (call.sent && !call.repeatable) fail(call, 'indeterminate', 'connection lost');
      }
    },
    refuseWaiting() {
      for (const call of on(0)) if (!call.queue && !call.sent) refuse(call);
    },
    inFlight: (socketId) => on(socketId).length,
    close() {
      for (const call of calls.values()) fail(call, 'cancelled', 'client closed');
    },
    tick(now) {
      for (const call of calls.values()) {
        const { againMs, dueMs, sent, socketId } = call;
        if (dueMs > now) {
          if (!socketId && againMs <= now) send(call);
          wakeAt(againMs > now ? againMs : dueMs);
        } else fail(call, sent ? 'timeout' : 'deadline', 'took too long');
      }
    },
  };
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
