import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { VirtualNetwork, type VirtualSocket } from './virtual-network.js';
import { createVirtualTransport } from './virtual-transport.js';

function world() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, conditions: { latencyMs: 5 } });
  const log: string[] = [];
  const sockets: VirtualSocket[] = [];
  network.listen('wss://one', {
    machine: clock.machine(),
    accept: (socket) => {
      sockets.push(socket);
      return {
        onMessage: (data) => log.push(`server got ${data}`),
        onClose: (code) => log.push(`server closed ${code}`),
      };
    },
  });
  const transport = createVirtualTransport({ network, machine: clock.machine() });
  const open = (url: string) =>
    transport.open(
      { url, protocols: [] },
      {
        onOpen: () => log.push('open'),
        onMessage: (data) => log.push(`got ${String(data)}`),
        onClose: (code) => log.push(`closed ${code}`),
      },
    );
  return { clock, transport, open, log, sockets };
}

describe('createVirtualTransport', () => {
  it('opens, carries text both ways and reports the end once', async () => {
    const { clock, transport, open, log, sockets } = world();
    const socket = open('wss://one');
    expect(log).toEqual([]);
    await clock.advance(100);
    socket.send('hello');
    sockets[0]!.write([{ data: 'hi', byteLength: 2 }]);
    await clock.advance(100);
    expect(transport.openSockets).toBe(1);
    sockets[0]!.close(4400, 'drain');
    await clock.advance(100);
    expect(log).toEqual(['open', 'server got hello', 'got hi', 'closed 4400', 'server closed 4400']);
    expect(transport.openSockets).toBe(0);
  });

  it('reports nothing after the client closed, while the server is told', async () => {
    const { clock, transport, open, log, sockets } = world();
    const socket = open('wss://one');
    await clock.advance(100);
    log.length = 0;
    sockets[0]!.write([{ data: 'late', byteLength: 4 }]);
    socket.close(1000, '');
    socket.close(1000, '');
    expect(transport.openSockets).toBe(0);
    await clock.advance(100);
    expect(log).toEqual(['server closed 1000']);
  });

  it('reports a refused connection as closed', async () => {
    const { clock, transport, open, log } = world();
    open('wss://nobody');
    await clock.advance(100);
    expect(log).toEqual(['closed 1006']);
    expect(transport.openSockets).toBe(0);
  });
});
