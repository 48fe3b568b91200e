// Judge: plays a case against the server process and says what it did that no hostile input may do: a crash, a stall,
// harm to somebody else, something left over in the server, an echo.
import { Bystander } from './bystander.js';
import type { ProfileName } from './messages.js';
import { ServerProcess } from './server-process.js';
import { Stage } from './stage.js';

/** Longest the event loop may be late. */
export const MAX_STALL_MS = 50;

const PATIENCE_MS = 3_000;

/** Numbers that stand for something held; counters only ever grow. */
const GAUGES = [
  'connections',
  'unauthenticated',
  'subscriptions',
  'channels',
  'commandsRunning',
  'deadlines',
] as const;

/** What a case did besides what it asserts itself. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly stallMs: number;
}

interface Witness {
  readonly bystander: Bystander;
  /** What the server holds while the bystander is alone with it. */
  readonly quiet: string;
}

/** One server process and the bystanders on its servers. */
export class Judge {
  readonly server: ServerProcess;
  readonly #witnesses = new Map<ProfileName, Witness>();

  private constructor(server: ServerProcess) {
    this.server = server;
  }

  static async start(): Promise<Judge> {
    return new Judge(await ServerProcess.start());
  }

  /** Plays one case. Rejects where the case itself does. */
  async play(profile: ProfileName, run: (stage: Stage) => Promise<void> | void): Promise<Verdict> {
    const { server } = this;
    const { bystander, quiet } = await this.#witness(profile);
    await server.ask('said');
    await server.ask('beginMeasuring');
    const stage = new Stage(server, profile);
    try {
      await run(stage);
    } finally {
      stage.clear();
    }
    const { stallMs, uncaught } = await server.ask('measured');
    const problems = [...uncaught];
    await bystander.reach(await server.ask('sequence'));
    for (const trouble of bystander.troubles.splice(0)) problems.push(`somebody else noticed: ${trouble}`);
    const held = await this.#holds(profile, quiet);
    if (held !== quiet) problems.push(`left over in the server: ${held} where there was ${quiet}`);
    if (stage.transcript().includes(stage.canary)) problems.push('an answer repeats what was sent');
    const logged = `${await server.ask('said')}\n${server.output}`;
    if (logged.includes(stage.canary)) problems.push('a log repeats what was sent');
    return { problems, stallMs };
  }

  async stop(): Promise<void> {
    for (const { bystander } of this.#witnesses.values()) bystander.leave();
    await this.server.stop();
  }

  async #witness(profile: ProfileName): Promise<Witness> {
    const known = this.#witnesses.get(profile);
    if (known !== undefined) return known;
    const bystander = new Bystander(await this.server.port(profile));
    await bystander.reach(await this.server.ask('sequence'));
    const witness = { bystander, quiet: await this.#gauges(profile) };
    this.#witnesses.set(profile, witness);
    return witness;
  }

  /** Sockets are gone when both sides have heard of it, so the server is asked until it has, or for too long. */
  async #holds(profile: ProfileName, wanted: string): Promise<string> {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const now = await this.#gauges(profile);
      if (now === wanted || performance.now() > untilMs) return now;
    }
  }

  async #gauges(profile: ProfileName): Promise<string> {
    const stats = await this.server.ask('gauges', { profile });
    return GAUGES.map((name) => `${name} ${String(stats[name])}`).join(', ');
  }
}
