// Version: the names and numbers by which two ends recognise each other. Knows nothing of frames.

/** Minor version of the wire; the major lives in the subprotocol name (P-CONN-1). */
export const WIRE_MINOR = 1;

/** WebSocket subprotocol of wire version 1 with the JSON codec (P-CONN-1). */
export const SUBPROTOCOL_JSON = 'tickwire.v1+json';

/**
 * Subprotocol that exists only so that a version mismatch fails readably: a server that speaks none of the
 * offered versions selects it, sends `reject` and closes with 4101 (P-CONN-2).
 */
export const SUBPROTOCOL_FALLBACK = 'tickwire';

/** What a client of this version offers, best first. */
export const OFFERED_SUBPROTOCOLS: readonly string[] = [SUBPROTOCOL_JSON, SUBPROTOCOL_FALLBACK];

/** Path of the endpoint unless an application chooses another. */
export const DEFAULT_PATH = '/tickwire';

/**
 * Picks the subprotocol a server answers with.
 * @returns the JSON codec where offered, else the fallback where offered, else `null`: the server selects none,
 * which a WebSocket client reports as a failed connection.
 */
export function selectSubprotocol(offered: Iterable<string>): string | null {
  let fallback: string | null = null;
  for (const name of offered) {
    if (name === SUBPROTOCOL_JSON) return name;
    if (name === SUBPROTOCOL_FALLBACK) fallback = name;
  }
  return fallback;
}
