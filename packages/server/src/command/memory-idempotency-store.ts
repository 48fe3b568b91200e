// Memory idempotency store: keyed commands of this process, bounded in keys, bytes and principals. Every method
// answers at once.
import type { Clock } from '@tickwire/protocol';
import type {
  ClaimAnswer,
  ClaimRequest,
  CommandKey,
  CommandOutcome,
  IdempotencyStore,
  KnownCommand,
} from '../ports/idempotency-store.js';
import {
  claimed,
  type CommandRecord,
  completed,
  known,
  type MaybeRecord,
  present,
  released,
} from './command-record.js';
import { DEFAULT_IDEMPOTENCY } from './idempotency-options.js';

/** What a memory store holds at most. */
export interface MemoryIdempotencySettings {
  readonly maxKeysPerPrincipal: number;
  /** @defaultValue that of the options of a server */
  readonly maxBytesPerPrincipal?: number | undefined;
  readonly maxPrincipals: number;
}

/** The records of one principal, by contract, command and key, in the order of their start, and how heavy they are. */
class Records {
  readonly #records = new Map<string, CommandRecord>();
  readonly #outcomeBytes = new Map<string, number>();
  /** Of all outcomes. */
  bytes = 0;

  get size(): number {
    return this.#records.size;
  }

  get(name: string): MaybeRecord {
    return this.#records.get(name);
  }

  /** All of them; they may be deleted on the way. */
  entries(): Iterable<readonly [name: string, record: CommandRecord]> {
    return this.#records;
  }

  put(name: string, record: MaybeRecord): void {
    const before = this.#records.get(name);
    if (record === before) return;
    if (record?.outcome !== before?.outcome) this.#weigh(name, record?.outcome ?? null);
    if (record === undefined) this.#records.delete(name);
    else this.#records.set(name, record);
  }

  #weigh(name: string, outcome: CommandOutcome | null): void {
    this.bytes -= this.#outcomeBytes.get(name) ?? 0;
    this.#outcomeBytes.delete(name);
    if (outcome === null) return;
    const bytes = bytesOf(outcome);
    this.#outcomeBytes.set(name, bytes);
    this.bytes += bytes;
  }
}

/** The keys of all principals. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #clock: Clock;
  readonly #settings: MemoryIdempotencySettings;
  readonly #maxBytes: number;
  /** By principal, the one who used a key last at the end. */
  readonly #principals = new Map<string, Records>();

  constructor(clock: Clock, settings: MemoryIdempotencySettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#maxBytes = settings.maxBytesPerPrincipal ?? DEFAULT_IDEMPOTENCY.maxBytesPerPrincipal;
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
      records.put(name, undefined);
      if (!this.#makeRoom(records, nowMs)) return { status: 'full' };
    }
    const [answer, after] = claimed(before, request, nowMs);
    records.put(name, after);
    return answer;
  }

  complete(key: CommandKey, run: string, outcome: CommandOutcome): void {
    this.#change(key, (record) => completed(record, run, outcome));
    this.#forgetHeavy(key);
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
    if (records !== undefined) records.put(name, change(records.get(name)));
  }

  #recordsOf(principal: string): Records {
    const found = this.#principals.get(principal);
    const records = found ?? new Records();
    this.#principals.delete(principal);
    this.#principals.set(principal, records);
    if (found === undefined && this.#principals.size > this.#settings.maxPrincipals)
      this.#forgetSomebody(principal);
    return records;
  }

  #forgetSomebody(except: string): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [principal, records] of this.#principals) {
      const runs = [...records.entries()].some(([, record]) => present(record, nowMs)?.outcome === null);
      if (principal === except || runs) continue;
      this.#principals.delete(principal);
      return;
    }
  }

  #makeRoom(records: Records, nowMs: number): boolean {
    const { maxKeysPerPrincipal } = this.#settings;
    if (records.size < maxKeysPerPrincipal) return true;
    for (const [name, record] of records.entries())
      if (present(record, nowMs) === undefined) records.put(name, undefined);
    if (records.size < maxKeysPerPrincipal) return true;
    for (const [name, { outcome }] of records.entries()) {
      if (outcome === null) continue;
      records.put(name, undefined);
      return true;
    }
    return false;
  }

  /** Forgets the oldest outcomes above the bound; that of the newest end stays, however large it is. */
  #forgetHeavy(newest: CommandKey): void {
    const records = this.#principals.get(newest.principal);
    if (records === undefined) return;
    const newestName = nameOf(newest);
    for (const [name, { outcome }] of records.entries()) {
      if (records.bytes <= this.#maxBytes) return;
      if (outcome !== null && name !== newestName) records.put(name, undefined);
    }
  }
}

/** About what a value takes in memory; never less than its text would. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 16;
  if (Array.isArray(value)) for (const each of value) bytes += 8 + bytesOf(each);
  else for (const [name, field] of Object.entries(value)) bytes += 8 + 2 * name.length + bytesOf(field);
  return bytes;
}

/** Names of contracts and commands hold no newline. */
function nameOf({ contract, command, key }: CommandKey): string {
  return `${contract}\n${command}\n${key}`;
}
