// Server process: one server under test, pinned, driven by orders.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, Report } from './control.js';
import { cpuSeconds, pinned, SERVER_CPU } from './machine.js';

const ANSWER_TIMEOUT_MS = 30_000;
const POLL_MS = 10;

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  #port = 0;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
  }

  static async start(name: string, script: string, workload: string): Promise<ServerProcess> {
    const [command, args] = pinned(SERVER_CPU, process.execPath, [script, workload]);
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
    });
    const server = new ServerProcess(name, child);
    try {
      server.#port = (await server.#next('listening')).port;
    } catch (error) {
      server.stop();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  cpuSeconds(): number {
    const pid = this.#child.pid;
    if (pid === undefined) throw new Error(`${this.#name} has no process`);
    return cpuSeconds(pid);
  }

  /**
   * Lets it publish until it has used so much processor time; resolves with the number of turns once the last one is
   * handed to the kernel. Processor time, not wall time: on a busy machine a window must not shrink to a few turns.
   */
  async publishFor(cpuMs: number): Promise<number> {
    const enough = this.cpuSeconds() + cpuMs / 1_000;
    const deadline = performance.now() + ANSWER_TIMEOUT_MS;
    this.#order({ do: 'start' });
    do await sleep(POLL_MS);
    while (this.cpuSeconds() < enough && performance.now() < deadline);
    const stopped = this.#next('stopped');
    this.#order({ do: 'stop' });
    return (await stopped).turns;
  }

  /** Ends the process. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #order(order: Order): void {
    this.#child.send(order);
  }

  #next<I extends Report['is']>(is: I): Promise<Extract<Report, { is: I }>> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        this.#child.off('error', onError);
      };
      const onMessage = (message: Report): void => {
        if (message.is !== is) return;
        settle();
        resolve(message as Extract<Report, { is: I }>);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        settle();
        reject(
          new Error(
            `the ${this.#name} server ended with ${code ?? signal ?? 'nothing'} before it said "${is}"`,
          ),
        );
      };
      const onError = (error: Error): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`the ${this.#name} server did not say "${is}" within ${ANSWER_TIMEOUT_MS} ms`));
      }, ANSWER_TIMEOUT_MS);
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
      this.#child.on('error', onError);
    });
  }
}
