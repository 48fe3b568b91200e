// Upgrade failure: what Node and `ws` report when no connection comes about, as part of a sentence for people. Pure.
import { SUBPROTOCOL_JSON } from '@tickwire/protocol';

const ANSWER_WITH = `it must answer with ${SUBPROTOCOL_JSON} (P-CONN-1)`;

/** Errors of `ws`, which have no code. */
const BY_MESSAGE: ReadonlyMap<string, string> = new Map([
  ['Server sent no subprotocol', `the server chose no subprotocol; ${ANSWER_WITH}`],
  [
    'Server sent an invalid subprotocol',
    `the server chose a subprotocol that was not offered; ${ANSWER_WITH}`,
  ],
  ['Opening handshake has timed out', 'the server did not answer the upgrade in time'],
]);

/** Why no connection to `url` came about. */
export function upgradeFailure(error: Error, { host, hostname }: URL): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = BY_MESSAGE.get(message);
  if (known !== undefined) return known;
  const suffix = code === undefined ? '' : ` (${code})`;
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens at ${host}${suffix}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${hostname} is not known${suffix}`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${host} cannot be reached${suffix}`;
    case 'ECONNRESET':
      return `the server ended the connection during the upgrade${suffix}`;
    case 'EPROTO':
      return `TLS failed, so it may want ws:// instead of wss://${suffix}`;
    default: {
      // Reports of OpenSSL go on for lines.
      const [first = ''] = message.split('\n');
      return `the upgrade failed: ${first.replace(/\.$/, '')}${suffix}`;
    }
  }
}
