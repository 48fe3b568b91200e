// Patience: waiting for something to become true. Events wake it, nothing polls; when it ends, it says why.

/** How long anything that a test waits for may take. */
const PATIENCE_MS = 8_000;

/** What several waiters wait for, woken together whenever something has happened. */
export class Patience {
  readonly #waiting = new Set<() => void>();

  /**
   * Resolves when `holds` does. Rejects when `lost` names a reason why it never will, or with `missed()` when it has
   * taken too long.
   */
  until(
    holds: () => boolean,
    missed: () => string,
    lost: () => string | undefined = () => undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (trouble?: string): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (trouble === undefined) resolve();
        else reject(new Error(trouble));
      };
      const check = (): void => {
        const trouble = lost();
        if (holds()) done();
        else if (trouble !== undefined) done(trouble);
      };
      const timer = setTimeout(() => done(missed()), PATIENCE_MS);
      this.#waiting.add(check);
      check();
    });
  }

  /** Something has happened: everybody looks again. */
  wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
