// Publish failure: marks what a publisher rejected with, so that a command whose handler lets it pass is not answered as
// if the caller had made the mistake.
import type { TickwireError } from '@tickwire/protocol';

const failures = new WeakSet<Error>();

/** Marks an error, and returns it. */
export function publishFailure(error: TickwireError): TickwireError {
  failures.add(error);
  return error;
}

/** Whether a publisher rejected with it. */
export function isPublishFailure(error: Error): boolean {
  return failures.has(error);
}
