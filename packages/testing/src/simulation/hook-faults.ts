// Hook faults: what is wrong with the application's own functions at a moment. They are slow or they fail, for all alike.

/** Functions that an application gives to client and server. */
export type HookName = 'authenticate' | 'authorize' | 'getToken' | 'command';

/** The names of all hooks. */
export const HOOK_NAMES: readonly HookName[] = ['authenticate', 'authorize', 'getToken', 'command'];

/** The state of the application's hooks in one run. */
export class HookFaults {
  readonly #delaysMs = new Map<HookName, number>();
  readonly #failing = new Map<HookName, number>();

  /** How long a hook takes before it does anything; 0 where it is well. */
  delayMs(hook: HookName): number {
    return this.#delaysMs.get(hook) ?? 0;
  }

  /** Whether a hook fails. */
  fails(hook: HookName): boolean {
    return (this.#failing.get(hook) ?? 0) > 0;
  }

  /**
   * Slows a hook down.
   * @returns makes it prompt again.
   */
  slow(hook: HookName, delayMs: number): () => void {
    this.#delaysMs.set(hook, delayMs);
    return () => {
      if (this.#delaysMs.get(hook) === delayMs) this.#delaysMs.delete(hook);
    };
  }

  /**
   * Lets a hook fail.
   * @returns mends it.
   */
  fail(hook: HookName): () => void {
    this.#failing.set(hook, (this.#failing.get(hook) ?? 0) + 1);
    return () => void this.#failing.set(hook, (this.#failing.get(hook) ?? 0) - 1);
  }
}
