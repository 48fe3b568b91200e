// Usage: what every command has in common.

/** A command: reads its arguments and answers with the exit code. */
export type Command = (args: readonly string[]) => Promise<number>;

/** The command cannot do what was asked; the message says what to do instead. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `parse`, whose complaints about options become a {@link UsageError}. */
export function readOptions<Options>(command: string, parse: () => Options): Options {
  try {
    return parse();
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(`${sentence.replace(/\.$/, '')}. See tickwire ${command} --help.`);
  }
}

/** A whole number from an option. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, and is "${text}".`);
}
