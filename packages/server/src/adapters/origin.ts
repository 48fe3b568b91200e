// Origin: whether the page that opens a WebSocket may. Browsers do not apply CORS here, so this is the whole defence
// against a foreign page with the user's cookies.

/** What of a request the decision needs. */
export interface OriginRequest {
  /** All `Origin` headers, as sent. */
  readonly origins: readonly string[];
  readonly host: string | undefined;
  readonly hasCookie: boolean;
  /** The connection itself is TLS. */
  readonly encrypted: boolean;
}

/** Judges requests. */
export type OriginRule = (request: OriginRequest) => boolean;

/**
 * Makes the rule.
 * @throws TypeError for `'*'` in production and for entries that are not origins as browsers write them.
 */
export function originRule(allowed: readonly string[] | '*' | undefined, production: boolean): OriginRule {
  if (allowed === '*') {
    if (production) {
      throw new TypeError(
        "allowedOrigins: '*' lets every page on the internet use your users' cookies; list the origins of your pages.",
      );
    }
    return ({ origins }) => origins.length <= 1;
  }
  const list = allowed === undefined ? null : new Set(allowed.map(checkOrigin));
  return ({ origins, host, hasCookie, encrypted }) => {
    if (origins.length > 1) return false;
    const [origin] = origins;
    // Browsers always send one. Who does not is no browser; with a cookie it would be a browser we do not understand.
    if (origin === undefined) return !hasCookie;
    if (list !== null) return list.has(origin);
    if (host === undefined) return false;
    return origin === `https://${host}` || (!encrypted && origin === `http://${host}`);
  };
}

function checkOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.origin !== text) {
    throw new TypeError(
      `allowedOrigins: "${text}" is no origin; write scheme, host and port as browsers do: "https://app.example.com".`,
    );
  }
  return text;
}
