// Violation: one broken promise, with the rule's number and where in the history it shows.

/** The rules the checker knows. What each one promises is in {@link RULES}. */
export type Rule = keyof typeof RULES;

/** One sentence for every rule. */
export const RULES = {
  R1: 'Per subscriber and channel, positions only go forward and hold the value written there; publish order is offset order.',
  R2: 'Between two deliveries of a stream every event was delivered or announced as lost.',
  R3: 'No event is delivered twice.',
  R4: 'At rest, every open subscription holds what the server holds.',
  R5: 'The broker links its offsets and never gives one out twice within an epoch.',
  R6: 'A server that may have missed a publication looks at the channel anew within a bounded time.',
  R7: 'Only state and collections are conflated: no event of a stream is left out on a connection that held.',
  R8: 'An acknowledged publish was written as asked; one said not to be executed was not written.',
  R9: 'A command with a key takes effect at most once; one said not to be executed did not run.',
  R10: 'Data of a channel reaches only sessions that are authorised for it.',
  R11: 'Every subscription and every recovery was authorised anew.',
  R12: 'A session sees nothing more of what was taken from it, once every server has confirmed, nor after its credentials.',
  R22: 'A jump of the wall clock ends and silences no connection, and none ends without a cause.',
  R25: 'After unsubscribe and close there is no callback, no timer and no socket.',
  R26: 'When everybody has left, the server holds nothing.',
} as const;

/** A broken rule. */
export interface Violation {
  readonly rule: Rule;
  readonly atMs: number;
  readonly message: string;
}
