// Exposed token: finds credentials where every proxy and log keeps them. Says only that there are some.

const TOKEN_PARAMETERS: ReadonlySet<string> = new Set([
  'token',
  'access_token',
  'accesstoken',
  'auth',
  'authorization',
  'bearer',
  'jwt',
  'api_key',
  'apikey',
]);
const TOKEN_PREFIX = /^(?:token|access_token|bearer|auth|authorization|jwt)(?:[.\-_=]|$)/i;
const JSON_WEB_TOKEN = /^[\w-]{8,}\.[\w-]{8,}\.[\w-]*$/;

/** Whether the URL or the offered subprotocols carry a token (P-AUTH-1). */
export function exposesToken(url: string | undefined, subprotocols: Iterable<string>): boolean {
  const query = url?.indexOf('?') ?? -1;
  if (url !== undefined && query !== -1) {
    for (const name of new URLSearchParams(url.slice(query + 1)).keys()) {
      if (TOKEN_PARAMETERS.has(name.toLowerCase())) return true;
    }
  }
  for (const name of subprotocols) if (TOKEN_PREFIX.test(name) || JSON_WEB_TOKEN.test(name)) return true;
  return false;
}
