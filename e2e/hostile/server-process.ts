// Server process: starts server-main.ts, asks it, and hears what it prints.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answered, Answers, Ask, Asked, ProfileName, Question, Questions } from './messages.js';

const main = fileURLToPath(new URL('./server-main.ts', import.meta.url));

/** The server under attack, from outside. */
export class ServerProcess {
  /** Everything it printed. */
  output = '';
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answered: Answered) => void>();
  #number = 0;
  #ended = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    child.on('message', (answered: Answered) => {
      this.#waiting.get(answered.number)?.(answered);
      this.#waiting.delete(answered.number);
    });
    child.once('exit', (code, signal) => {
      this.#ended = true;
      const error = `the server process ended (${String(code ?? signal)}): ${this.output}`;
      for (const [number, tell] of this.#waiting) tell({ number, error });
      this.#waiting.clear();
    });
  }

  /** Starts the process and waits until it can be asked. */
  static async start(): Promise<ServerProcess> {
    const child = fork(main, {
      execArgv: ['--conditions=@tickwire/source', '--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Bytes arrive as bytes.
      serialization: 'advanced',
    });
    const started = new ServerProcess(child);
    await started.#answer(0);
    return started;
  }

  /** Whether the process is still there. */
  get alive(): boolean {
    return !this.#ended;
  }

  /** Asks one question. */
  async ask<A extends Ask>(
    ask: A,
    ...[details]: object extends Questions[A] ? [] : [Questions[A]]
  ): Promise<Answers[A]> {
    const number = ++this.#number;
    const answered = this.#answer(number);
    if (this.#ended) throw new Error(`the server process has ended: ${this.output}`);
    this.#child.send({ number, question: { ask, ...details } as unknown as Question } satisfies Asked);
    return (await answered) as Answers[A];
  }

  /** The port of one of its servers. */
  port(profile: ProfileName): Promise<number> {
    return this.ask('port', { profile });
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }

  #answer(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, ({ value, error }) => {
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
    });
  }
}
