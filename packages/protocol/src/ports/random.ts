// Random: randomness as the core sees it. A simulation injects a seeded one.

/** Source of randomness. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). Used for jitter; need not be unpredictable. */
  float(): number;
  /** An identifier nobody else has: 22 characters of `A-Z a-z 0-9 - _`. Used for epochs, nodes and sessions. */
  id(): string;
}
