// Conformance case: one named promise of a port, and how a suite of them is given to whatever runs tests.

/** One promise. Rejects with an `Error` whose message says what was broken. */
export interface ConformanceCase {
  /** A sentence about behaviour; where a numbered rule of the protocol is behind it, it begins with its number. */
  readonly name: string;
  /** Tries it once. */
  readonly run: () => Promise<void>;
}

/** The two functions of a test runner: those of vitest, Jest, Mocha and `node:test` all fit. */
export interface SuiteRunner {
  /** Groups the tests that `define` registers. */
  readonly describe: (name: string, define: () => void) => unknown;
  /** Registers a test. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
}

/** Registers cases as tests. */
export function registerCases(
  suite: string,
  cases: readonly ConformanceCase[],
  { describe, test }: SuiteRunner,
): void {
  describe(suite, () => {
    for (const { name, run } of cases) test(name, run);
  });
}
