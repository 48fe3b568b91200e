// Error text: what a log says of something that was thrown, whatever that is.

/** Its message, or what it looks like as a text. Never throws: not everything that can be thrown can be turned into one. */
export function errorText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something that has no text';
  }
}
