// Outbound queue: commands that wait for a connection because their caller asked for it. Bounded, with a policy.

/** What happens when a command would not fit the queue. */
export type QueuePolicy = 'reject' | 'dropOldest' | 'dropNewest';

/** Bounds of the queue of commands that wait for a connection. */
export interface QueueOptions {
  /** Most commands that wait. @defaultValue 100 */
  readonly maxSize?: number | undefined;
  /**
   * When full: `reject` and `dropNewest` refuse the command at hand, the first with `limit`, the second with
   * `unavailable`; `dropOldest` refuses the one that waits longest, with `unavailable`.
   * @defaultValue `'reject'`
   */
  readonly policy?: QueuePolicy | undefined;
  /** Longest that a command waits, in milliseconds; its own deadline counts too. @defaultValue 30_000 */
  readonly expiryMs?: number | undefined;
}
