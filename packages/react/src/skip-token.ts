// Skip token: "not now", said in the place of the parameters. Knows nothing of channels.

/**
 * In the place of the parameters (or, for a channel without parameters, of the options): do not subscribe. The result
 * is `{ status: 'idle', data: undefined }` until parameters are given.
 * @example `useChannel('price/{symbol}', symbol ? { symbol } : skipToken)`
 */
export const skipToken: unique symbol = Symbol.for('tickwire.skip');

/** Type of {@link skipToken}. */
export type SkipToken = typeof skipToken;
