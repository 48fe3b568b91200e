// Debug: the logger that is used when the application brings none. The console is touched when it is written to.
import type { Logger, LogLevel } from '@tickwire/protocol';

/** A logger that cannot throw; `debug` and `info` reach it only where they are wanted. */
export function createLogger(verbose: boolean, given: Logger | undefined): Logger {
  return (level: LogLevel, message, fields) => {
    if (!verbose && (level === 'debug' || level === 'info')) return;
    try {
      if (given) given(level, message, fields);
      else console[level]('[tickwire]', message, fields);
    } catch {
      // A logger that throws is ignored.
    }
  };
}
