// The run: publishes a capture through a real server and a link that is torn, and judges what a client holds.
import { anonymous, createServer } from '@tickwire/server';
import { SeededRandom } from '@tickwire/testing';
import { oracle } from './contract.js';
import { drawCuts, type Cut } from './cut-schedule.js';
import { CuttingProxy } from './cutting-proxy.js';
import type { OracleClientFactory } from './oracle-client.js';
import type { Source } from './source.js';
import { Verdict, type OracleReport } from './verdict.js';

const SETTLE_TIMEOUT_MS = 30_000;

export interface OracleRunOptions {
  readonly source: Source;
  readonly createClient: OracleClientFactory;
  /** How many times faster than recorded. */
  readonly speed: number;
  readonly cuts: number;
  readonly seed: number;
  readonly onProgress?: (share: number) => void;
}

export interface OracleRun {
  readonly report: OracleReport;
  readonly problems: readonly string[];
}

const sleepUntil = async (startMs: number, atMs: number) => {
  const delayMs = startMs + atMs - performance.now();
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
};

/** Cuts that meet a link already down wait for it: a run makes as many cuts as were asked for. */
async function tear(proxy: CuttingProxy, cuts: readonly Cut[], startMs: number): Promise<void> {
  for (const { atMs, downMs, midFrame } of cuts) {
    await sleepUntil(startMs, atMs);
    await proxy.cut(midFrame, downMs);
  }
}

export async function runOracle(options: OracleRunOptions): Promise<OracleRun> {
  const { source, speed } = options;
  const pairs = [...source.books.keys()];
  const verdict = new Verdict();
  const server = createServer(oracle, {
    authenticate: anonymous,
    authorize: { 'book/{pair}': () => true, messages: () => true, run: () => true },
    commands: { report: ({ events }) => ({ accepted: events === source.messages.length }) },
  });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  const proxy = new CuttingProxy(port);
  const proxyPort = await proxy.listen();

  const run = server.channel('run');
  await run.set({ status: 'running', pairs, messages: 0 });
  const client = options.createClient(`ws://127.0.0.1:${String(proxyPort)}/tickwire`, pairs, {
    onState: (channel, offset, checksum) => verdict.hold(channel, offset, checksum),
    onEvent: (sequence) => verdict.event(sequence),
    onEventsLost: (from, to) => verdict.eventsLost(from, to),
    onRecovery: (mode) => verdict.recovery[mode]++,
  });
  try {
    const durationMs = (source.messages.at(-1)?.atMs ?? 0) / speed;
    const startMs = performance.now();
    const cuts = drawCuts(new SeededRandom(options.seed), options.cuts, durationMs);
    const torn = tear(proxy, cuts, startMs);
    const heads = new Map<string, number>();
    const messages = server.channel('messages');
    for (const [index, { atMs, pair, change, checksum }] of source.messages.entries()) {
      await sleepUntil(startMs, atMs / speed);
      const book = server.channel('book/{pair}', { pair });
      // The receipt comes before any frame leaves: the flush is at the end of the turn.
      const { offset } = await book.update(change);
      verdict.publish(book.id, offset, checksum);
      heads.set(book.id, offset);
      heads.set(messages.id, (await messages.append({ sequence: index + 1, pair })).offset);
      options.onProgress?.((index + 1) / source.messages.length);
    }
    heads.set(
      run.id,
      (await run.set({ status: 'finished', pairs, messages: source.messages.length })).offset,
    );
    await torn;
    await client.settle(heads, SETTLE_TIMEOUT_MS);
    const held = client.books();
    const right = pairs.filter((pair) =>
      sameBook(source.books.get(pair), held.get(server.channel('book/{pair}', { pair }).id)),
    );
    return {
      report: verdict.report({
        published: source.messages.length,
        books: pairs.length,
        booksRight: right.length,
        cuts: cuts.length,
      }),
      problems: verdict.problems,
    };
  } finally {
    await client.close();
    await proxy.close();
    await server.close({ drainMs: 0 });
  }
}

function sameBook(
  a: ReadonlyMap<string, string> | undefined,
  b: ReadonlyMap<string, string> | undefined,
): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.size === b.size &&
    [...a].every(([key, size]) => b.get(key) === size)
  );
}
