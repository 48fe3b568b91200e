// Server stall: the server's process stands still for less than the silence a client believes. Nobody may be dropped.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Reader, sleep } from './stage.js';

const READERS = 20;
const SETTLE_MS = 1_000;

export interface ServerStall {
  readonly readers: number;
  readonly stalls: number;
  readonly stallMs: number;
  /** Connections that ended, by whichever end: none should. */
  readonly falseKills: number;
}

/** Stops the server so often for so long, as a debugger, a snapshot of its machine or a long pause would. */
export async function measureServerStall(
  profile: 'default' | 'fast',
  stalls: number,
  stallMs: number,
): Promise<ServerStall> {
  const child = fork(fileURLToPath(new URL('server-main.ts', import.meta.url)), [profile]);
  const [url] = (await once(child, 'message')) as [string];
  const readers = Array.from({ length: READERS }, () => new Reader(url));
  await Promise.all(readers.map((reader) => reader.live()));
  for (let stall = 0; stall < stalls; stall++) {
    await sleep(SETTLE_MS);
    child.kill('SIGSTOP');
    await sleep(stallMs);
    child.kill('SIGCONT');
  }
  await sleep(SETTLE_MS);
  const falseKills = readers.reduce((sum, { endsMs }) => sum + endsMs.length, 0);
  for (const reader of readers) reader.close();
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { readers: READERS, stalls, stallMs, falseKills };
}
