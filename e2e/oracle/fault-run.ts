// The fault run: many clients, each behind a proxy that follows a schedule of its own, read one capture; each is judged
// by itself. A lost or doubled message is not the transport's doing: it is what linked offsets and deadlines are for.
import { SeededRandom } from '@tickwire/testing';
import { createFaultProxy, type FaultName, type FaultProxy } from '@tickwire/testing/proxy';
import { drawSchedule, type FaultSchedule } from './fault-schedule.js';
import type { OracleClient } from './oracle-client.js';
import { Publication } from './publication.js';
import type { Source } from './source.js';
import { tickwireOracleClient } from './tickwire-client.js';
import { type OracleReport, Verdict } from './verdict.js';

const SETTLE_TIMEOUT_MS = 30_000;
/** Clients at once: they share the work of publishing. */
const CLIENTS_AT_ONCE = 20;
/** Share of the capture in which things go wrong. */
const FAULTY_SHARE = 0.85;

/** Deadlines that fit a capture of half a minute told in a few seconds. The protocol's own are ten times as long. */
const PING = { everyMs: 1_000, graceMs: 500 };
const HELLO_TIMEOUT_MS = 1_000;
/** Every state is judged; so many of them twice, also as a whole. */
const WHOLE_EVERY = 20;
const createClient = tickwireOracleClient(
  { connectTimeoutMs: 1_000, subscribeTimeoutMs: 500, probeTimeoutMs: 500, logger: () => undefined },
  WHOLE_EVERY,
);

export interface FaultRunOptions {
  readonly source: Source;
  readonly schedules: number;
  readonly seed: number;
  /** How many times faster than recorded, if the machine can. */
  readonly speed: number;
  readonly onProgress?: (schedules: number) => void;
}

/** The last line of a fault run: sums over all schedules. */
export interface FaultReport extends OracleReport {
  readonly schedules: number;
  /** Schedules under which nothing was wrong. */
  readonly schedulesRight: number;
  /** Faults that happened, by name. */
  readonly faults: Readonly<Record<FaultName, number>>;
  readonly seconds: number;
}

export interface FaultRun {
  readonly report: FaultReport;
  readonly problems: readonly string[];
}

/** One client, its proxy, and what has been seen of it. */
class Judged {
  readonly name: string;
  readonly verdict = new Verdict();
  readonly proxy: FaultProxy;
  readonly #schedule: FaultSchedule;
  readonly #pairs: readonly string[];
  #client: OracleClient | null = null;
  #blows = 0;

  private constructor(name: string, proxy: FaultProxy, schedule: FaultSchedule, pairs: readonly string[]) {
    this.name = name;
    this.proxy = proxy;
    this.#schedule = schedule;
    this.#pairs = pairs;
    this.advance(0);
  }

  static async start(index: number, options: FaultRunOptions, publication: Publication): Promise<Judged> {
    const random = new SeededRandom(`${String(options.seed)} ${String(index)}`);
    const proxy = await createFaultProxy({ target: publication.url, random: random.fork('proxy') });
    const schedule = drawSchedule(random, lastFaultyMessage(options.source));
    return new Judged(`schedule ${String(index)}`, proxy, schedule, publication.pairs);
  }

