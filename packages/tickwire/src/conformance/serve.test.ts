// The conformance server of the command line, where it cannot listen.
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { tickwire } from '../test-support/run-program.js';
import { whyNotListening } from './serve.js';

let occupant: Server | null = null;
afterEach(() => {
  occupant?.close();
  occupant = null;
});

const failing = (code: string): Error =>
  Object.assign(new Error(`listen ${code}: some text`), { code, syscall: 'listen' });

describe('tickwire conformance-server', () => {
  test('on a port that is taken: one sentence, exit code 2', async () => {
    occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as AddressInfo;
    const { code, stdout, stderr } = await tickwire('conformance-server', '--port', String(port));
    expect(stderr).toBe(
      `Port ${port} of 127.0.0.1 is taken (EADDRINUSE); choose another with --port, or 0 for any.\n`,
    );
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('on an address of another machine: one sentence, exit code 2', async () => {
    const { code, stdout, stderr } = await tickwire(
      'conformance-server',
      ...['--port', '0', '--host', '192.0.2.1'],
    );
    expect(stderr).toBe(
      'This machine has no address 192.0.2.1 (EADDRNOTAVAIL); choose one of its own with --host, as 127.0.0.1.\n',
    );
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test.each([
    ['ENOTFOUND', 'This machine has no address nowhere.invalid (ENOTFOUND)'],
    ['EACCES', 'Port 80 of nowhere.invalid is not open to this user (EACCES)'],
    ['EMFILE', 'Cannot listen on port 80 of nowhere.invalid: listen EMFILE: some text'],
  ])('%s is told in a sentence', (code, sentence) => {
    const where = { host: 'nowhere.invalid', port: 80 };
    // The server wraps what the socket said.
    expect(whyNotListening(new Error('wrapped', { cause: failing(code) }), where)).toContain(sentence);
    expect(whyNotListening(failing(code), where)).toContain(sentence);
  });
});
