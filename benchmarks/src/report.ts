// Report: the tables a person reads.
import type { BundleSize } from './bundle-size.js';
import type { FanOutResult } from './fan-out.js';
import type { StalledResult } from './stalled-result.js';
import { WORKLOADS } from './workload.js';
import type { WorkloadName } from './workload.js';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function ratio(value: number, [low, high]: readonly [number, number]): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

export function fanOutTable(workload: WorkloadName, results: readonly FanOutResult[]): string {
  const rows = results.map((result) => [
    result.server,
    result.deliveriesPerCpuSecond.toLocaleString('en'),
    (1e6 / result.deliveriesPerCpuSecond).toFixed(2),
    ratio(result.ratioToNaiveWs, result.noise.ratioToNaiveWsQuartiles),
    ratio(result.ratioToSocketIo, result.noise.ratioToSocketIoQuartiles),
    result.bytesPerUpdate.toFixed(1),
    result.noise.serverCores.toFixed(2),
    result.noise.generatorCores.toFixed(2),
  ]);
  const rounds = results[0]?.noise.rounds ?? 0;
  return `${workload}: ${WORKLOADS[workload].title} (${rounds} paired rounds)\n${table(
    [
      'server',
      'deliveries/CPU s',
      'µs each',
      'x naive ws',
      'x Socket.IO',
      'bytes/update',
      'server cores',
      'generator cores',
    ],
    rows,
  )}`;
}

export function sizeTable(sizes: readonly BundleSize[]): string {
  const rows = sizes.map(({ name, minifiedBytes, gzipBytes, packages }) => [
    name,
    minifiedBytes.toLocaleString('en'),
    gzipBytes.toLocaleString('en'),
    Object.entries(packages)
      .map(([owner, bytes]) => `${owner} ${bytes}`)
      .join(', '),
  ]);
  return `size: browser bundles, every dependency inside, react outside\n${table(['bundle', 'minified', 'gzip -9', 'minified bytes by package'], rows)}`;
}

/** What the run with stalled readers has seen, line by line. */
export function stalledTable(result: StalledResult): string {
  const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
  const { closedAfterMs: closed } = result;
  return [
    `stalled: ${result.stopped} readers stop, ${mebibytes(result.sentBytes)} are sent to each`,
    `  past the watermark         ${result.pastWatermark}`,
    `  most that waited for one   ${(result.mostBytesEach / 1_024).toFixed(0)} KiB`,
    `  growth of the process      ${mebibytes(result.growthBytes)}`,
    closed === null
      ? '  readers of nothing         not closed'
      : `  readers of nothing         closed after ${(closed.first / 1_000).toFixed(1)} to ${(closed.last / 1_000).toFixed(1)} s`,
    `  came back with a cursor    ${result.cameBack}, ${result.converged} of them had the last event`,
    `  readers of 1 kB/s          ${result.slowClosed} closed, ${result.slowCaughtUp} of ${result.slow} caught up`,
    `  the others                 ${result.delivered} of ${result.expected} events, ${result.othersLost} closed`,
  ].join('\n');
}