  /** So many messages of the exchange are published. */
  advance(messages: number): void {
    const { joinsAfter, blows } = this.#schedule;
    for (let blow = blows[this.#blows]; blow !== undefined; blow = blows[++this.#blows]) {
      if (blow.afterMessages > messages) break;
      this.proxy.setRules(blow.rules);
      if (blow.cut) this.proxy.cutAll();
    }
    if (messages >= joinsAfter) this.#client ??= createClient(this.proxy.url, this.#pairs, this.verdict);
  }

  async end(publication: Publication, messages: number): Promise<OracleReport> {
    const client = this.#client;
    if (client === null) throw new Error(`${this.name}: its client never came`);
    await client.settle(publication.heads, SETTLE_TIMEOUT_MS).catch((error: unknown) => {
      this.verdict.problems.push(error instanceof Error ? error.message : String(error));
    });
    const booksRight = publication.countRight(client.books());
    if (booksRight < publication.pairs.length) this.verdict.problems.push('a book was wrong at the end');
    const report = this.verdict.report({
      published: messages,
      books: publication.pairs.length,
      booksRight,
      cuts: this.proxy.stats.connections - 1,
    });
    await client.close();
    await this.proxy.close();
    return report;
  }
}

/**
 * Faults end while every book still has changes to come: that the last message of all was lost, nothing after it can
 * tell, and no WebSocket loses it.
 */
function lastFaultyMessage({ messages, books }: Source): number {
  const last = new Map([...books.keys()].map((pair) => [pair, 0]));
  for (const [index, { pair }] of messages.entries()) last.set(pair, index);
  return Math.floor(Math.min(messages.length * FAULTY_SHARE, ...last.values()));
}

async function runTogether(options: FaultRunOptions, schedules: readonly number[]) {
  const { source, speed } = options;
  const publication = await Publication.start(source, { ping: PING, helloTimeoutMs: HELLO_TIMEOUT_MS });
  try {
    const judged = await Promise.all(
      schedules.map((schedule) => Judged.start(schedule, options, publication)),
    );
    await publication.run(speed, ({ index, channel, offset, checksum }) => {
      for (const each of judged) {
        each.verdict.publish(channel, offset, checksum);
        each.advance(index + 1);
      }
    });
    return await Promise.all(
      judged.map(async (each) => ({
        judged: each,
        report: await each.end(publication, source.messages.length),
      })),
    );
  } finally {
    await publication.close();
  }
}

/** Runs all schedules, some at a time. */
export async function runFaults(options: FaultRunOptions): Promise<FaultRun> {
  const begunMs = performance.now();
  const reports: OracleReport[] = [];
  const problems: string[] = [];
  const faults: Partial<Record<FaultName, number>> = {};
  let schedulesRight = 0;
  for (let first = 1; first <= options.schedules; first += CLIENTS_AT_ONCE) {
    const count = Math.min(CLIENTS_AT_ONCE, options.schedules - first + 1);
    const ended = await runTogether(
      options,
      Array.from({ length: count }, (_, index) => first + index),
    );
    for (const { judged, report } of ended) {
      reports.push(report);
      problems.push(...judged.verdict.problems.map((problem) => `${judged.name}: ${problem}`));
      if (judged.verdict.problems.length === 0) schedulesRight++;
      for (const [name, times] of Object.entries(judged.proxy.stats.faults))
        faults[name as FaultName] = (faults[name as FaultName] ?? 0) + times;
    }
    options.onProgress?.(reports.length);
  }
  return {
    report: {
      ...sumOf(reports),
      schedules: reports.length,
      schedulesRight,
      faults: faults as Record<FaultName, number>,
      seconds: Math.round((performance.now() - begunMs) / 1_000),
    },
    problems,
  };
}

function sumOf(reports: readonly OracleReport[]): OracleReport {
  const sum = (of: (report: OracleReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    checksums: sum((report) => report.checksums),
    checked: sum((report) => report.checked),
    wrong: sum((report) => report.wrong),
    booksRight: sum((report) => report.booksRight),
    books: sum((report) => report.books),
    cuts: sum((report) => report.cuts),
    recovery: {
      same: sum(({ recovery }) => recovery.same),
      range: sum(({ recovery }) => recovery.range),
      full: sum(({ recovery }) => recovery.full),
      tail: sum(({ recovery }) => recovery.tail),
      reset: sum(({ recovery }) => recovery.reset),
    },
    events: {
      published: sum(({ events }) => events.published),
      received: sum(({ events }) => events.received),
      wrong: sum(({ events }) => events.wrong),
      lost: sum(({ events }) => events.lost),
    },
  };
}
