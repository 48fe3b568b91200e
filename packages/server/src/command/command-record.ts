// Command record: what is known of one keyed command, and what each event makes of it. Pure: the table of
// `IdempotencyStore`, as code.
import type { ClaimAnswer, ClaimRequest, CommandOutcome, KnownCommand } from '../ports/idempotency-store.js';

/** One key that is known. Times are monotonic. */
export interface CommandRecord {
  readonly fingerprint: string;
  readonly run: string;
  readonly leaseEndsMs: number;
  /** When it is forgotten. */
  readonly expiresMs: number;
  /** `null` while it runs. */
  readonly outcome: CommandOutcome | null;
}

/** What became of a record: `undefined` is none. */
export type MaybeRecord = CommandRecord | undefined;

/** The record, unless its time is over. */
export function present(record: MaybeRecord, nowMs: number): MaybeRecord {
  return record !== undefined && nowMs < record.expiresMs ? record : undefined;
}

/** Somebody wants to run the command. */
export function claimed(
  record: MaybeRecord,
  request: ClaimRequest,
  nowMs: number,
): readonly [ClaimAnswer, MaybeRecord] {
  const known = present(record, nowMs);
  if (known === undefined) return [{ status: 'claimed' }, begun(request, nowMs)];
  if (known.fingerprint !== request.fingerprint) return [{ status: 'reused' }, known];
  if (known.outcome !== null) return [{ status: 'done', outcome: known.outcome }, known];
  if (nowMs < known.leaseEndsMs) return [{ status: 'running' }, known];
  if (request.replacesLost) return [{ status: 'claimed' }, begun(request, nowMs)];
  return [{ status: 'lost' }, known];
}

/** A run has ended. */
export function completed(record: MaybeRecord, run: string, outcome: CommandOutcome): MaybeRecord {
  return record?.run === run && record.outcome === null ? { ...record, outcome } : record;
}

/** A run did nothing. */
export function released(record: MaybeRecord, run: string): MaybeRecord {
  return record?.run === run && record.outcome === null ? undefined : record;
}

/** What is told of a record. */
export function known(record: MaybeRecord, nowMs: number): KnownCommand | null {
  const found = present(record, nowMs);
  if (found === undefined) return null;
  const { fingerprint, outcome, leaseEndsMs } = found;
  if (outcome !== null) return { status: 'done', fingerprint, outcome };
  return { status: nowMs < leaseEndsMs ? 'running' : 'lost', fingerprint };
}

function begun({ fingerprint, run, leaseMs, ttlMs }: ClaimRequest, nowMs: number): CommandRecord {
  const leaseEndsMs = nowMs + leaseMs;
  return { fingerprint, run, leaseEndsMs, expiresMs: Math.max(nowMs + ttlMs, leaseEndsMs), outcome: null };
}
