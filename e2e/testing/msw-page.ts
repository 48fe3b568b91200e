// The page of the Chromium test: a client whose server is msw, in the page itself. Leaves what it saw on the window.
import { createClient } from '@tickwire/client';
import { command, defineContract, state } from '@tickwire/protocol';
import { createMswServer } from '@tickwire/testing/msw';
import { setupWorker } from 'msw/browser';
import * as z from 'zod';

/** What the page saw. */
export interface MswPageReport {
  readonly bids: readonly number[];
  readonly statuses: readonly string[];
  readonly answer: unknown;
  readonly httpStatus: number;
}

declare global {
  interface Window {
    __mswReport?: Promise<MswPageReport>;
  }
}

const market = defineContract({
  name: 'market',
  version: '1.0.0',
  channels: { 'price/{symbol}': state(z.object({ bid: z.number() })) },
  commands: {
    double: command({ input: z.object({ of: z.number() }), output: z.object({ is: z.number() }) }),
  },
});
const BTC = { symbol: 'BTC-USD' };

async function run(): Promise<MswPageReport> {
  const mocked = createMswServer(market);
  const worker = setupWorker(...mocked.handlers);
  await worker.start({ quiet: true });
  const client = createClient(market);
  const price = client.channel('price/{symbol}', BTC);
  const bids: number[] = [];
  const statuses: string[] = [];
  const until = (wanted: string, bid: number): Promise<void> =>
    new Promise((resolve) => {
      price.subscribe(({ data, status }) => {
        if (statuses.at(-1) !== status) statuses.push(status);
        if (status === wanted && data?.bid === bid) resolve();
      });
    });
  await mocked.push('price/{symbol}', BTC, { bid: 1 });
  await until('live', 1);
  bids.push(price.getSnapshot().data?.bid ?? 0);
  mocked.answer('double', ({ of }) => ({ is: 2 * of }));
  const answer = await client.command('double', { of: 21 });
  mocked.disconnect();
  await until('stale', 1);
  await mocked.push('price/{symbol}', BTC, { bid: 2 });
  mocked.reconnect();
  client.connect();
  await until('live', 2);
  bids.push(price.getSnapshot().data?.bid ?? 0);
  const { status: httpStatus } = await fetch('/tickwire');
  const report = { bids, statuses: [...statuses], answer, httpStatus };
  client.close();
  worker.stop();
  return report;
}

window.__mswReport = run();
