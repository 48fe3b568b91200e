// Checker: judges a recorded history by every rule. Pure; knows neither client nor server nor how the history arose.
import { checkAuthority } from './check/authority.js';
import { ChannelLogs } from './check/channel-log.js';
import { checkCommands } from './check/commands.js';
import { checkEndings } from './check/endings.js';
import { checkPublishes } from './check/publishes.js';
import { checkSubscriptions } from './check/subscriptions.js';
import type { Violation } from './check/violation.js';
import type { HistoryEvent } from './history.js';

/** Every broken rule of the history, in the order of time. Empty: the history keeps all promises. */
export function checkHistory(history: readonly HistoryEvent[]): readonly Violation[] {
  const logs = new ChannelLogs(history);
  return [
    ...logs.violations,
    ...checkPublishes(history, logs),
    ...checkSubscriptions(history, logs),
    ...checkCommands(history),
    ...checkAuthority(history),
    ...checkEndings(history),
  ].sort((a, b) => a.atMs - b.atMs);
}
