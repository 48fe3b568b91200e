// Debug: the logger that is used when the application brings none. The console is touched when it is written to.
import type { Logger } from '@tickwire/protocol';

/** A logger that cannot throw and that keeps `debug` and `info` to itself unless asked. */
export function createLogger(verbose: boolean, given: Logger | undefined): Logger {
  return (level, message, fields) => {
    if (!verbose && (level === 'debug' || level === 'info')) return;
    try {
      if (given !== undefined) given(level, message, fields);
      else console[level](`[tickwire] ${message}`, fields ?? '');
    } catch {
      // A logger that throws is ignored.
    }
  };
}
