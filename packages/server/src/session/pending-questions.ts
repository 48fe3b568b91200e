// Pending questions: what was asked for and is not answered yet. Kept by channel: what is decided about a channel costs
// what waits for it, however much a client has made wait for others.
import type { WireError } from '@tickwire/protocol';

/** A channel of a `sub` that is not answered yet. */
export interface Pending {
  readonly id: string;
  /** Grows from question to question. */
  readonly question: number;
  /** Set when it was unsubscribed or revoked meanwhile: the answer is this refusal, whatever the rule says. */
  overruled: WireError | null;
  /** Its rule has said yes. */
  allowed: boolean;
  /** Rules that were asked before this number changed are asked again. */
  generation: number;
}

const NONE: ReadonlySet<Pending> = new Set();

/** The questions of one connection. */
export class PendingQuestions {
  readonly #byChannel = new Map<string, Set<Pending>>();

  /** Channels with a question. */
  get channels(): number {
    return this.#byChannel.size;
  }

  /** Those about one channel, oldest first. */
  of(id: string): ReadonlySet<Pending> {
    return this.#byChannel.get(id) ?? NONE;
  }

  add(pending: Pending): void {
    const known = this.#byChannel.get(pending.id);
    if (known === undefined) this.#byChannel.set(pending.id, new Set([pending]));
    else known.add(pending);
  }

  delete(pending: Pending): void {
    const known = this.#byChannel.get(pending.id);
    if (known?.delete(pending) === true && known.size === 0) this.#byChannel.delete(pending.id);
  }
}
