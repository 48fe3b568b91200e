// Port: the part of the platform's AbortSignal that the core looks at. Any AbortSignal fits.

/** What Tickwire uses of an `AbortSignal`; the platform's own is assignable to it. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** Tells when it is given up. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  /** Stops telling. */
  removeEventListener(type: 'abort', listener: () => void): void;
}
