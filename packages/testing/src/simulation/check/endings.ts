// Endings: nothing ends or falls silent without a cause (R22) or without being noticed (R6), and what has ended leaves
// nothing behind (R25, R26).
import type { HistoryEvent } from '../history.js';
import type { Violation } from './violation.js';

/** Judges how connections, clients and servers ended. */
export function checkEndings(history: readonly HistoryEvent[]): Violation[] {
  const violations: Violation[] = [];
  let jumpedAtMs: number | null = null;
  for (const event of history) {
    const { atMs } = event;
    if (event.type === 'clockJumped') jumpedAtMs = atMs;
    if (event.type === 'endedUntouched') {
      const jump = jumpedAtMs === null ? '' : ` The wall clock had jumped at ${jumpedAtMs} ms.`;
      violations.push({
        rule: 'R22',
        atMs,
        message: `connection ${event.connection} ended with ${event.code} although nothing had happened to it.${jump}`,
      });
    }
    if (event.type === 'unnoticed') {
      const message = `${event.server} missed something of ${event.channel} and has not looked at it for ${event.forMs} ms.`;
      violations.push({ rule: 'R6', atMs, message });
    }
    if (event.type === 'unpinged') {
      const message = `connection ${event.connection} has not been pinged for ${event.forMs} ms.`;
      violations.push({ rule: 'R22', atMs, message });
    }
    if (event.type === 'calledLate') violations.push({ rule: 'R25', atMs, message: event.what });
    if (event.type === 'leftOver' && event.count !== 0) {
      const rule = event.owner === 'client' ? 'R25' : 'R26';
      violations.push({ rule, atMs, message: `${event.what}: ${event.count} left.` });
    }
  }
  return violations;
}
