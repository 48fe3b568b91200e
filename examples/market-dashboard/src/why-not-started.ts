// Why the demo did not start, in one sentence: what the system said, and what to do about it.
import { CaptureError } from './feed/capture/capture.js';
import type { DemoOptions } from './options.js';

/** Null for what nobody at a command line can mend: that is a fault of the demo, and wants its stack. */
export function whyNotStarted(error: unknown, { host, port }: DemoOptions): string | null {
  if (error instanceof CaptureError) return error.message;
  if (!(error instanceof Error) || !('code' in error)) return null;
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken: try --port 0, which takes a free one.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `--host ${host} is no address of this machine: leave it out to listen on 127.0.0.1.`;
    case 'EACCES':
      return `Port ${port} may not be used: try one above 1023, or --port 0.`;
    default:
      return error.message;
  }
}
