// Idempotency store: the port behind which it is kept what became of keyed commands. Its TSDoc is the contract that
// every implementation keeps. Knows no sockets and no handlers.
import type { ResponseFrame } from '@tickwire/protocol';

/** One intention of one principal. Two that differ in any field have nothing to do with each other. */
export interface CommandKey {
  /** The principal's name, as `principalKey` gives it. Any text. */
  readonly principal: string;
  /** Name of the contract. */
  readonly contract: string;
  /** Name of the command. */
  readonly command: string;
  /** What the client chose: 1 to 64 characters, any text. */
  readonly key: string;
}

/** How a command ended, as its `res` tells it: JSON. */
export type CommandOutcome = Pick<ResponseFrame, 'v' | 'err' | 'at'>;

/** A wish to run a command under its key. */
export interface ClaimRequest {
  /** Tells whether two inputs are the same: opaque, at most 64 characters, compared for equality. */
  readonly fingerprint: string;
  /** Names the run that would begin: nobody else has this name. */
  readonly run: string;
  /** For how long nobody doubts that the run is alive, in milliseconds from now. */
  readonly leaseMs: number;
  /** For how long the record is kept at least, in milliseconds from now; never less than the lease. */
  readonly ttlMs: number;
  /**
   * A run that is lost may be replaced by this one: the contract calls the command idempotent. Else whoever meets a lost
   * run is told so, until the record's time is over.
   */
  readonly replacesLost: boolean;
}

/** What a claim found. */
export type ClaimAnswer =
  /** There was no record, or a lost run that may be replaced. There is one now, and the caller runs the command. */
  | { readonly status: 'claimed' }
  /** Another run is under way, and its lease is not over. */
  | { readonly status: 'running' }
  /** A run began, its lease is over, and it was never completed nor released. */
  | { readonly status: 'lost' }
  | { readonly status: 'done'; readonly outcome: CommandOutcome }
  /** There is a record of another input. It stays as it is. */
  | { readonly status: 'reused' }
  /** A store with a bound has no room. */
  | { readonly status: 'full' };

/** What is known of a key: `lost` is a run whose lease is over. */
export type KnownCommand =
  | { readonly status: 'running' | 'lost'; readonly fingerprint: string }
  | { readonly status: 'done'; readonly fingerprint: string; readonly outcome: CommandOutcome };

/** A value, or a promise of it: a store in this process answers at once. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Keeps what became of keyed commands. Servers that share one run a key once, wherever it arrives (P-CMD-5).
 *
 * A record is absent, running or done:
 *
 * | Event                   | absent  | running                                     | done              |
 * | ----------------------- | ------- | ------------------------------------------- | ----------------- |
 * | `claim`                 | running | stays; lost and `replacesLost`: the new run | stays             |
 * | `complete` of its run   |         | done                                        | stays             |
 * | `release` of its run    |         | absent                                      | stays             |
 * | either, of another run  | absent  | stays                                       | stays             |
 * | its time (`ttlMs`) ends |         | absent, but not before its lease            | absent            |
 *
 * Each method is one atomic step on one record, wherever its callers are: of any number of claims at the same moment one
 * is answered `claimed`. What a method has answered survives whatever the store calls a crash; a store that may lose
 * records may let a key run twice, and must say so. Time is the store's own, and should be one that does not jump.
 *
 * A method may throw or reject with anything; it must not hang, and need not try again by itself: a write that is tried
 * again must be harmless, which the name of the run makes possible. The server gives every call a deadline, and starts no
 * command whose claim it does not know.
 *
 * In Redis: one hash a key with a script for each method, `PEXPIRE` for the end of its time, `TIME` for the lease. In SQL:
 * one row with the four fields of {@link CommandKey} as its primary key; `claim` is `insert … on conflict do nothing`,
 * and where that inserted nothing a `select`; `complete` and `release` carry `where run = $run and outcome is null`.
 */
export interface IdempotencyStore {
  /** Makes the record of a run that would begin, unless there is one, and tells which. */
  claim(key: CommandKey, request: ClaimRequest): Awaitable<ClaimAnswer>;
  /** The run has ended so; also after its lease, if no other run has replaced it. */
  complete(key: CommandKey, run: string, outcome: CommandOutcome): Awaitable<void>;
  /** The run did nothing, and the same call may succeed later: the key is as good as new. */
  release(key: CommandKey, run: string): Awaitable<void>;
  /**
   * What is known of a key; `null` for nothing. Asked where a run is lost, or has failed after `commit`: it must see what
   * the handler's own transaction has written, also if `claim` looks elsewhere.
   */
  read(key: CommandKey): Awaitable<KnownCommand | null>;
}
