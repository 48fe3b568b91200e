// Control: what the harness and a server process say to each other over the channel Node opens between them.

/** From the harness. */
export type Order = { readonly do: 'start' } | { readonly do: 'stop' };

/** From the server process. */
export type Report =
  | { readonly is: 'listening'; readonly port: number }
  /** Turns published since `start`; all of them have been handed to the kernel. */
  | { readonly is: 'stopped'; readonly turns: number };
