// Client types: what an application sees of a client. Types only.
import type {
  AnyContract,
  CommandName,
  InferErrors,
  InferInput,
  InferOutput,
  ParamsArgument,
  TickwireError,
} from '@tickwire/protocol';
import type { CommandError } from './command/commands.js';
import type { Until } from './command/shown-in.js';
import type { ConnectionReason } from './connection/state.js';
import type { HandleOf } from './handle.js';
import type { ClientStats } from './stats.js';
import type { ReadableStore } from './store/view.js';
import type { GapEvent, RecoveredEvent } from './subscription/channel.js';

/** The connection at one moment. Immutable, and the same object until something changes. */
export interface ConnectionSnapshot {
  readonly status: 'disconnected' | 'connecting' | 'connected';
  /** What is being waited for while `connecting`: a token, the socket, the server's `welcome`, or the next attempt. */
  readonly phase?: 'token' | 'socket' | 'handshake' | 'backoff' | undefined;
  /** Sockets opened since the last connection. */
  readonly attempt: number;
  /** Why the last connection or attempt ended; `null` when connected, before the first, and after `disconnect()`. */
  readonly reason: ConnectionReason | null;
  /** When the next attempt begins, in milliseconds since 1970; `null` when none is planned. */
  readonly retryAtMs: number | null;
  /** Since when the status is what it is, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Round trip to the server in milliseconds; `null` before it was measured. */
  readonly rttMs: number | null;
  /** How far the server's clock is ahead, in milliseconds; `null` before it was measured. */
  readonly clockOffsetMs: number | null;
  /** The server's name for this connection, for its logs; `null` when not connected. */
  readonly sessionId: string | null;
  /** What the device believes of its network. */
  readonly online: boolean;
}

/** What a client tells. */
export interface ClientEvents {
  /** Something about the connection changed. */
  readonly status: ConnectionSnapshot;
  readonly connected: ConnectionSnapshot;
  readonly disconnected: { readonly reason: ConnectionReason | null; readonly willRetry: boolean };
  /**
   * It stopped by itself: the attempts that were allowed are used up, or `reason` is none that another one mends. Only
   * `connect()` tries again.
   */
  readonly connection_failed: { readonly attempts: number; readonly reason: ConnectionReason | null };
  /** A channel has caught up. */
  readonly recovered: RecoveredEvent;
  /** Events of a stream are lost. */
  readonly gap: GapEvent;
  /** Something went wrong that no promise tells: a token, a refused channel, a listener that threw. */
  readonly error: TickwireError;
}

/** Options of one command. */
export interface CommandOptions {
  /**
   * Idempotency key, 1 to 64 characters: the server runs equal keys once. With a key the client sends the command
   * again by itself when the connection breaks, and while an earlier call with the key still runs, until its deadline.
   */
  readonly key?: string | undefined;
  /** Longest to wait, in milliseconds. @defaultValue the contract's, if it was given to the client, else `commandTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** Gives the command up: the promise rejects with `cancelled` at once, and the server is asked to stop. */
  readonly signal?: AbortSignal | undefined;
  /** Waits for a connection instead of failing at once, within the bounds of the option `queue`. @defaultValue `false` */
  readonly queue?: boolean | undefined;
  /**
   * Holds the answer of a command that succeeded back until its effect is shown: `shownIn(handle)`. At the deadline, and
   * when `signal` aborts, the promise resolves all the same, because the command was done.
   * @defaultValue the answer is the end
   */
  readonly until?: Until | undefined;
}

/** All errors that the commands of a contract declare, as a union of `{ name, data }`. */
export type AnyCommandError<C extends AnyContract> = {
  [M in CommandName<C>]: InferErrors<C, M>;
}[CommandName<C>];

/** Names of all errors that the commands of a contract declare. */
export type AnyErrorName<C extends AnyContract> = AnyCommandError<C>['name'];

/** Data of a declared error, whichever command declares it. */
export type AnyErrorData<C extends AnyContract, Name> = Extract<
  AnyCommandError<C>,
  { readonly name: Name }
>['data'];

/** A client of one server. Nothing is opened before something is wanted. */
export interface Client<C extends AnyContract = AnyContract> {
  /** The connection, readable and watchable. */
  readonly connection: ReadableStore<ConnectionSnapshot>;
  /**
   * Connects, or tries at once where the next attempt was waited for. Also leaves the state in which the client gave up.
   * @throws TickwireError `connection_failed` without a `url` where there is no page, or with one that is neither `ws:` nor
   * `http:`; `cancelled` after `close()`.
   */
  connect(): void;
  /** Closes the connection. Data stays, as `stale`; nothing but `connect()` opens one again. */
  disconnect(): void;
  /** Ends everything, for good: commands reject with `cancelled`, and no listener is called any more. */
  close(): void;
  /**
   * A channel. Cheap; call it as often as you like. Nothing happens before somebody subscribes.
   * @throws TickwireError `bad_params` when a parameter cannot be one.
   */
  // Names are written out, not aliased: the compiler then lists them in its messages.
  channel<N extends keyof C['channels'] & string>(name: N, ...params: ParamsArgument<C, N>): HandleOf<C, N>;
  /**
   * Calls a command. Rejects with a `TickwireError` whose `executed` says whether it was done: `unavailable` and `no`
   * at once where there is no connection, `indeterminate` and `maybe` when the connection broke before the answer.
   */
  command<M extends keyof C['commands'] & string>(
    name: M,
    input: InferInput<C, M>,
    options?: CommandOptions,
  ): Promise<InferOutput<C, M>>;
  /** Whether `error` is the error `name` that a command of the contract declares; then its `data` is typed. */
  isCommandError<Name extends AnyErrorName<C>>(
    error: unknown,
    name: Name,
  ): error is CommandError<Name, AnyErrorData<C, Name>>;
  /** Listens. A listener that throws is reported as `error` and stops nobody. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void;
  /** What was counted so far. */
  stats(): ClientStats;
  /** Drops the values that are kept for channels nobody holds any more. */
  clearCache(): void;
  /**
   * Fetches a fresh token and sends it, as after a login; what was refused is asked for anew. Does nothing while not
   * connected: connecting asks anyway.
   */
  reauthenticate(): void;
}
