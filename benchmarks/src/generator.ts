// Generator: one running load generator; see loadgen/loadgen.c for what it does and says.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GENERATOR_CPU, pinned } from './machine.js';

const READY_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 20_000;
const POLL_MS = 5;
/** Else every write of a server would be charged with waking the generator: see loadgen.c. */
const PAUSE = ['--pause', '500'];
/** No new byte for so long: what the subscriptions brought has arrived. */
const QUIET_MS = 250;

/** What the generator has seen since it started. */
export interface Snapshot {
  readonly timeUs: number;
  readonly connections: number;
  readonly dead: number;
  readonly messages: number;
  readonly markers: number;
  readonly bytes: number;
  readonly cpuUs: number;
}

export class Generator {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #name: string;
  readonly #waiting: { readonly resolve: (line: string) => void; readonly reject: (error: Error) => void }[] =
    [];

  private constructor(name: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#name = name;
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    const ended = (): void => {
      for (const waiter of this.#waiting.splice(0))
        waiter.reject(new Error(`the load generator of ${name} ended`));
    };
    child.on('exit', ended);
    child.on('error', ended);
  }

  /** Starts it; resolves once every connection is open, subscribed and quiet. */
  static async start(
    name: string,
    program: string,
    args: readonly string[],
    connections: number,
  ): Promise<Generator> {
    const [command, pinnedArgs] = pinned(GENERATOR_CPU, program, [
      ...args,
      '--n',
      String(connections),
      ...PAUSE,
    ]);
    const child = spawn(command, pinnedArgs, { stdio: ['pipe', 'pipe', 'inherit'] });
    const generator = new Generator(name, child);
    try {
      const ready = JSON.parse(await generator.#line(READY_TIMEOUT_MS)) as {
        connections: number;
        dead: number;
      };
      if (ready.connections !== connections) {
        throw new Error(
          `${name}: ${ready.connections} of ${connections} connections subscribed, ${ready.dead} refused`,
        );
      }
      await generator.#quiet();
    } catch (error) {
      generator.stop();
      throw error;
    }
    return generator;
  }

  async snapshot(): Promise<Snapshot> {
    const line = this.#line(ANSWER_TIMEOUT_MS);
    this.#child.stdin.write('snap\n');
    return JSON.parse(await line) as Snapshot;
  }

  /**
   * Waits until it has seen so many markers.
   * @throws when they do not come within the time, when there are more, or when a connection died.
   */
  async arrived(markers: number): Promise<Snapshot> {
    const deadline = performance.now() + ANSWER_TIMEOUT_MS;
    for (;;) {
      const seen = await this.snapshot();
      if (seen.dead > 0) throw new Error(`${this.#name}: ${seen.dead} connections were lost`);
      if (seen.markers > markers) {
        throw new Error(`${this.#name}: ${seen.markers - markers} updates more than were published arrived`);
      }
      if (seen.markers === markers) return seen;
      if (performance.now() > deadline) {
        throw new Error(`${this.#name}: ${markers - seen.markers} of the published updates did not arrive`);
      }
      await sleep(POLL_MS);
    }
  }

  /** How its connections read from now on: not at all, so many bytes a second each, or as fast as they can. */
  async read(how: 'nothing' | 'everything' | number): Promise<void> {
    const line = this.#line(ANSWER_TIMEOUT_MS);
    const order = how === 'nothing' ? 'stop' : how === 'everything' ? 'go' : `trickle ${how}`;
    this.#child.stdin.write(`${order}\n`);
    await line;
  }

  /** Ends the process. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async #quiet(): Promise<void> {
    let bytes = -1;
    for (let now = await this.snapshot(); now.bytes !== bytes; now = await this.snapshot()) {
      bytes = now.bytes;
      await sleep(QUIET_MS);
    }
  }

  #line(timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the load generator of ${this.#name} said nothing for ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push({
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }
}
