// The loop everybody writes first, written well: stringify once, send to each subscriber.
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { symbolName } from '../src/workload.js';
import { runServer } from './turn-loop.js';

await runServer((http) => {
  const subscribers = new Map<string, Set<WebSocket>>();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (data: RawData) => {
      for (const name of JSON.parse((data as Buffer).toString()) as string[]) {
        const set = subscribers.get(name) ?? new Set();
        subscribers.set(name, set.add(socket));
      }
      socket.send('subscribed');
    });
    socket.on('close', () => {
      for (const set of subscribers.values()) set.delete(socket);
    });
  });
  return {
    publish: (symbol, update) => {
      const message = JSON.stringify(update);
      for (const socket of subscribers.get(symbolName(symbol)) ?? []) socket.send(message);
    },
  };
});
