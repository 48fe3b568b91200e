// Commands: at most one effect a key, and an honest answer about it (R9).
import type { HistoryEvent } from '../history.js';
import type { Violation } from './violation.js';

/** Judges every command of the history. */
export function checkCommands(history: readonly HistoryEvent[]): Violation[] {
  const violations: Violation[] = [];
  const effects = new Map<string, { readonly output: string }>();
  const called = new Map<number, { readonly effect: string | null }>();
  const outputs = new Map<number, Set<string>>();
  const deniedAtMs = new Map<number, number>();
  const report = (atMs: number, message: string): void => void violations.push({ rule: 'R9', atMs, message });
  for (const event of history) {
    if (event.type === 'commandCalled') {
      const { call, principal, command, key } = event;
      called.set(call, { effect: key === null ? null : `${principal} ${command} ${key}` });
    } else if (event.type === 'commandRan') {
      const { call, principal, command, key, output, atMs } = event;
      if (key !== null) {
        const effect = `${principal} ${command} ${key}`;
        if (effects.has(effect)) report(atMs, `${effect} ran twice.`);
        effects.set(effect, { output });
      } else if (outputs.has(call)) {
        report(atMs, `call ${call} of ${principal} ran twice.`);
      }
      const seen = outputs.get(call) ?? new Set<string>();
      outputs.set(call, seen.add(output));
      if (deniedAtMs.has(call)) report(atMs, `call ${call} ran after its caller was told that it would not.`);
    } else if (event.type === 'commandSettled') {
      const { call, executed, output, atMs } = event;
      const effect = called.get(call)?.effect ?? null;
      const ran = outputs.get(call);
      if (executed === 'no') {
        deniedAtMs.set(call, atMs);
        if (ran !== undefined) report(atMs, `call ${call} was said not to be executed, but ran.`);
      }
      if (output !== null) {
        const stored = effect === null ? undefined : effects.get(effect)?.output;
        if (stored !== output && ran?.has(output) !== true) {
          report(atMs, `call ${call} was answered ${output}, which no run of it gave.`);
        }
      }
    }
  }
  return violations;
}
