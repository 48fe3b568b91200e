// The page's one connection: client, hooks, and what listens beside the components. Everything else reads from here.
import { createClient } from '@tickwire/client';
import { createTickwireHooks } from '@tickwire/react';
import type { dashboard } from '../src/contract.js';
import { createFaults } from './faults.js';
import { countFrames } from './journal/frames.js';
import { keepTimeline } from './journal/keep-timeline.js';
import { createLedger } from './journal/ledger.js';
import { takeSamples } from './journal/samples.js';
import { createTape } from './journal/tape.js';
import { createTimeline } from './journal/timeline.js';
import { offerTestHook } from './test-hook.js';

/** Names this tab to the demo's server, which cuts the cable of one tab and not of all. */
const tab = Math.random().toString(36).slice(2, 12);

export const client = createClient<typeof dashboard>({
  url: `/tickwire?tab=${tab}`,
  getToken: () => tab,
  // A demo is watched: it comes back sooner than a fleet of a thousand dashboards should.
  reconnect: { maxDelayMs: 1_500 },
});

export const { useChannel, useConnection } = createTickwireHooks<typeof dashboard>({ client });

export const timeline = createTimeline();
export const tape = createTape();
export const ledger = createLedger();
export const faults = createFaults(client, timeline);
export const { latency, sparks } = takeSamples(client);
export const framesPerSecond = countFrames();

keepTimeline(client, timeline);

const trades = client.channel('trades');
trades.on('gap', ({ why, lost }) => {
  tape.gap(why, lost?.from ?? null, lost?.to ?? null);
  ledger.gap();
});
trades.onEvent((trade) => {
  tape.push([trade]);
  ledger.add([trade]);
});

client.channel('feed').subscribe(({ data }) => {
  if (data) ledger.setRule(data.tradeIds);
});

/** Every product's book is held, not only the one on the screen: changing products is then instant. */
const held = new Set<string>();
client.channel('products').subscribe(({ data }) => {
  for (const product of data?.keys() ?? []) {
    if (held.has(product)) continue;
    held.add(product);
    client.channel('book/{product}', { product }).retain();
  }
});

/** The connection as the header shows it. */
export function useConnectionView(): {
  readonly tone: string;
  readonly label: string;
  readonly isFresh: boolean;
} {
  const { status, attempt, phase } = useConnection();
  if (status === 'connected') return { tone: 'live', label: 'Live', isFresh: true };
  if (status === 'disconnected') return { tone: 'bad', label: 'Disconnected', isFresh: false };
  if (attempt <= 1 && phase !== 'backoff') return { tone: 'wait', label: 'Connecting', isFresh: false };
  return { tone: 'wait', label: `Reconnecting, try ${Math.max(1, attempt)}`, isFresh: false };
}

offerTestHook(client, tape);
