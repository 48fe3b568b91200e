// Oracle clients: who is judged. Ours in this process, or any program that speaks the protocol and tells what it holds.
import type { RecoveryMode } from '@tickwire/protocol';

/** What a client under judgement reports. */
export interface OracleObserver {
  onState(channel: string, offset: number, checksum: number): void;
  onEvent(sequence: number): void;
  onEventsLost(from: number, to: number): void;
  onRecovery(mode: RecoveryMode): void;
}

/** A book as a client holds it at the end: `key` to `size`. */
export type HeldBook = ReadonlyMap<string, string>;

export interface OracleClient {
  /** Resolves once every channel is at the head; rejects when that takes longer than `timeoutMs`. */
  settle(heads: ReadonlyMap<string, number>, timeoutMs: number): Promise<void>;
  /** The books it holds, by channel id. */
  books(): ReadonlyMap<string, HeldBook>;
  close(): Promise<void>;
}

export type OracleClientFactory = (
  url: string,
  pairs: readonly string[],
  observer: OracleObserver,
) => OracleClient;
