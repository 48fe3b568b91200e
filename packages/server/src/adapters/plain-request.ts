// Plain request: an offer to upgrade that nobody here takes up. Whoever listens to `upgrade` gets every offer there is,
// also those of HTTP clients that ask for a page and would take it in HTTP/2 (curl --http2, Java's HttpClient): Node would
// have answered these as if there were no offer, which is what a server may always do (RFC 9110 §7.8).
import { Buffer } from 'node:buffer';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';

/** What makes up an offer. */
const OFFER = new Set(['upgrade', 'http2-settings']);

/**
 * Has the HTTP server read the request again, without the offer. It goes back in as bytes because its body was not read:
 * bodies, connections that are kept, and what was sent behind the request are the server's own business again.
 */
export function asPlainRequest(
  server: HttpServer | HttpsServer,
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    const lower = name.toLowerCase();
    if (OFFER.has(lower)) continue;
    const kept = lower === 'connection' ? withoutOffer(value) : value;
    if (lower !== 'connection' || kept !== '') lines.push(`${name}: ${kept}`);
  }
  stream.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  // The documented way in; an HTTPS server takes over where a connection is already decrypted.
  const isHttps = server.listenerCount('secureConnection') > 0;
  server.emit(isHttps ? 'secureConnection' : 'connection', stream);
}

function withoutOffer(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !OFFER.has(option.toLowerCase())).join(', ');
}
