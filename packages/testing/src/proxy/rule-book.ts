// Rule book: which fault strikes a message. Chance is handed in; knows no sockets.
import type { Random } from '@tickwire/protocol';
import type { Fault, FaultMatch, FaultRule } from './fault-rule.js';
import type { ObservedMessage } from './observed-message.js';
import { checkRules } from './rule-check.js';

const DATA = ['text', 'binary'] as const;

/** The rules of a proxy, and how often each has been met. */
export class RuleBook {
  readonly #rules: readonly { readonly rule: FaultRule; seen: number }[];
  readonly #random: Pick<Random, 'float'>;

  /** @throws TickwireError `bad_input` for rules that cannot be. */
  constructor(rules: readonly FaultRule[], random: Pick<Random, 'float'>) {
    checkRules(rules);
    this.#rules = rules.map((rule) => ({ rule, seen: 0 }));
    this.#random = random;
  }

  /** What happens to the message; `null` for nothing. Every rule counts it, also those behind the one that strikes. */
  faultOf(message: ObservedMessage): Fault | null {
    let fault: Fault | null = null;
    for (const entry of this.#rules) {
      const { match = {}, then } = entry.rule;
      if (!fits(match, message)) continue;
      entry.seen++;
      if (match.nth !== undefined && match.nth !== entry.seen) continue;
      if (match.chance !== undefined && this.#random.float() >= match.chance) continue;
      fault ??= then;
    }
    return fault;
  }
}

function fits(match: FaultMatch, message: ObservedMessage): boolean {
  const { direction, kind = DATA, frame, channel, alias, where } = match;
  if (direction !== undefined && direction !== message.direction) return false;
  if (!includes(kind, message.kind)) return false;
  if (frame !== undefined || channel !== undefined || alias !== undefined) {
    const found = message.frames.some(
      (each) =>
        (frame === undefined || includes(frame, each.type)) &&
        (channel === undefined || each.channels.includes(channel)) &&
        (alias === undefined || each.alias === alias),
    );
    if (!found) return false;
  }
  return where === undefined || where(message);
}

function includes(wanted: string | readonly string[], value: string): boolean {
  return typeof wanted === 'string' ? wanted === value : wanted.includes(value);
}
