// Authorize: asks the rule of a channel. Deny by default: no rule, no such channel, a rule that throws, is slow or
// answers anything but `true` all refuse, and look the same from outside (P-SUB-10).
import type { Clock, Logger } from '@tickwire/protocol';
import { isPromiseLike, withDeadline } from './deadline.js';

/** A rule with its types forgotten; the contract's types were checked where it was written. */
export type AnyRule = (context: {
  readonly principal: unknown;
  readonly params: Readonly<Record<string, string>>;
}) => unknown;

/** A channel as a rule sees it. */
export interface RuleTarget {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Asks rules. */
export class Authorizer {
  readonly #rules: ReadonlyMap<string, AnyRule>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #log: Logger;

  constructor(rules: Readonly<Record<string, AnyRule>>, clock: Clock, timeoutMs: number, log: Logger) {
    this.#rules = new Map(Object.entries(rules));
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
  }

  /** Whether a principal may read a channel: at once where the rule answers at once. Never rejects. */
  may(principal: unknown, { name, params }: RuleTarget): boolean | Promise<boolean> {
    const rule = this.#rules.get(name);
    if (rule === undefined) return false;
    let verdict: unknown;
    try {
      verdict = rule({ principal, params });
    } catch (error) {
      this.#failed(name, error);
      return false;
    }
    if (!isPromiseLike(verdict)) return verdict === true;
    return withDeadline(this.#clock, this.#timeoutMs, 'authorize', verdict).then(
      (answer) => answer === true,
      (error: unknown) => {
        this.#failed(name, error);
        return false;
      },
    );
  }

  #failed(name: string, error: unknown): void {
    this.#log('error', 'authorize failed, so it refused', {
      channel: name,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
