// Verdict: what was published is written down by offset; what a client held is held against it.
import type { RecoveryMode } from '@tickwire/protocol';
import type { OracleObserver } from './oracle-client.js';

/** Counts of resumes by how the data came. */
export type RecoveryCounts = Record<RecoveryMode, number>;

/** The last line of a run. */
export interface OracleReport {
  /** Checksums the exchange sent. */
  readonly checksums: number;
  /** Different checksums that were compared with a state a client held. */
  readonly checked: number;
  /** States a client held that were not the exchange's. */
  readonly wrong: number;
  readonly booksRight: number;
  readonly books: number;
  readonly cuts: number;
  readonly recovery: RecoveryCounts;
  /** Events of the stream: each must come once, in order, or be told lost. */
  readonly events: {
    readonly published: number;
    readonly received: number;
    readonly wrong: number;
    readonly lost: number;
  };
}

interface Expected {
  readonly checksum: number;
  /** How many of the exchange's messages it stands for: an update that changes nothing gives no new offset. */
  messages: number;
  checked: boolean;
}

export class Verdict implements OracleObserver {
  readonly recovery: RecoveryCounts = { same: 0, range: 0, full: 0, tail: 0, reset: 0 };
  readonly problems: string[] = [];
  readonly #expected = new Map<string, Map<number, Expected>>();
  #checksums = 0;
  #wrong = 0;
  #lastEvent = 0;
  #received = 0;
  #lost = 0;
  #eventsWrong = 0;

  publish(channel: string, offset: number, checksum: number | null): void {
    if (checksum === null) return;
    this.#checksums++;
    const offsets = this.#expected.get(channel) ?? new Map<number, Expected>();
    this.#expected.set(channel, offsets);
    const known = offsets.get(offset);
    if (known === undefined) offsets.set(offset, { checksum, messages: 1, checked: false });
    else known.messages++;
  }

  onState(channel: string, offset: number, checksum: number): void {
    const expected = this.#expected.get(channel)?.get(offset);
    if (expected === undefined) return;
    expected.checked = true;
    if (expected.checksum === checksum) return;
    this.#wrong++;
    this.problems.push(
      `${channel} at offset ${String(offset)}: held ${String(checksum)}, exchange says ${String(expected.checksum)}`,
    );
  }

  onEvent(sequence: number): void {
    this.#received++;
    if (sequence !== this.#lastEvent + 1) {
      this.#eventsWrong++;
      this.problems.push(`event ${String(sequence)} came after ${String(this.#lastEvent)}`);
    }
    this.#lastEvent = Math.max(this.#lastEvent, sequence);
  }

  onEventsLost(from: number, to: number): void {
    this.#lost += to - from;
    this.#lastEvent = Math.max(this.#lastEvent, to);
  }

  onRecovery(mode: RecoveryMode): void {
    this.recovery[mode]++;
  }

  report(end: {
    readonly published: number;
    readonly books: number;
    readonly booksRight: number;
    readonly cuts: number;
  }): OracleReport {
    let checked = 0;
    for (const offsets of this.#expected.values()) {
      for (const expected of offsets.values()) if (expected.checked) checked += expected.messages;
    }
    return {
      checksums: this.#checksums,
      checked,
      wrong: this.#wrong,
      booksRight: end.booksRight,
      books: end.books,
      cuts: end.cuts,
      recovery: this.recovery,
      events: {
        published: end.published,
        received: this.#received,
        wrong: this.#eventsWrong,
        lost: this.#lost,
      },
    };
  }
}
