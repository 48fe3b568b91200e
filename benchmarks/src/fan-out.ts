// Fan-out: paired rounds. All servers are up at once; in each round every one publishes for a short window, in random
// order, so that whatever else the machine does meets all of them alike. Only ratios within a round are compared.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_DIRECTORY, buildLoadgen, bundleServer } from './build.js';
import { CONTESTANTS } from './contestants.js';
import type { Contestant, ServerName } from './contestants.js';
import { Generator } from './generator.js';
import { ServerProcess } from './server-process.js';
import { median, quantile } from './statistics.js';
import { holdings, seededRandom, shuffled } from './workload.js';
import type { Workload, WorkloadName } from './workload.js';

export interface FanOutOptions {
  readonly rounds: number;
  /** Processor time a server may use in one window, in milliseconds. */
  readonly windowCpuMs: number;
  /** Unmeasured windows of every server process before its first round. */
  readonly warmUps: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

/** Two processes of one program differ by what their compilers chose to inline; a run starts each this often. */
const PROCESS_GENERATIONS = 2;
/** Above it the generator, not the server, may have set the pace. */
export const MAX_GENERATOR_CORES = 0.8;

export interface FanOutResult {
  readonly workload: WorkloadName;
  readonly server: ServerName;
  /** Median of the rounds. Updates seen by the load generator, over the processor time of the server process. */
  readonly deliveriesPerCpuSecond: number;
  /** Medians of the ratios of the single rounds. */
  readonly ratioToNaiveWs: number;
  readonly ratioToSocketIo: number;
  /** With every header, as counted by the receiver. */
  readonly bytesPerUpdate: number;
  readonly noise: {
    readonly rounds: number;
    /** First and third quartile of the ratio to naive ws. */
    readonly ratioToNaiveWsQuartiles: readonly [number, number];
    readonly ratioToSocketIoQuartiles: readonly [number, number];
    readonly serverCores: number;
    readonly generatorCores: number;
  };
}

interface Window {
  readonly deliveriesPerCpuSecond: number;
  readonly bytesPerUpdate: number;
  readonly serverCores: number;
  readonly generatorCores: number;
}

interface Pair {
  readonly name: ServerName;
  readonly server: ServerProcess;
  readonly generator: Generator;
}

async function startPair(
  contestant: Contestant,
  script: string,
  loadgen: string,
  workload: Workload,
  seed: number,
): Promise<Pair> {
  const { name } = contestant;
  const server = await ServerProcess.start(name, script, workload.name);
  try {
    const varsFile = join(BUILD_DIRECTORY, `${workload.name}.${name}.vars`);
    const lines = holdings(workload, seed).map((symbols) => JSON.stringify(contestant.held(symbols)));
    writeFileSync(varsFile, `${lines.join('\n')}\n`);
    const args = [
      '--port',
      String(server.port),
      '--path',
      contestant.path,
      '--vars',
      varsFile,
      ...contestant.steps,
    ];
    return { name, server, generator: await Generator.start(name, loadgen, args, workload.connections) };
  } catch (error) {
    server.stop();
    throw error;
  }
}

/** One window: publishes, waits until every update has arrived, and divides by the processor time that took. */
async function measure(pair: Pair, workload: Workload, windowCpuMs: number): Promise<Window> {
  const before = await pair.generator.snapshot();
  const cpuBefore = pair.server.cpuSeconds();
  const turns = await pair.server.publishFor(windowCpuMs);
  const expected = turns * workload.connections * workload.held;
  const after = await pair.generator.arrived(before.markers + expected);
  const cpu = pair.server.cpuSeconds() - cpuBefore;
  const elapsedUs = after.timeUs - before.timeUs;
  return {
    deliveriesPerCpuSecond: expected / cpu,
    bytesPerUpdate: (after.bytes - before.bytes) / expected,
    serverCores: (cpu * 1e6) / elapsedUs,
    generatorCores: (after.cpuUs - before.cpuUs) / elapsedUs,
  };
}

type Round = Readonly<Record<ServerName, Window>>;

function summarise(workload: Workload, server: ServerName, rounds: readonly Round[]): FanOutResult {
  const values = (pick: (round: Round) => number): number[] => rounds.map(pick);
  const ratios = (to: ServerName): number[] =>
    values((round) => round[server].deliveriesPerCpuSecond / round[to].deliveriesPerCpuSecond);
  const quartiles = (sample: number[]): [number, number] => [quantile(sample, 0.25), quantile(sample, 0.75)];
  return {
    workload: workload.name,
    server,
    deliveriesPerCpuSecond: Math.round(median(values((round) => round[server].deliveriesPerCpuSecond))),
    ratioToNaiveWs: median(ratios('naive-ws')),
    ratioToSocketIo: median(ratios('socket.io')),
    bytesPerUpdate: median(values((round) => round[server].bytesPerUpdate)),
    noise: {
      rounds: rounds.length,
      ratioToNaiveWsQuartiles: quartiles(ratios('naive-ws')),
      ratioToSocketIoQuartiles: quartiles(ratios('socket.io')),
      serverCores: median(values((round) => round[server].serverCores)),
      generatorCores: median(values((round) => round[server].generatorCores)),
    },
  };
}

/** Measures one workload on every server. */
export async function measureFanOut(
  workload: Workload,
  options: FanOutOptions,
): Promise<readonly FanOutResult[]> {
  const { progress } = options;
  const loadgen = buildLoadgen();
  const scripts = new Map<string, string>();
  for (const { entry } of CONTESTANTS) {
    if (!scripts.has(entry)) scripts.set(entry, await bundleServer(entry));
  }
  const random = seededRandom(options.seed);
  const rounds: Round[] = [];

  for (let generation = 0; generation < PROCESS_GENERATIONS; generation++) {
    const until = Math.ceil((options.rounds * (generation + 1)) / PROCESS_GENERATIONS);
    if (until === rounds.length) continue;
    const pairs: Pair[] = [];
    try {
      for (const contestant of CONTESTANTS) {
        progress(`${workload.name}: starting ${contestant.name} and its ${workload.connections} connections`);
        const script = scripts.get(contestant.entry) as string;
        pairs.push(await startPair(contestant, script, loadgen, workload, options.seed));
      }
      for (let warmUp = 0; warmUp < options.warmUps; warmUp++) {
        for (const pair of pairs) await measure(pair, workload, options.windowCpuMs);
      }
      while (rounds.length < until) {
        const round: Partial<Record<ServerName, Window>> = {};
        for (const pair of shuffled(pairs, random))
          round[pair.name] = await measure(pair, workload, options.windowCpuMs);
        rounds.push(round as Round);
        const told = pairs.map(
          ({ name }) => `${name} ${Math.round((round as Round)[name].deliveriesPerCpuSecond)}`,
        );
        progress(`${workload.name}: round ${rounds.length} of ${options.rounds}: ${told.join(', ')}`);
      }
    } finally {
      for (const pair of pairs) {
        pair.generator.stop();
        pair.server.stop();
      }
    }
  }

  const results = CONTESTANTS.map(({ name }) => summarise(workload, name, rounds));
  for (const { server, noise } of results) {
    if (noise.generatorCores > MAX_GENERATOR_CORES) {
      throw new Error(
        `${workload.name}: the load generator of ${server} used ${noise.generatorCores.toFixed(2)} of its core, more than ${MAX_GENERATOR_CORES}: it may have set the pace`,
      );
    }
  }
  return results;
}
