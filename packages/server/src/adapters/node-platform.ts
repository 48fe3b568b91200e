// Node platform: what the server takes from the process where nobody gives it something else.
import type { Logger } from '@tickwire/protocol';
import type { AbortSource } from '../ports/abort-source.js';

/** Warnings and errors go to the console, the rest nowhere. */
export const consoleLogger: Logger = (level, message, fields) => {
  if (level === 'error') console.error(`tickwire: ${message}`, fields ?? '');
  else if (level === 'warn') console.warn(`tickwire: ${message}`, fields ?? '');
};

/** An abort source of the platform's `AbortController`. */
export function createNodeAbortSource(): AbortSource {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
