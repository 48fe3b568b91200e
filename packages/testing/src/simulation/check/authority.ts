// Authority: whose data reached whom (R10), whether somebody was asked each time (R11), and whether rights end (R12).
import type { HistoryEvent } from '../history.js';
import type { Violation } from './violation.js';

/** Judges every frame that carried data of a channel, and every subscription that was answered. */
export function checkAuthority(history: readonly HistoryEvent[]): Violation[] {
  const violations: Violation[] = [];
  const report = (rule: 'R10' | 'R11' | 'R12', atMs: number, message: string): void =>
    void violations.push({ rule, atMs, message });
  const granted = new Map<string, boolean>();
  const revoked = new Set<string>();
  const endsAtMs = new Map<string, number>();
  /** Where in the history somebody was let in last, and where a question was asked. */
  const grants = new Map<string, number>();
  const questions = new Map<string, number>();
  history.forEach((event, index) => {
    const { atMs } = event;
    switch (event.type) {
      case 'authenticated':
        endsAtMs.set(event.session, atMs + event.endsInMs);
        break;
      case 'authorized': {
        const key = keyOf(event);
        granted.set(key, event.allowed);
        revoked.delete(key);
        if (event.allowed) grants.set(key, index);
        break;
      }
      case 'revoked':
        revoked.add(keyOf(event));
        break;
      case 'exposed': {
        const key = keyOf(event);
        const endedAtMs = endsAtMs.get(event.session) ?? Infinity;
        const what = `data of ${event.channel} was written to ${event.session}`;
        // That fresh ones are being judged puts no end off (P-AUTH-2).
        if (atMs > endedAtMs) report('R12', atMs, `${what}, whose credentials ended at ${endedAtMs} ms.`);
        else if (revoked.has(key)) report('R12', atMs, `${what}, which had lost the right to it.`);
        else if (granted.get(key) !== true) report('R10', atMs, `${what}, which is not authorised for it.`);
        break;
      }
      case 'asked':
        questions.set(`${keyOf(event)} ${event.id}`, index);
        break;
      case 'attached': {
        const key = keyOf(event);
        const asked = questions.get(`${key} ${event.id}`) ?? Infinity;
        if ((grants.get(key) ?? -1) > asked) break;
        const { session, channel, mode } = event;
        report('R11', atMs, `${session} was attached to ${channel} (${mode}) without being authorised anew.`);
        break;
      }
      default:
    }
  });
  return violations;
}

function keyOf({ session, channel }: { readonly session: string; readonly channel: string }): string {
  return `${session} ${channel}`;
}
