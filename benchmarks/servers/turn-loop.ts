// Turn loop: publishes as fast as the sockets take it, the same way in front of every server under test.
// Knows nothing of how a server fans out.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Order, Report } from '../src/control.js';
import { PRICE_BYTES, priceAt, WORKLOADS } from '../src/workload.js';
import type { PriceUpdate, Workload, WorkloadName } from '../src/workload.js';

/** How long to leave the processor to others while a socket still holds unsent bytes. */
const BACK_PRESSURE_PAUSE_MS = 1;

export interface ServerUnderTest {
  /** Publishes one update; a promise is awaited before the turn ends. */
  readonly publish: (symbol: number, update: PriceUpdate) => unknown;
}

function report(message: Report): void {
  process.send?.(message);
}

/** The workload named on the command line of a server process. */
function workloadOfProcess(): Workload {
  const workload = WORKLOADS[process.argv[2] as WorkloadName];
  if (workload === undefined) throw new Error(`no workload called ${process.argv[2] ?? '(none)'}`);
  return workload;
}

/**
 * Runs a server process: listens on a free port, then publishes while it is told to. One turn publishes every symbol
 * once; the next begins after an immediate (in which a server may flush) and when no socket holds unsent bytes. So
 * nothing is conflated, nothing queues, and every published update has to arrive.
 */
export async function runServer(
  mount: (http: Server, workload: Workload) => ServerUnderTest | Promise<ServerUnderTest>,
): Promise<void> {
  const workload = workloadOfProcess();
  const bytes = JSON.stringify(priceAt(0, 0)).length;
  if (bytes !== PRICE_BYTES) throw new Error(`a price update has ${bytes} bytes, not ${PRICE_BYTES}`);
  const http = createServer();
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const server = await mount(http, workload);

  let running = false;
  let tick = 0;

  const drained = (): boolean => {
    for (const socket of sockets) if (socket.writableLength > 0) return false;
    return true;
  };
  const loop = async (): Promise<void> => {
    let turns = 0;
    const pending: unknown[] = [];
    while (running) {
      for (let symbol = 0; symbol < workload.symbols; symbol++) {
        pending.push(server.publish(symbol, priceAt(symbol, tick)));
      }
      await Promise.all(pending);
      pending.length = 0;
      tick++;
      turns++;
      await nextTurn();
      while (!drained()) await sleep(BACK_PRESSURE_PAUSE_MS);
    }
    report({ is: 'stopped', turns });
  };

  process.on('message', (order: Order) => {
    running = order.do === 'start';
    if (running) void loop();
  });
  process.on('disconnect', () => process.exit());

  http.listen(0, '127.0.0.1', () => {
    report({ is: 'listening', port: (http.address() as AddressInfo).port });
  });
}
