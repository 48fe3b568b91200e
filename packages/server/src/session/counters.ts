// Counters: how often what happened. One per kind, so that an attack has a name in the statistics.

/** Counts things by name. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** All counts so far. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
