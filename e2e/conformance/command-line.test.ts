// The command line that judges servers, run as a program against real ones: a right one, wrong ones, none.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defineContract, state } from '@tickwire/protocol';
import { anonymous, createServer, type Server, type ServerSettings } from '@tickwire/server';
import { createConformanceServer } from '@tickwire/testing/conformance';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';

const program = fileURLToPath(new URL('../../packages/tickwire/src/cli.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tickwire(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--conditions=@tickwire/source', '--import', 'tsx', program, ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly rules: Readonly<Record<string, { readonly passed: number; readonly failed: number }>>;
  readonly results: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly why?: string;
    readonly failure?: { readonly text: string };
  }[];
}

const servers: Pick<Server, 'close'>[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close({ drainMs: 0 })));
});

async function listening(settings?: ServerSettings): Promise<string> {
  const server = createConformanceServer(settings);
  servers.push(server);
  return (await server.listen({ port: 0, host: '127.0.0.1' })).url;
}

// Each waits for a program that waits for its server.
describe.concurrent('tickwire conformance', () => {
  test('finds nothing wrong with the server of this repository, and skips nothing', async () => {
    const { code, stdout } = await tickwire('conformance', await listening(), '--json');
    const report = JSON.parse(stdout) as Report;
    expect(report.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(report.passed).toBeGreaterThan(240);
    expect(code).toBe(0);
  });

  test('finds what is wrong with a server that keeps no bounds and pings too seldom', async () => {
    const url = await listening({
      limits: { maxDepth: 1_000, maxRefusedFramesPerMinute: 1_000_000, maxChannelsPerSubscribe: 500 },
      ping: { everyMs: 60_000, graceMs: 60_000 },
      allowedOrigins: '*',
    });
    const { code, stdout } = await tickwire('conformance', url, '--json');
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(1);
    expect(report.results.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'message.depth-33',
        'server.misfits',
        'server.no-pong',
        'server.origin',
        'server.pings',
        'sub.batch',
      ]),
    );
    expect(report.rules['P-SUB-4']).toMatchObject({ failed: 0 });
  });

  test('says for people what was expected and what came', async () => {
    const url = await listening({ limits: { maxDepth: 1_000 } });
    const { code, stdout, stderr } = await tickwire('conformance', url, '--only', 'P-FRAME-4');
    expect(code).toBe(1);
    expect(stdout).toContain('P-FRAME-4');
    expect(stdout).toContain('  FAILED message.depth-33: 33 levels are too deep for a server');
    expect(stdout).toMatch(/step 3 \{"closes":\[4100\]\}: the connection is open/);
    expect(stdout).toMatch(/\d+ vectors: \d+ passed, 1 failed, in \d+\.\d s\n$/);
    expect(stderr).toContain(' of ');
  });

  test('judges a server with another contract by what needs none, and says why it skips the rest', async () => {
    const contract = defineContract({
      name: 'other',
      version: '1.0.0',
      channels: { price: state(z.number()) },
    });
    const server = createServer(contract, { authenticate: anonymous, authorize: { price: () => true } });
    servers.push(server);
    const { url } = await server.listen({ port: 0, host: '127.0.0.1' });
    const { code, stdout } = await tickwire('conformance', url, '--only', 'P-FRAME,P-EXT,P-CMD-6', '--json');
    const report = JSON.parse(stdout) as Report;
    expect(report.results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report.passed).toBeGreaterThan(60);
    expect(report.results.find(({ id }) => id === 'req.bad-input')?.why).toBe('needs contract');
    expect(code).toBe(0);
  });

  test('gives every peer the token it was told', async () => {
    const { code, stdout } = await tickwire(
      'conformance',
      await listening(),
      '--token',
      'user:ann',
      '--only',
      'P-LIM-2,P-SUB-8',
    );
    expect(stdout).toContain('skipped 2: needs anonymous');
    expect(code).toBe(0);
  });

  test.each<[string, readonly string[], string]>([
    ['no server', ['ws://127.0.0.1:9/tickwire'], 'No Tickwire server answers at ws://127.0.0.1:9/tickwire'],
    ['no address', [], 'Give one address'],
    ['an address that is none', ['tickwire'], 'is no address; it looks like ws://'],
    [
      'a rule that does not exist',
      ['ws://127.0.0.1:9', '--only', 'P-NOTHING'],
      'No vector for servers is called "P-NOTHING"',
    ],
    ['an option that does not exist', ['ws://127.0.0.1:9', '--fast'], 'See tickwire conformance --help.'],
    [
      'a number that is none',
      ['ws://127.0.0.1:9', '--concurrency', 'all'],
      '--concurrency must be a whole number from 1 to 64',
    ],
  ])('%s: one sentence, exit code 2', async (_name, args, sentence) => {
    const { code, stdout, stderr } = await tickwire('conformance', ...args);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('--help tells the options and the exit codes', async () => {
    const { code, stdout } = await tickwire('conformance', '--help');
    expect(stdout).toContain('--only <list>');
    expect(stdout).toContain('Exit code: 0');
    expect(code).toBe(0);
  });
});
