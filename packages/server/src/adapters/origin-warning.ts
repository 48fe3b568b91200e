// Origin warning: a page of another origin is told nothing but 403, and browsers show its author not even that.
import type { IncomingMessage } from 'node:http';
import type { Logger } from '@tickwire/protocol';

/** Most origins that are told of. Anybody can send any. */
const MAX_ORIGINS = 20;
const MAX_CHARACTERS = 200;

/** Makes what is called with each upgrade refused for its origin: the log hears of every origin once. */
export function createOriginWarning(log: Logger): (request: IncomingMessage) => void {
  const told = new Set<string>();
  return ({ headers }) => {
    const origin = (headers.origin ?? 'none').slice(0, MAX_CHARACTERS);
    if (told.has(origin) || told.size >= MAX_ORIGINS) return;
    told.add(origin);
    log('warn', 'a page was refused for its origin: where it is yours, add it to allowedOrigins', { origin });
  };
}
