// Why an upgrade failed, said to people.
import { describe, expect, test } from 'vitest';
import { upgradeFailure } from './upgrade-failure.js';

const url = new URL('wss://nowhere.invalid/tickwire');
const failed = (code: string | undefined, message: string): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe('a failed upgrade', () => {
  test.each([
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND', 'the name nowhere.invalid is not known (ENOTFOUND)'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN', 'the name nowhere.invalid is not known (EAI_AGAIN)'],
    // Of several addresses that were tried in turn Node tells the code alone.
    ['ECONNREFUSED', '', 'nothing listens at nowhere.invalid (ECONNREFUSED)'],
    ['EHOSTUNREACH', 'connect', 'nowhere.invalid cannot be reached (EHOSTUNREACH)'],
    ['ETIMEDOUT', 'connect', 'nowhere.invalid cannot be reached (ETIMEDOUT)'],
    [undefined, 'Opening handshake has timed out', 'the server did not answer the upgrade in time'],
    [
      'EPROTO',
      'write EPROTO 80:error:0A:SSL routines:wrong version number\n',
      'TLS failed, so it may want ws:// instead of wss:// (EPROTO)',
    ],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'self-signed certificate',
      'the upgrade failed: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ],
    [undefined, 'two\nlines.', 'the upgrade failed: two'],
  ])('%s %s', (code, message, sentence) => {
    expect(upgradeFailure(failed(code, message), url)).toBe(sentence);
  });
});
