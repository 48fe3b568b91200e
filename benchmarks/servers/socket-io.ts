// Socket.IO as its documentation tells a dashboard to use it: a room for every symbol, WebSocket only.
import { Server } from 'socket.io';
import { symbolName } from '../src/workload.js';
import { runServer } from './turn-loop.js';

await runServer((http) => {
  const io = new Server(http, {
    transports: ['websocket'],
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
  });
  io.on('connection', (socket) => {
    socket.on('subscribe', async (names: string[]) => {
      await socket.join(names);
      socket.emit('subscribed');
    });
  });
  return { publish: (symbol, update) => io.to(symbolName(symbol)).emit('price', update) };
});
