// Every byte: a script for many clients at once, each of which is cut at other bytes, so that together they are cut at all.
import { createMemoryBroker, createServer } from '@tickwire/server';
import { type Direction, SeededRandom, VirtualClock } from '@tickwire/testing';
import { ByteLine, type Tamper } from './byte-line.js';
import { Reader } from './reader.js';
import { contract, type Kind, Script } from './script.js';

/** Cuts clients: asked for each before it connects, which is frame -1, and before every frame of the script. */
export type CutPlan = (line: ByteLine, client: number, frame: number) => void;

export interface CutRunOptions {
  readonly kind: Kind;
  readonly clients: number;
  readonly frames: number;
  readonly plan?: CutPlan;
  readonly tamper?: Tamper;
}

export interface CutRun {
  readonly cuts: number;
  readonly problems: readonly string[];
  /** Of the first client: bytes of each message. */
  readonly messageBytes: Readonly<Record<Direction, readonly number[]>>;
}

/** Between two frames; a client that was cut is back after a few of them. */
const FRAME_EVERY_MS = 12;
const SETTLE_MS = 1_000;
const SEED = 7;

/** Runs the script of one kind for so many clients, and judges what each of them was told. */
export async function runCuts({
  kind,
  clients,
  frames,
  plan = () => undefined,
  tamper,
}: CutRunOptions): Promise<CutRun> {
  const clock = new VirtualClock();
  const random = new SeededRandom(SEED);
  const server = createServer(contract, {
    authenticate: () => ({ principal: {} }),
    authorize: { state: () => true, collection: () => true, stream: () => true },
    commands: {},
    broker: createMemoryBroker({ clock, random: random.fork('broker') }).connect,
    clock,
    random: random.fork('server'),
    logger: () => undefined,
  });
  const script = new Script(server, kind, random.fork('script'));
  await script.step();
  const readers = Array.from({ length: clients }, (_, index) => {
    const line = new ByteLine(clock, (socket, request) => server.accept(socket, request), tamper);
    plan(line, index, -1);
    const dice = random.fork(`client ${String(index)}`);
    return { line, reader: new Reader(kind, script, { transport: line, clock, random: dice }) };
  });
  await clock.advance(SETTLE_MS);
  const problems: string[] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (const [index, { line }] of readers.entries()) plan(line, index, frame);
    await script.step();
    await clock.advance(FRAME_EVERY_MS);
  }
  await clock.advance(SETTLE_MS);
  for (const [index, { reader }] of readers.entries()) {
    reader.checkEnd();
    reader.close();
    problems.push(...reader.problems.map((problem) => `client ${String(index)} ${problem}`));
  }
  const closed = server.close({ drainMs: 0 });
  await clock.advance(60_000);
  await closed;
  return {
    cuts: readers.reduce((sum, { line }) => sum + line.cuts, 0),
    problems,
    messageBytes: readers[0]?.line.messageBytes ?? { toServer: [], toClient: [] },
  };
}
