// Tickwire with its defaults: a contract with one state channel for every symbol, published through the server.
import { defineContract, state } from '@tickwire/protocol';
import { anonymous, createServer } from '@tickwire/server';
import * as z from 'zod';
import { symbolName } from '../src/workload.js';
import { runServer } from './turn-loop.js';

const Price = z.object({
  symbol: z.string(),
  ts: z.string(),
  price: z.number(),
  change: z.number(),
  changePct: z.number(),
  volume: z.number(),
  high: z.number(),
  low: z.number(),
  bid: z.number(),
  ask: z.number(),
});

const market = defineContract({
  name: 'benchmark',
  version: '1.0.0',
  channels: { 'price/{symbol}': state(Price) },
});

await runServer((http, workload) => {
  const server = createServer(market, {
    authenticate: anonymous,
    authorize: { 'price/{symbol}': () => true },
  });
  server.attach(http);
  const channels = Array.from({ length: workload.symbols }, (_, symbol) =>
    server.channel('price/{symbol}', { symbol: symbolName(symbol) }),
  );
  return { publish: (symbol, update) => channels[symbol]?.set(update) };
});
