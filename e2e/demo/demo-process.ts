// The demo as its users start it: a process of its own, spoken to through its output, its page and signals.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../examples/market-dashboard/src/main.ts', import.meta.url));
const workspace = fileURLToPath(new URL('../../', import.meta.url));

export interface DemoProcess {
  readonly url: string;
  readonly port: number;
  /** Resolves when a line of the output holds `text`. */
  readonly said: (text: string) => Promise<void>;
  /** Asks it to end and waits until it has. */
  readonly stop: () => Promise<void>;
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
}

const STARTED = /(http:\/\/[^\s/]+:(\d+)\/)/;

/** Starts the demo and waits until it says where its page is. */
export async function startDemo(...flags: readonly string[]): Promise<DemoProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@tickwire/source', '--import', 'tsx', entry, '--port', '0', ...flags],
    { cwd: workspace, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const check of waiting) check();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
      for (const check of waiting) check();
    });
  });
  const matches = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = pattern.exec(output);
        if (found) resolve(found);
        else if (hasEnded(child)) reject(new Error(`The demo ended before it said ${pattern}:\n${output}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  const [, url = '', port = ''] = await matches(STARTED);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!hasEnded(child)) child.kill(signal);
    await ended;
  };
  return {
    url,
    port: Number(port),
    said: async (text) => {
      await matches(new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
