// Memory idempotency store: keyed commands of this process, bounded in keys and principals. Every method answers at once.
import type { Clock } from '@tickwire/protocol';
import type {
  ClaimAnswer,
  ClaimRequest,
  CommandKey,
  CommandOutcome,
  IdempotencyStore,
  KnownCommand,
} from '../ports/idempotency-store.js';
import { claimed, completed, known, type MaybeRecord, present, released } from './command-record.js';

/** What a memory store holds at most, all given. */
export interface MemoryIdempotencySettings {
  readonly maxKeysPerPrincipal: number;
  readonly maxPrincipals: number;
}

type Records = Map<string, NonNullable<MaybeRecord>>;

/** The keys of all principals. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #clock: Clock;
  readonly #settings: MemoryIdempotencySettings;
  /** By principal, the one who used a key last at the end; by contract, command and key, in the order of their start. */
  readonly #principals = new Map<string, Records>();

  constructor(clock: Clock, settings: MemoryIdempotencySettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Keys held, for all principals. */
  get size(): number {
    let size = 0;
    for (const records of this.#principals.values()) size += records.size;
    return size;
  }

  claim(key: CommandKey, request: ClaimRequest): ClaimAnswer {
    const nowMs = this.#clock.monotonicMs();
    const records = this.#recordsOf(key.principal);
    const name = nameOf(key);
    const before = present(records.get(name), nowMs);
    if (before === undefined) {
      records.delete(name);
      if (!this.#makeRoom(records, nowMs)) return { status: 'full' };
    }
    const [answer, after] = claimed(before, request, nowMs);
    put(records, name, after);
    return answer;
  }

  complete(key: CommandKey, run: string, outcome: CommandOutcome): void {
    this.#change(key, (record) => completed(record, run, outcome));
  }

  release(key: CommandKey, run: string): void {
    this.#change(key, (record) => released(record, run));
  }

  read(key: CommandKey): KnownCommand | null {
    return known(this.#principals.get(key.principal)?.get(nameOf(key)), this.#clock.monotonicMs());
  }

  /** Forgets the keys of a principal that will not come back: a connection that was its own. */
  forget(principal: string): void {
    this.#principals.delete(principal);
  }

  #change(key: CommandKey, change: (record: MaybeRecord) => MaybeRecord): void {
    const records = this.#principals.get(key.principal);
    const name = nameOf(key);
    if (records !== undefined) put(records, name, change(records.get(name)));
  }

  #recordsOf(principal: string): Records {
    const found = this.#principals.get(principal);
    const records = found ?? (new Map() as Records);
    this.#principals.delete(principal);
    this.#principals.set(principal, records);
    if (found === undefined && this.#principals.size > this.#settings.maxPrincipals)
      this.#forgetSomebody(principal);
    return records;
  }

  #forgetSomebody(except: string): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [principal, records] of this.#principals) {
      const runs = [...records.values()].some((record) => present(record, nowMs)?.outcome === null);
      if (principal === except || runs) continue;
      this.#principals.delete(principal);
      return;
    }
  }

  #makeRoom(records: Records, nowMs: number): boolean {
    const { maxKeysPerPrincipal } = this.#settings;
    if (records.size < maxKeysPerPrincipal) return true;
    for (const [name, record] of records) if (present(record, nowMs) === undefined) records.delete(name);
    if (records.size < maxKeysPerPrincipal) return true;
    for (const [name, { outcome }] of records) {
      if (outcome === null) continue;
      records.delete(name);
      return true;
    }
    return false;
  }
}

function put(records: Records, name: string, record: MaybeRecord): void {
  if (record === undefined) records.delete(name);
  else records.set(name, record);
}

/** Names of contracts and commands hold no newline. */
function nameOf({ contract, command, key }: CommandKey): string {
  return `${contract}\n${command}\n${key}`;
}
