// Commands: at most one effect a key, and an honest answer about it (R9).
import type { HistoryEvent } from '../history.js';
import type { Violation } from './violation.js';

/** What somebody wants to happen once: every call of one key wants the same, a call without a key its own. */
interface Effect {
  /** Calls that have not been told that they did nothing. */
  readonly hopeful: Set<number>;
  /** What was answered by a run, and for which input. */
  readonly outputs: Map<string, number | undefined>;
  /** What was asked for: with one key it should be one thing. */
  readonly inputs: Set<number | undefined>;
  /** Stores that remember it. */
  readonly stores: Set<string>;
}

/** Judges every command of the history. */
export function checkCommands(history: readonly HistoryEvent[]): Violation[] {
  const violations: Violation[] = [];
  const effects = new Map<string, Effect>();
  const effectOfCall = new Map<number, string>();
  const inputOfCall = new Map<number, number | undefined>();
  const report = (atMs: number, message: string): void => void violations.push({ rule: 'R9', atMs, message });
  const of = (name: string): Effect => {
    const effect = effects.get(name) ?? {
      hopeful: new Set(),
      outputs: new Map(),
      inputs: new Set(),
      stores: new Set(),
    };
    effects.set(name, effect);
    return effect;
  };
  for (const event of history) {
    if (event.type === 'commandCalled') {
      const name = nameOf(event);
      effectOfCall.set(event.call, name);
      inputOfCall.set(event.call, event.input);
      of(name).hopeful.add(event.call);
      of(name).inputs.add(event.input);
    } else if (event.type === 'commandRan') {
      const { store, key, output, input, atMs } = event;
      const name = nameOf(event);
      const effect = of(name);
      // A key is remembered by one store; a call without a key must not run twice anywhere.
      const isKnown = key === null ? effect.stores.size > 0 : effect.stores.has(store);
      if (isKnown) report(atMs, `${name} ran twice on ${store}.`);
      if (effect.hopeful.size === 0)
        report(atMs, `${name} ran after all callers were told that it would not.`);
      effect.stores.add(store);
      effect.outputs.set(output, input);
    } else if (event.type === 'commandSettled') {
      const { call, executed, code, output, atMs } = event;
      const name = effectOfCall.get(call);
      if (name === undefined) continue;
      const effect = of(name);
      if (code === 'key_reused' && effect.inputs.size < 2)
        report(atMs, `call ${call} was refused, as if ${name} had been asked for something else.`);
      if (executed === 'yes' && effect.outputs.size === 0)
        report(atMs, `call ${call} was told that ${name} ran, which it did not.`);
      if (executed === 'no') {
        effect.hopeful.delete(call);
        if (effect.hopeful.size === 0 && effect.outputs.size > 0) {
          report(atMs, `${name} ran, but all its callers were told that it did not.`);
        }
      }
      if (output !== null && !effect.outputs.has(output)) {
        report(atMs, `call ${call} was answered ${output}, which no run of ${name} gave.`);
      } else if (output !== null && effect.outputs.get(output) !== inputOfCall.get(call)) {
        report(
          atMs,
          `call ${call} was answered ${output}, but had asked for something else with the same key.`,
        );
      }
    }
  }
  return violations;
}

function nameOf(event: Extract<HistoryEvent, { type: 'commandCalled' | 'commandRan' }>): string {
  const { principal, command, key, call } = event;
  return key === null ? `call ${call} of ${principal}` : `${principal} ${command} ${key}`;
}
