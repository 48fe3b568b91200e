// Idempotency options: where the outcomes of keyed commands are kept, and for how long.
import type { IdempotencyStore } from '../ports/idempotency-store.js';

/** How outcomes are kept. */
export interface IdempotencyOptions {
  /**
   * Where they are kept. Servers that share a store run a key once, also when a client repeats it on another of them. Keys
   * of connections that are their own principal stay in the process all the same: nobody else can use them.
   * @defaultValue the memory of this server
   */
  readonly store?: IdempotencyStore | undefined;
  /**
   * How long the outcome of a keyed command is kept, in milliseconds.
   * @defaultValue 86_400_000 (a day)
   */
  readonly ttlMs?: number | undefined;
  /**
   * How long after its deadline a command that has not ended is believed to be running, in milliseconds. Then its key is
   * `indeterminate`, until its end is known after all.
   * @defaultValue 5_000
   */
  readonly leaseGraceMs?: number | undefined;
  /**
   * Memory of this server only: keys kept for one principal; above it the outcome that is oldest is forgotten, and while
   * all are running a further one is refused with `limit`.
   * @defaultValue 1_000
   */
  readonly maxKeysPerPrincipal?: number | undefined;
  /**
   * Memory of this server only: how much memory the outcomes of one principal may take, in bytes, counted as two a
   * character; above it the outcome that is oldest is forgotten. The newest is kept whatever its size: what one command may
   * answer is for its handler to bound.
   * @defaultValue 4_194_304
   */
  readonly maxBytesPerPrincipal?: number | undefined;
  /**
   * Memory of this server only: principals of whom keys are kept; above it the one who used a key longest ago is
   * forgotten.
   * @defaultValue 10_000
   */
  readonly maxPrincipals?: number | undefined;
}

/** All options that are numbers, given. */
export type IdempotencySettings = { readonly [Name in Exclude<keyof IdempotencyOptions, 'store'>]-?: number };

/** What applies unless a server says otherwise. */
export const DEFAULT_IDEMPOTENCY: IdempotencySettings = Object.freeze({
  ttlMs: 86_400_000,
  leaseGraceMs: 5_000,
  maxKeysPerPrincipal: 1_000,
  maxBytesPerPrincipal: 4_194_304,
  maxPrincipals: 10_000,
});
