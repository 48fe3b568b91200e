// `tickwire conformance <url>`: judges a server by the vectors. Results on stdout, progress on stderr.
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import {
  runConformance,
  type ServerVector,
  serverVectorsOf,
  UnreachableServer,
} from '@tickwire/testing/conformance';
import { type Command, readOptions, UsageError, wholeNumber } from '../usage.js';
import { type ConformanceReport, reportOf, textOf } from './report.js';
import { readVectorFiles } from './vector-files.js';
import { createWebSocketWire } from './websocket-wire.js';

const HELP = `tickwire conformance <url> [options]

Plays the conformance vectors of the Tickwire protocol against the server at <url>, as ws://localhost:8080/tickwire. Every
server is judged by framing, handshake and faults. One that offers the conformance contract (vectors/README.md of
@tickwire/protocol) is judged by all the rest too; what it does not offer is skipped, with the reason.

  --only <list>       rules or vectors, separated by commas; P-SUB means all that begin with it
  --token <token>     token of peers whose script names none        (no token)
  --concurrency <n>   scripts at a time                             (8)
  --json              a report for programs
  --help              this text

Exit code: 0 nothing failed, 1 something failed, 2 nothing could be judged.
`;

/** Options of the command. */
const OPTIONS = {
  only: { type: 'string' },
  token: { type: 'string' },
  concurrency: { type: 'string', default: '8' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const conformance: Command = async (args) => {
  const { values, positionals } = readOptions('conformance', () =>
    parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }),
  );
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const url = urlOf(positionals);
  const concurrency = wholeNumber('concurrency', values.concurrency, 1, 64);
  const vectors = chosen(serverVectorsOf(readVectorFiles()), values.only);

  const startedMs = performance.now();
  const progress = progressOf(vectors.length);
  try {
    const results = await runConformance({
      vectors,
      wire: createWebSocketWire(url),
      clock: { monotonicMs: () => performance.now(), setTimer },
      runId: randomBytes(4).toString('hex'),
      token: values.token,
      concurrency,
      onResult: ({ outcome }, done) => progress.tell(done, outcome === 'failed'),
    });
    const report = reportOf(url.href, (performance.now() - startedMs) / 1_000, results);
    progress.end();
    process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : textOf(report)}\n`);
    if (report.passed + report.failed === 0) {
      process.stderr.write(`${nothingJudged(report)}\n`);
      return 2;
    }
    return report.failed > 0 ? 1 : 0;
  } catch (error) {
    progress.end();
    if (!(error instanceof UnreachableServer)) throw error;
    throw new UsageError(
      error.stage === 'upgrade'
        ? `No Tickwire server answers at ${url.href}: ${error.message}. Check the address and the path.`
        : `The server at ${url.href} cannot be judged: ${error.message}. Where it wants a token, give one with --token.`,
    );
  }
};

/** All was skipped: that must not look like a server without faults. */
function nothingJudged({ results }: ConformanceReport): string {
  const reasons = [...new Set(results.flatMap(({ why }) => why ?? []))].join('; ');
  return `Nothing could be judged: every chosen vector was skipped (${reasons}); choose others with --only.`;
}

function urlOf([text, ...more]: readonly string[]): URL {
  if (text === undefined || more.length > 0)
    throw new UsageError('Give one address, as tickwire conformance ws://localhost:8080/tickwire.');
  let url: URL;
  try {
    url = new URL(text.replace(/^http/, 'ws'));
  } catch {
    throw new UsageError(`"${text}" is no address; it looks like ws://localhost:8080/tickwire.`);
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
    throw new UsageError(`"${text}" must begin with ws:// or wss://.`);
  return url;
}

function chosen(vectors: readonly ServerVector[], only: string | undefined): readonly ServerVector[] {
  if (only === undefined) return vectors;
  const names = only
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0)
    throw new UsageError('--only needs names of rules or vectors, as --only P-SUB,P-DATA-6.');
  const isNamed = (vector: ServerVector, name: string): boolean =>
    vector.id === name || vector.rule === name || vector.rule.startsWith(`${name}-`);
  for (const name of names) {
    if (vectors.some((vector) => isNamed(vector, name))) continue;
    throw new UsageError(`No vector for servers is called "${name}", nor has such a rule; try --only P-SUB.`);
  }
  return vectors.filter((vector) => names.some((name) => isNamed(vector, name)));
}

/** One line that changes on a terminal, a line now and then elsewhere. */
function progressOf(total: number): { tell(done: number, isFailure: boolean): void; end(): void } {
  const { isTTY } = process.stderr;
  const every = Math.max(1, Math.ceil(total / 5));
  let failed = 0;
  return {
    tell(done, isFailure) {
      if (isFailure) failed++;
      const line = `${done} of ${total}${failed > 0 ? `, ${failed} failed` : ''}`;
      if (isTTY) process.stderr.write(`\r${line}`);
      else if (done % every === 0) process.stderr.write(`${line}\n`);
    },
    end() {
      if (isTTY) process.stderr.write('\n');
    },
  };
}

function setTimer(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
