// Authority: whose data reached whom (R10), whether somebody was asked each time (R11), and whether rights end (R12).
import type { HistoryEvent } from '../history.js';
import type { Violation } from './violation.js';

/** Judges every frame that carried data of a channel, and every subscription that was answered. */
export function checkAuthority(history: readonly HistoryEvent[]): Violation[] {
  const violations: Violation[] = [];
  const granted = new Map<string, boolean>();
  const revoked = new Set<string>();
  const endsAtMs = new Map<string, number>();
  const unused = new Map<string, number>();
  for (const event of history) {
    switch (event.type) {
      case 'authorized': {
        const key = keyOf(event);
        granted.set(key, event.allowed);
        revoked.delete(key);
        if (event.allowed) unused.set(key, (unused.get(key) ?? 0) + 1);
        break;
      }
      case 'authenticated':
        endsAtMs.set(event.session, event.atMs + event.endsInMs);
        break;
      case 'revoked':
        revoked.add(keyOf(event));
        break;
      case 'exposed': {
        const endedAtMs = endsAtMs.get(event.session) ?? Infinity;
        const isExpired = event.atMs > endedAtMs;
        if (revoked.has(keyOf(event)) || isExpired) {
          const why = isExpired ? `expired by ${endedAtMs} ms` : 'lost the right to it';
          violations.push({
            rule: 'R12',
            atMs: event.atMs,
            message: `data of ${event.channel} was written to ${event.session}, which had ${why}.`,
          });
        } else if (granted.get(keyOf(event)) !== true) {
          violations.push({
            rule: 'R10',
            atMs: event.atMs,
            message: `data of ${event.channel} was written to ${event.session}, which is not authorised for it.`,
          });
        }
        break;
      }
      case 'attached': {
        const answers = unused.get(keyOf(event)) ?? 0;
        if (answers === 0) {
          violations.push({
            rule: 'R11',
            atMs: event.atMs,
            message: `${event.session} was attached to ${event.channel} (${event.mode}) without being authorised anew.`,
          });
        } else {
          unused.set(keyOf(event), answers - 1);
        }
        break;
      }
      default:
    }
  }
  return violations;
}

function keyOf({ session, channel }: { readonly session: string; readonly channel: string }): string {
  return `${session} ${channel}`;
}
