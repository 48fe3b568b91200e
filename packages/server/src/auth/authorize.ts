// Authorize: asks the rule of a channel. Deny by default: no rule, no such channel, a rule that throws, is slow or
// answers anything but `true` all refuse, and look the same from outside (P-SUB-10).
import type { Clock, Logger } from '@tickwire/protocol';
import { errorText } from '../value/error-text.js';
import { isPromiseLike, withDeadline } from './deadline.js';
import { TurnBudget } from './turn-budget.js';

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

/**
 * How long rules may work in one turn of the event loop, for all connections together, in milliseconds: one `sub` asks up
 * to two hundred of them. A rule that is slow all by itself cannot be interrupted.
 */
const TURN_BUDGET_MS = 10;

/** Asks rules. */
export class Authorizer {
  readonly #rules: ReadonlyMap<string, AnyRule>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #log: Logger;
  readonly #budget: TurnBudget;

  constructor(rules: Readonly<Record<string, AnyRule>>, clock: Clock, timeoutMs: number, log: Logger) {
    this.#rules = new Map(Object.entries(rules));
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
    this.#budget = new TurnBudget(clock, TURN_BUDGET_MS);
  }

  /**
   * Whether a principal may read a channel: at once where the rule answers at once, and rules have not worked for too long
   * in this turn already. Never rejects.
   * @param asker what asks, a connection: those whose rules have to wait are served in turn.
   */
  may(principal: unknown, { name, params }: RuleTarget, asker: object): boolean | Promise<boolean> {
    const rule = this.#rules.get(name);
    if (rule === undefined) return false;
    const ask = (): boolean | Promise<boolean> => this.#ask(rule, name, { principal, params });
    return this.#budget.hasRoom ? this.#budget.spend(ask) : this.#budget.later(asker, ask);
  }

  /** Asks nothing more for somebody who is gone. What waits is never answered. */
  forget(asker: object): void {
    this.#budget.forget(asker);
  }

  #ask(rule: AnyRule, name: string, context: Parameters<AnyRule>[0]): boolean | Promise<boolean> {
    const refuse = (error: unknown): false => {
      this.#log('error', 'authorize failed, so it refused', { channel: name, error: errorText(error) });
      return false;
    };
    try {
      const verdict = rule(context);
      if (!isPromiseLike(verdict)) return verdict === true;
      const inTime = withDeadline(this.#clock, this.#timeoutMs, 'authorize', verdict);
      return inTime.then((answer) => answer === true, refuse);
    } catch (error) {
      return refuse(error);
    }
  }
}
