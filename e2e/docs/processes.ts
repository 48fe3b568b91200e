// Processes: bundles programs, starts them, waits for what they print. Ends only what it started.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** A program under way. */
export interface Running {
  /** Everything it has printed. */
  readonly printed: () => string;
  /** What went wrong, as its error output says; `null` while it runs or ended well. */
  readonly failure: () => string | null;
  readonly stop: () => Promise<void>;
}

/**
 * Turns entries into JavaScript that Node runs without a loader: `@tickwire/*` from source and inside, all else as it
 * is installed.
 */
export async function bundle(entries: readonly string[], outdir: string): Promise<void> {
  await build({
    entryPoints: [...entries],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    jsx: 'automatic',
    conditions: ['@tickwire/source'],
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
    plugins: [
      {
        name: 'only-tickwire-inside',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@tickwire/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function start(file: string, words: readonly string[] = []): Running {
  const child: ChildProcess = spawn(process.execPath, [...words, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complained = '';
  let failure: string | null = null;
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      failure = String(error);
      resolve();
    });
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL')
        failure = `ended with ${code ?? signal ?? 'nothing'}: ${complained}`;
      resolve();
    });
  });
  return {
    printed: () => printed,
    failure: () => failure,
    stop: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

const LOOK_EVERY_MS = 25;

/** Waits until `isSo`; returns whether it came to be so in time. */
export async function waitUntil(isSo: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return isSo();
}

/** Whether somebody listens on a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
