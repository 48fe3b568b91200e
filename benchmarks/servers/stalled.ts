// Tickwire with readers that stop reading: two streams, and what the sockets of one kind of readers hold.
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineContract, stream } from '@tickwire/protocol';
import { anonymous, createServer, type ServerSocket } from '@tickwire/server';
import * as z from 'zod';
import { THIN_EVERY, type StalledOrder, type StalledReport } from '../src/stalled-control.js';

const EVENT_BYTES = 16_384;
const SAMPLE_MS = 20;

const contract = defineContract({
  name: 'stalled',
  version: '1.0.0',
  channels: {
    /** Read by those who stop reading: history holds a small part of what they miss. */
    fat: stream(z.object({ pad: z.string().max(EVENT_BYTES) }), { history: { size: 64, ttlMs: 600_000 } }),
    /** Read by the others: every event is one marker. */
    thin: stream(z.object({ n: z.number(), mark: z.string().max(1) }), {
      history: { size: 64, ttlMs: 600_000 },
    }),
  },
});

interface Narrow {
  readonly socket: ServerSocket;
  readonly kind: string;
  mostBytes: number;
  closed: { code: number; afterMs: number } | null;
}

const narrow: Narrow[] = [];
let sinceMs = 0;
const server = createServer(contract, {
  authenticate: anonymous,
  authorize: { fat: () => true, thin: () => true },
  wrapSocket(socket, request) {
    const kind = /\?(\w+)/.exec(request.url ?? '')?.[1];
    if (kind === undefined) return socket;
    const seen: Narrow = { socket, kind, mostBytes: 0, closed: null };
    narrow.push(seen);
    return {
      write: (frames) => socket.write(frames),
      get bufferedBytes() {
        return socket.bufferedBytes;
      },
      get takenBytes() {
        return socket.takenBytes;
      },
      close(code, reason) {
        seen.closed ??= { code, afterMs: performance.now() - sinceMs };
        socket.close(code, reason);
      },
      terminate: () => socket.terminate(),
    };
  },
});

function sample(): void {
  for (const each of narrow) each.mostBytes = Math.max(each.mostBytes, each.socket.bufferedBytes);
}

function memoryBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

function tell(report: StalledReport): void {
  process.send?.(report);
}

function published(): StalledReport {
  return { is: 'published', peakRssBytes: process.resourceUsage().maxRSS * 1_024 };
}

async function obey(order: StalledOrder): Promise<void> {
  if (order.do === 'begin') {
    sinceMs = performance.now();
    const { epoch, offset } = (await server.channel('fat').read()).position;
    tell({ is: 'began', rssBytes: memoryBytes(), cursor: { e: epoch, o: offset } });
  } else if (order.do === 'publish') {
    const pad = 'x'.repeat(EVENT_BYTES - 40);
    for (let n = 0; n < order.events; n++) {
      void server.channel('fat').append({ pad });
      if (n % THIN_EVERY === 0) void server.channel('thin').append({ n, mark: '@' });
      await sleep(order.everyMs);
    }
    tell(published());
  } else if (order.do === 'mark') {
    await server.channel('fat').append({ pad: '@' });
    tell(published());
  } else {
    sample();
    tell({ is: 'seen', narrow: narrow.map(({ kind, mostBytes, closed }) => ({ kind, mostBytes, closed })) });
  }
}

setInterval(sample, SAMPLE_MS);
process.on('message', (order: StalledOrder) => void obey(order));
const http = createHttpServer();
server.attach(http);
http.listen(0, '127.0.0.1', () => {
  tell({ is: 'listening', port: (http.address() as AddressInfo).port });
});
