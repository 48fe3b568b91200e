// Rate limit: token buckets. One per principal, shared by its connections, so that reconnecting buys nothing (P-LIM-3).

/** A bucket that fills at a rate up to a burst. */
export class TokenBucket {
  #perMs: number;
  #burst: number;
  #tokens: number;
  #atMs: number;
  /** Refusals since it was last full enough: somebody who goes on is not mistaken but abusive. */
  #refused = 0;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Refusals in a row, without a pause in which half the burst came back. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes one, or several; more than the burst cost the burst. 0 when they were there, else the milliseconds until they
   * are; a refusal costs nothing.
   */
  take(nowMs: number, count = 1): number {
    this.#refill(nowMs);
    const cost = Math.min(count, this.#burst);
    if (this.#tokens >= cost) {
      this.#tokens -= cost;
      if (this.#tokens >= this.#burst / 2) this.#refused = 0;
      return 0;
    }
    this.#refused++;
    return Math.max(1, Math.ceil((cost - this.#tokens) / this.#perMs));
  }

  /**
   * Gives it another rate and burst. Full stays full and empty stays empty: coming back with other limits buys nothing.
   */
  adjust(perSecond: number, burst: number, nowMs: number): void {
    this.#refill(nowMs);
    if (burst !== this.#burst) {
      const share = this.#burst === Infinity ? 1 : this.#tokens / this.#burst;
      this.#tokens = burst === Infinity ? Infinity : burst * share;
      this.#burst = burst;
    }
    this.#perMs = perSecond / 1_000;
  }

  /** Whether nobody would notice if it were forgotten. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= this.#burst;
  }

  #refill(nowMs: number): void {
    const gainedMs = Math.max(0, nowMs - this.#atMs);
    // No limit of the rate is no limit, also within the same millisecond, where it would be no number.
    const gained = this.#perMs === Infinity ? Infinity : gainedMs * this.#perMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#atMs = nowMs;
  }
}

/** The buckets of many keys. Those that are full again are forgotten. */
export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = 1_024;

  /** The bucket of a key, with the rate and burst that whoever asked last was told. */
  of(key: string, perSecond: number, burst: number, nowMs: number): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) {
      known.adjust(perSecond, burst, nowMs);
      return known;
    }
    if (this.#buckets.size >= this.#sweepAt) {
      for (const [name, each] of this.#buckets) if (each.isFull(nowMs)) this.#buckets.delete(name);
      this.#sweepAt = Math.max(1_024, this.#buckets.size * 2);
    }
    const bucket = new TokenBucket(perSecond, burst, nowMs);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
