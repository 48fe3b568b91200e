// Upgrade: what is decided before 101. Only what a browser cannot be told otherwise: wrong path, foreign page, wrong
// protocol, too many at once. Who somebody is comes later, in frames, where the answer can be read (P-CONN-3).
import type { Buffer } from 'node:buffer';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Counters } from '../session/counters.js';
import type { AcceptRequest } from '../ports/server-socket.js';
import { clientAddress } from './address.js';
import { exposesToken } from './exposed-token.js';
import type { OriginRule } from './origin.js';

/** What decides about upgrades. */
export interface UpgradeOptions {
  readonly path: string;
  readonly originRule: OriginRule;
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedHops: number;
  readonly counters: Counters;
  /** Why a connection from an address is refused now. */
  readonly shedding: (address: string | undefined) => 'draining' | 'limit' | null;
}

/** How a refusal reads on the wire. */
interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly what: string;
}

/** Most headers of an upgrade. Node drops what is above its own limit silently, an `Origin` for example. */
const MAX_HEADERS = 100;

/** The path a request is for. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** Judges an upgrade: what the server should know of it, or why it is refused. */
export function judgeUpgrade(
  request: IncomingMessage,
  options: UpgradeOptions,
):
  | { readonly ok: true; readonly request: Omit<AcceptRequest, 'subprotocol'> }
  | { readonly ok: false; readonly refusal: Refusal } {
  const refuse = (status: number, what: string, headers?: Readonly<Record<string, string>>) => ({
    ok: false as const,
    refusal: { status, what, ...(headers === undefined ? {} : { headers }) },
  });
  const { headers, headersDistinct } = request;
  if (request.httpVersion !== '1.1' || request.rawHeaders.length > MAX_HEADERS * 2)
    return refuse(400, 'bad_upgrade');
  if ((headersDistinct['host']?.length ?? 0) !== 1) return refuse(400, 'bad_upgrade');
  if (request.method !== 'GET') return refuse(405, 'bad_upgrade', { Allow: 'GET' });
  if (headers['sec-websocket-version'] !== '13') {
    return refuse(426, 'bad_upgrade', { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' });
  }
  const allowed = options.originRule({
    origins: headersDistinct['origin'] ?? [],
    host: headers.host,
    hasCookie: headers.cookie !== undefined,
    encrypted: 'encrypted' in request.socket,
  });
  if (!allowed) return refuse(403, 'bad_origin');
  const forwarded = headersDistinct['x-forwarded-for']?.join(',');
  const address = clientAddress(request.socket.remoteAddress, forwarded, options.trustedHops);
  const shed = options.shedding(address);
  if (shed !== null) return refuse(503, shed, { 'Retry-After': '1' });
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return {
    ok: true,
    request: { address, headers, url: request.url, exposedToken: exposesToken(request.url, offered) },
  };
}

/** Answers an upgrade with a status and ends the connection. */
export function refuseUpgrade(stream: Duplex, { status, headers = {} }: Refusal): void {
  const body = STATUS_CODES[status] ?? '';
  const lines = [
    `HTTP/1.1 ${status} ${body}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${body.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  stream.once('finish', () => stream.destroy());
  stream.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** A stream without a listener for its errors would take the process down. A stream that comes again has one already. */
export function guardStream(stream: Duplex): void {
  if (!stream.listeners('error').includes(destroy)) stream.on('error', destroy);
}

function destroy(this: Duplex): void {
  this.destroy();
}

/** Signature of an `upgrade` listener. */
export type UpgradeListener = (request: IncomingMessage, stream: Duplex, head: Buffer) => void;
