// Idempotency: what became of keyed commands, per principal, in this process. A key that is known is never run a second
// time: it is replayed, or refused with the reason (P-CMD-5).
import { type Clock, TickwireError } from '@tickwire/protocol';

/** How outcomes are kept. */
export interface IdempotencyOptions {
  /**
   * How long the outcome of a keyed command is kept, in milliseconds.
   * @defaultValue 86_400_000 (a day)
   */
  readonly ttlMs?: number | undefined;
  /**
   * Keys kept for one principal; above it the outcome that is oldest is forgotten, and while all are running a further
   * one is refused with `limit`.
   * @defaultValue 1_000
   */
  readonly maxKeysPerPrincipal?: number | undefined;
  /**
   * Principals of whom keys are kept; above it the one who used a key longest ago is forgotten.
   * @defaultValue 10_000
   */
  readonly maxPrincipals?: number | undefined;
}

/** All options, given. */
export type IdempotencySettings = { readonly [Name in keyof IdempotencyOptions]-?: number };

/** What applies unless a server says otherwise. */
export const DEFAULT_IDEMPOTENCY: IdempotencySettings = Object.freeze({
  ttlMs: 86_400_000,
  maxKeysPerPrincipal: 1_000,
  maxPrincipals: 10_000,
});

/** How a command ended. */
export type Outcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: TickwireError };

/** What is known of a key: nothing, so it may start; or how it ended. */
export type Claim =
  | { readonly type: 'start'; readonly finish: (outcome: Outcome) => void }
  | { readonly type: 'replay'; readonly outcome: Outcome }
  | { readonly type: 'refuse'; readonly error: TickwireError };

interface Entry {
  readonly fingerprint: string;
  readonly startedAtMs: number;
  outcome: Outcome | null;
}

/** When somebody whose key is running should ask again, in milliseconds. */
const ASK_AGAIN_MS = 500;

/** The keys of all principals. */
export class IdempotencyStore {
  readonly #clock: Clock;
  readonly #settings: IdempotencySettings;
  /** By principal, the one who used a key last at the end; by method and key, in the order of their start. */
  readonly #principals = new Map<string, Map<string, Entry>>();

  constructor(clock: Clock, settings: IdempotencySettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Keys held, for all principals. */
  get size(): number {
    let size = 0;
    for (const entries of this.#principals.values()) size += entries.size;
    return size;
  }

  /** Claims a key for one run. Whoever gets `start` must call `finish`, once. */
  claim(principal: string, method: string, key: string, fingerprint: string): Claim {
    const nowMs = this.#clock.monotonicMs();
    const entries = this.#entriesOf(principal);
    // A method is in the contract and holds no newline.
    const name = `${method}\n${key}`;
    const known = entries.get(name);
    if (known !== undefined) {
      if (!this.#isOver(known, nowMs)) return judge(known, fingerprint);
      entries.delete(name);
    }
    if (!this.#makeRoom(entries, nowMs)) {
      return { type: 'refuse', error: new TickwireError('limit', 'too many keyed commands are running') };
    }
    const entry: Entry = { fingerprint, startedAtMs: nowMs, outcome: null };
    entries.set(name, entry);
    return {
      type: 'start',
      finish: (outcome) => {
        // Nothing was done, and the same call may succeed later: the key is as good as new.
        const unused = !outcome.ok && outcome.error.executed === 'no' && outcome.error.temporary;
        if (unused && entries.get(name) === entry) entries.delete(name);
        else entry.outcome = outcome;
      },
    };
  }

  /** Forgets the keys of a principal that will not come back: a connection that was its own. */
  forget(principal: string): void {
    this.#principals.delete(principal);
  }

  #entriesOf(principal: string): Map<string, Entry> {
    const known = this.#principals.get(principal);
    const entries = known ?? new Map<string, Entry>();
    this.#principals.delete(principal);
    this.#principals.set(principal, entries);
    if (known === undefined && this.#principals.size > this.#settings.maxPrincipals)
      this.#forgetSomebody(principal);
    return entries;
  }

  #forgetSomebody(except: string): void {
    for (const [principal, entries] of this.#principals) {
      if (principal === except || [...entries.values()].some(({ outcome }) => outcome === null)) continue;
      this.#principals.delete(principal);
      return;
    }
  }

  #makeRoom(entries: Map<string, Entry>, nowMs: number): boolean {
    if (entries.size < this.#settings.maxKeysPerPrincipal) return true;
    for (const [name, entry] of entries) if (this.#isOver(entry, nowMs)) entries.delete(name);
    if (entries.size < this.#settings.maxKeysPerPrincipal) return true;
    for (const [name, entry] of entries) {
      if (entry.outcome === null) continue;
      entries.delete(name);
      return true;
    }
    return false;
  }

  #isOver(entry: Entry, nowMs: number): boolean {
    return entry.outcome !== null && nowMs - entry.startedAtMs >= this.#settings.ttlMs;
  }
}

function judge(entry: Entry, fingerprint: string): Claim {
  if (entry.fingerprint !== fingerprint) {
    return { type: 'refuse', error: new TickwireError('key_reused', 'the key was used with another input') };
  }
  if (entry.outcome !== null) return { type: 'replay', outcome: entry.outcome };
  return {
    type: 'refuse',
    error: new TickwireError('in_flight', 'the command is still running', { retryAfterMs: ASK_AGAIN_MS }),
  };
}
