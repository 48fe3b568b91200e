// Stalled: a fifth of the readers stops reading while much is sent to them. What they cost, when they are closed, and
// whether the others notice.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildLoadgen, bundleServer } from './build.js';
import { Generator, type Snapshot } from './generator.js';
import { pinned, SERVER_CPU } from './machine.js';
import { type StalledResult, WATERMARK_BYTES } from './stalled-result.js';
import { THIN_EVERY, type StalledOrder, type StalledReport } from './stalled-control.js';

const OTHERS = 4_000;
/** Read nothing at all. */
const FROZEN = 950;
/** Read a thousand bytes a second. */
const SLOW = 50;
const SLOW_BYTES_PER_SECOND = 1_000;
/** 16 MiB and more for each of them. */
const FAT_EVENTS = 1_040;
const FAT_EVENT_BYTES = 16_384;
const OBSERVED_MS = 90_000;
const TICK_MS = 10;

/** Runs it once: about two minutes. Those who were closed come back at the end, with the cursor they had. */
export async function measureStalled(progress: (line: string) => void): Promise<StalledResult> {
  const loadgen = buildLoadgen();
  const server = await startServer(await bundleServer('stalled'));
  const generators: Generator[] = [];
  const connect = async (
    kind: string,
    channel: string,
    count: number,
    args: readonly string[],
    cursor: Cursor = { last: 0 },
  ) => {
    const generator = await Generator.start(
      kind,
      loadgen,
      [...args, ...speak(server.port, kind, channel, cursor)],
      count,
    );
    generators.push(generator);
    return generator;
  };
  try {
    const like4KiB = ['--rcvbuf', '4096', '--mss', '1460'];
    const others = await connect('', 'thin', OTHERS, []);
    const frozen = await connect('frozen', 'fat', FROZEN, like4KiB);
    const slow = await connect('slow', 'fat', SLOW, like4KiB);
    const before = (await others.snapshot()).markers;
    progress(`stalled: ${OTHERS + FROZEN + SLOW} connections`);
    await frozen.read('nothing');
    await slow.read(SLOW_BYTES_PER_SECOND);
    const began = await server.ask({ do: 'begin' }, 'began');
    const beganMs = performance.now();
    await server.ask({ do: 'publish', events: FAT_EVENTS, everyMs: TICK_MS }, 'published');
    progress(
      `stalled: ${FAT_EVENTS} events of ${FAT_EVENT_BYTES} bytes in ${seconds(performance.now() - beganMs)}`,
    );
    let events = thinOf(FAT_EVENTS);
    let peakRssBytes = 0;
    while (performance.now() - beganMs < OBSERVED_MS) {
      ({ peakRssBytes } = await server.ask({ do: 'publish', events: 16, everyMs: 60 }, 'published'));
      events += thinOf(16);
    }
    const { narrow } = await server.ask({ do: 'look' }, 'seen');
    const closes = narrow.flatMap(({ kind, closed }) =>
      kind === 'frozen' && closed !== null ? [closed] : [],
    );
    const times = closes.map(({ afterMs }) => afterMs);
    progress(`stalled: ${closes.length} were closed and come back`);
    const back = closes.length === 0 ? null : await connect('', 'fat', closes.length, [], began.cursor);
    await server.ask({ do: 'mark' }, 'published');
    const converged = back === null ? 0 : (await patiently(back, closes.length)).markers;
    await slow.read('everything');
    const expected = before + events * OTHERS;
    const { markers, dead } = await patiently(others, expected);
    const caughtUp = await patiently(slow, SLOW);
    return {
      sentBytes: FAT_EVENTS * FAT_EVENT_BYTES,
      pastWatermark: narrow.filter(({ mostBytes }) => mostBytes >= WATERMARK_BYTES).length,
      stopped: narrow.length,
      mostBytesEach: Math.max(...narrow.map(({ mostBytes }) => mostBytes)),
      growthBytes: peakRssBytes - began.rssBytes,
      closedAfterMs: times.length === 0 ? null : { first: Math.min(...times), last: Math.max(...times) },
      closeCodes: [...new Set(closes.map(({ code }) => code))],
      cameBack: closes.length,
      converged,
      slowClosed: narrow.filter(({ kind, closed }) => kind === 'slow' && closed !== null).length,
      slowCaughtUp: caughtUp.markers,
      slow: SLOW,
      expected: expected - before,
      delivered: markers - before,
      othersLost: dead,
    };
  } finally {
    for (const generator of generators) generator.stop();
    server.stop();
  }
}

/** Where a subscription goes on. */
type Cursor = { readonly last: number } | { readonly e: string; readonly o: number };

function speak(port: number, kind: string, channel: string, cursor: Cursor): readonly string[] {
  return [
    ...['--port', String(port), '--path', kind === '' ? '/tickwire' : `/tickwire?${kind}`],
    ...['--subprotocol', 'tickwire.v1+json'],
    ...['--text', '{"t":"hello","v":1}', '--wait', '"welcome"'],
    ...['--text', JSON.stringify({ t: 'sub', id: 1, ch: [{ c: channel, ...cursor }] }), '--wait', '"subd"'],
    ...['--answer', '{"t":"ping","k":', '{"t":"pong","k":#}'],
  ];
}

interface StalledServer {
  readonly port: number;
  ask<Is extends StalledReport['is']>(
    order: StalledOrder,
    is: Is,
  ): Promise<Extract<StalledReport, { is: Is }>>;
  stop(): void;
}

async function startServer(script: string): Promise<StalledServer> {
  const [command, args] = pinned(SERVER_CPU, process.execPath, ['--expose-gc', script]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
  });
  const next = <Is extends StalledReport['is']>(is: Is): Promise<Extract<StalledReport, { is: Is }>> =>
    new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the server ended with ${String(code)}`)));
      child.on('message', function hear(report: StalledReport) {
        if (report.is !== is) return;
        child.off('message', hear);
        child.removeAllListeners('exit');
        resolve(report as Extract<StalledReport, { is: Is }>);
      });
    });
  const { port } = await next('listening');
  return {
    port,
    ask(order, is) {
      const answer = next(is);
      child.send(order);
      return answer;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

/** What a generator has seen once it has seen so many markers, or ten seconds later. */
async function patiently(generator: Generator, markers: number): Promise<Snapshot> {
  let seen = await generator.snapshot();
  for (let waited = 0; waited < 100 && seen.markers < markers; waited++) {
    await sleep(100);
    seen = await generator.snapshot();
  }
  return seen;
}

/** Events for the others among so many. */
function thinOf(events: number): number {
  return Math.ceil(events / THIN_EVERY);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
