// Machine: pinning and processor time. Linux only, because /proc is the one place that tells processor time exactly.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A condition of the machine that the reader can repair; printed without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** The core every server runs on, and the core of the load generator. */
export const SERVER_CPU = 0;
export const GENERATOR_CPU = 1;

/** Arguments that run a command on one core. `taskset` replaces itself, so the child's pid is the command's. */
export function pinned(cpu: number, command: string, args: readonly string[]): [string, string[]] {
  return ['taskset', ['-c', String(cpu), command, ...args]];
}

/** @throws SetupError with what to do when fan-out cannot be measured here. */
export function assertMeasurable(): void {
  if (process.platform !== 'linux' || !existsSync('/proc/self/schedstat')) {
    throw new SetupError(
      'The fan-out workloads read processor time from /proc/PID/task/*/schedstat, which needs Linux. Sizes can be measured anywhere: npm run bench -- --only size',
    );
  }
  if (availableParallelism() < 2) {
    throw new SetupError(
      'The fan-out workloads need two cores: one for the server, one for the load generator.',
    );
  }
  try {
    execFileSync('taskset', ['-c', String(SERVER_CPU), 'true'], { stdio: 'ignore' });
    execFileSync('taskset', ['-c', String(GENERATOR_CPU), 'true'], { stdio: 'ignore' });
  } catch {
    throw new SetupError(
      `The fan-out workloads pin processes with taskset (package util-linux) to cores ${SERVER_CPU} and ${GENERATOR_CPU}, and it does not work here.`,
    );
  }
}

/** Processor time a process has used since its start, all threads, in seconds. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [running = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    nanoseconds += Number(running);
  }
  return nanoseconds / 1e9;
}
