// The run: publishes a capture through a real server and a link that is torn, and judges what a client holds.
import { SeededRandom } from '@tickwire/testing';
import { drawCuts, type Cut } from './cut-schedule.js';
import type { OracleClientFactory } from './oracle-client.js';
import { Publication } from './publication.js';
import type { Source } from './source.js';
import { TornLink } from './torn-link.js';
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

/** Cuts that meet a link already down wait for it: a run makes as many cuts as were asked for. */
async function tear(link: TornLink, cuts: readonly Cut[], startMs: number): Promise<void> {
  for (const { atMs, downMs, midFrame } of cuts) {
    const delayMs = startMs + atMs - performance.now();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    await link.cut(midFrame, downMs);
  }
}

export async function runOracle(options: OracleRunOptions): Promise<OracleRun> {
  const { source, speed } = options;
  const verdict = new Verdict();
  const publication = await Publication.start(source);
  const link = await TornLink.to(publication.url);
  const client = options.createClient(link.url, publication.pairs, verdict);
  try {
    const durationMs = (source.messages.at(-1)?.atMs ?? 0) / speed;
    const cuts = drawCuts(new SeededRandom(options.seed), options.cuts, durationMs);
    const torn = tear(link, cuts, performance.now());
    await publication.run(speed, ({ index, channel, offset, checksum }) => {
      verdict.publish(channel, offset, checksum);
      options.onProgress?.((index + 1) / source.messages.length);
    });
    await torn;
    await client.settle(publication.heads, SETTLE_TIMEOUT_MS);
    return {
      report: verdict.report({
        published: source.messages.length,
        books: publication.pairs.length,
        booksRight: publication.countRight(client.books()),
        cuts: cuts.length,
      }),
      problems: verdict.problems,
    };
  } finally {
    await client.close();
    await link.close();
    await publication.close();
  }
}
