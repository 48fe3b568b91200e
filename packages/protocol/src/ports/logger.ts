// Logger: where diagnostics go. Never given tokens or payloads.

/** How bad it is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * Receives one diagnostic. `fields` holds plain values for structured logs; tokens and payloads are never in it.
 * A logger that throws is ignored.
 */
export type Logger = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;
